// SPDX-License-Identifier: MIT
#include "precision_impl.hpp"

namespace program {

void add_codebooks(precisions& to) { add_all(codebooks{}, to); }

}  // namespace program

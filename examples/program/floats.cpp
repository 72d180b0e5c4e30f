// SPDX-License-Identifier: MIT
#include "precision_impl.hpp"

namespace program {

void add_floats(precisions& to) { add_all(floats{}, to); }

}  // namespace program

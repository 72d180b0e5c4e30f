// SPDX-License-Identifier: MIT
#include "precision_impl.hpp"

namespace program {

void add_conventions(precisions& to) { add_all(conventions{}, to); }

}  // namespace program

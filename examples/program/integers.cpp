// SPDX-License-Identifier: MIT
#include "precision_impl.hpp"

namespace program {

void add_integers(precisions& to) { add_all(integers{}, to); }

}  // namespace program

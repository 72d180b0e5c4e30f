// SPDX-License-Identifier: MIT
//
// Kernels of the formats with scales.
#include "detent/backend/native.hpp"
#include "backend/check/lists.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool kernels = add_kernels<detent::native>("native", detent::scaled_formats{});

}  // namespace
}  // namespace checks

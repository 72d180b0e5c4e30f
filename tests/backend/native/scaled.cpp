// SPDX-License-Identifier: MIT
//
// Kernels of the formats with scales.
#include "backend/check/lists.hpp"
#include "detent/backend/native.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool kernels = add_kernels<detent::native>("native", test::scaled_formats{});

}  // namespace
}  // namespace checks

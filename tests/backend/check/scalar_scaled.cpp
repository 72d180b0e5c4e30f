// SPDX-License-Identifier: MIT
//
// Kernels of the formats with scales.
#include "backend/check/lists.hpp"
#include "detent/backend/scalar.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool kernels = add_kernels<detent::scalar>("scalar", detent::scaled_formats{});

}  // namespace
}  // namespace checks

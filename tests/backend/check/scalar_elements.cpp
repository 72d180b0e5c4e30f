// SPDX-License-Identifier: MIT
//
// Kernels of the formats without a scale, packings and statistics.
#include "backend/check/lists.hpp"
#include "detent/backend/scalar.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool kernels = add_kernels<detent::scalar>("scalar", detent::element_formats{});
[[maybe_unused]] const bool packings = add_packings<detent::scalar>("scalar");
[[maybe_unused]] const bool reductions = add_reductions<detent::scalar>("scalar");

}  // namespace
}  // namespace checks

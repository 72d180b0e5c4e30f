// SPDX-License-Identifier: MIT
//
// Kernels of the formats without a scale, packings and statistics.
#include "backend/check/lists.hpp"
#include "backend/check/selection.hpp"
#include "detent/backend/native.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool kernels = add_kernels<detent::native>("native", test::element_formats{});
[[maybe_unused]] const bool packings = add_packings<detent::native>("native");
[[maybe_unused]] const bool reductions = add_reductions<detent::native>("native");

[[maybe_unused]] const bool selectable = add_selection<detent::native>("native");

}  // namespace
}  // namespace checks

// SPDX-License-Identifier: MIT
//
// Kernels of the formats without a scale, packings and statistics.
#include "backend/check/lists.hpp"
#include "detent/backend/native.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool kernels = add_kernels<detent::native>("native", detent::element_formats{});
[[maybe_unused]] const bool packings = add_packings<detent::native>("native");
[[maybe_unused]] const bool reductions = add_reductions<detent::native>("native");

/// True if native can be made to choose that set here; "" lets it choose for itself again.
bool select(const char* set) {
  detent::native::limit(set);
  return std::strcmp(detent::native::chosen(), set) == 0;
}
[[maybe_unused]] const bool selectable = (backend_named("native").select = &select, true);

}  // namespace
}  // namespace checks

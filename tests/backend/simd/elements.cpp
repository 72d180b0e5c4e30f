// SPDX-License-Identifier: MIT
//
// Kernels of the formats without a scale, packings and statistics.
#include "backend/check/lists.hpp"
#include "detent/backend/simd.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool kernels = add_kernels<detent::simd<>>("simd", test::element_formats{});
[[maybe_unused]] const bool packings = add_packings<detent::simd<>>("simd");
[[maybe_unused]] const bool reductions = add_reductions<detent::simd<>>("simd");

}  // namespace
}  // namespace checks

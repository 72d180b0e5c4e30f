// SPDX-License-Identifier: MIT
//
// Kernels of the formats with scales.
#include "backend/check/lists.hpp"
#include "detent/backend/simd.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool kernels = add_kernels<detent::simd<>>("simd", test::scaled_formats{});

}  // namespace
}  // namespace checks

// SPDX-License-Identifier: MIT
//
// Kernels of the formats with scales.
#include "detent/backend/simd.hpp"
#include "backend/check/lists.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool kernels = add_kernels<detent::simd<>>("simd", detent::scaled_formats{});

}  // namespace
}  // namespace checks

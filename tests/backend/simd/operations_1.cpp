// SPDX-License-Identifier: MIT
//
// Whole operations.
#include "backend/check/lists.hpp"
#include "detent/backend/simd.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool operations = add_operations<detent::simd<>>("simd", first_formats{});
[[maybe_unused]] const bool of_16_bits = add_operations_of_16_bits<detent::simd<>>("simd");

}  // namespace
}  // namespace checks

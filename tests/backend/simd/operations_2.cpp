// SPDX-License-Identifier: MIT
//
// Whole operations.
#include "backend/check/lists.hpp"
#include "detent/backend/simd.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool operations = add_operations<detent::simd<>>("simd", second_formats{});

}  // namespace
}  // namespace checks

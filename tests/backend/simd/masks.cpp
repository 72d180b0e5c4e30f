// SPDX-License-Identifier: MIT
#include "backend/check/products.hpp"

#include "detent/backend/simd.hpp"

TEST_CASE("steps of masks and products give the scalar bits on simd") {
  checks::check_masks<detent::simd<>>();
  checks::check_products<detent::simd<>>();
}

// SPDX-License-Identifier: MIT
#include "backend/check/masks.hpp"

#include "detent/backend/simd.hpp"

TEST_CASE("steps of masks give the scalar bits on simd") { checks::check_masks<detent::simd<>>(); }

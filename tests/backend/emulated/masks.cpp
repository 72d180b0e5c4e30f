// SPDX-License-Identifier: MIT
#include "backend/check/masks.hpp"
#include "detent/backend/x86/avx512.hpp"

TEST_CASE("steps of masks give the scalar bits on avx512, emulated") {
  checks::check_masks<detent::detail::avx512::vector_backend<detent::detail::avx512::lanes>>();
}

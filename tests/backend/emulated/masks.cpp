// SPDX-License-Identifier: MIT
#include "backend/check/products.hpp"
#include "detent/backend/x86/avx512.hpp"

TEST_CASE("steps of masks and products give the scalar bits on avx512, emulated") {
  using backend = detent::detail::avx512::vector_backend<detent::detail::avx512::lanes>;
  checks::check_masks<backend>();
  checks::check_products<backend>();
}

// SPDX-License-Identifier: MIT
#include "backend/check/products.hpp"

#include "detent/backend/native.hpp"

TEST_CASE("steps of masks and products give the scalar bits on every set of native") {
  using detent::native;
  for (const char* set : detent::detail::instruction_set_names) {
    native::limit(set);
    INFO(set);
    if (std::strcmp(native::chosen(), set) != 0) {
      WARN("skipped: this processor has no " << set);
      continue;
    }
    checks::check_masks<native>();
    checks::check_products<native>();
  }
  native::limit("");
}

// Steps are constexpr on native as on scalar.
static_assert([] {
  const std::uint16_t x[] = {1, 2, 3, 4};
  const std::uint64_t keep = 0b1010;
  std::uint16_t survivors[2] = {}, back[4] = {};
  return detent::native::compress(x, &keep, 4, survivors) == 2 && survivors[0] == 2 && survivors[1] == 4 &&
         detent::native::expand(survivors, &keep, 4, back) == 2 && back[0] == 0 && back[1] == 2 && back[3] == 4;
}());

// A set that lost its moves would be as right, and slow.
#if defined(__x86_64__)
static_assert(detent::detail::sse2::kernels::elements_zeroed<detent::detail::sse2::lanes, 4> == 4);
static_assert(detent::detail::sse41::kernels::elements_zeroed<detent::detail::sse41::lanes, 1> == 16);
static_assert(detent::detail::sse41::kernels::elements_moved<detent::detail::sse41::lanes, 4> == 4);
static_assert(detent::detail::avx2::kernels::elements_moved<detent::detail::avx2::lanes, 4> == 8);
static_assert(detent::detail::avx512::kernels::elements_moved<detent::detail::avx512::lanes, 2> == 16);
#endif

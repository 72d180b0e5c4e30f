// SPDX-License-Identifier: MIT
#include "backend/check/masks.hpp"

#include "detent/backend/native.hpp"

TEST_CASE("steps of masks give the scalar bits on every set of native") {
  using detent::native;
  for (const char* set : detent::detail::instruction_set_names) {
    native::limit(set);
    INFO(set);
    if (std::strcmp(native::chosen(), set) != 0) {
      WARN("skipped: this processor has no " << set);
      continue;
    }
    checks::check_masks<native>();
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

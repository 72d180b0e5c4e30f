// SPDX-License-Identifier: MIT
#include "detent/core/type_list.hpp"
#include "detent/format/uint2.hpp"
#include "detent/format/uint3.hpp"
#include "detent/format/uint4.hpp"
#include "detent/format/uint5.hpp"
#include "detent/format/uint6.hpp"
#include "detent/format/uint8.hpp"
#include "exercise.hpp"

TEST_CASE("unsigned integers with zero points", "[op]") {
  using namespace detent;
  test::exercise_all(type_list<uint8, uint6, uint5, uint4, uint3, uint2>{});
}

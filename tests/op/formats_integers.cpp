// SPDX-License-Identifier: MIT
#include "detent/core/type_list.hpp"
#include "detent/format/int2.hpp"
#include "detent/format/int3.hpp"
#include "detent/format/int4.hpp"
#include "detent/format/int5.hpp"
#include "detent/format/int6.hpp"
#include "detent/format/int8.hpp"
#include "exercise.hpp"

TEST_CASE("signed integers", "[op]") {
  using namespace detent;
  test::exercise_all(type_list<int8, int8_rows, int8_blocks, int6, int5, int4, int3, int2>{});
}

// SPDX-License-Identifier: MIT
#include "detent/core/type_list.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/nf4.hpp"
#include "exercise.hpp"

TEST_CASE("codebooks", "[op]") {
  using namespace detent;
  test::exercise_all(
      type_list<nf4, bnb::nf4, bnb::nf4_double_quant, bnb::fp4, bnb::fp4_double_quant, bnb::dynamic8, bnb::int8>{});
}

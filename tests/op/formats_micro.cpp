// SPDX-License-Identifier: MIT
#include "detent/core/type_list.hpp"
#include "detent/format/fp4_e2m1.hpp"
#include "detent/format/nvidia.hpp"
#include "detent/format/ocp.hpp"
#include "exercise.hpp"

TEST_CASE("small floats with scales", "[op]") {
  using namespace detent;
  test::exercise_all(
      type_list<fp4, ocp::mxfp4, ocp::mxfp6_e3m2, ocp::mxfp6_e2m3, ocp::mxfp8_e4m3, ocp::mxfp8_e5m2, nvidia::nvfp4>{});
}

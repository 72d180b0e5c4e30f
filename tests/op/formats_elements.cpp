// SPDX-License-Identifier: MIT
#include "detent/core/type_list.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/e8m0.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/fp4_e2m1.hpp"
#include "detent/format/fp6_e2m3.hpp"
#include "detent/format/fp6_e3m2.hpp"
#include "detent/format/fp8_e4m3fn.hpp"
#include "detent/format/fp8_e4m3fnuz.hpp"
#include "detent/format/fp8_e5m2.hpp"
#include "detent/format/fp8_e5m2fnuz.hpp"
#include "detent/format/tf32.hpp"
#include "exercise.hpp"

TEST_CASE("codecs alone", "[op]") {
  using namespace detent;
  test::exercise_all(type_list<fp32, tf32, fp16, bf16, fp8_e4m3fn, fp8_e4m3fn_nonsaturating, fp8_e5m2, fp8_e4m3fnuz,
                               fp8_e5m2fnuz, fp6_e3m2, fp6_e2m3, fp4_e2m1, e8m0, e8m0_down, e8m0_nearest>{});
}

// SPDX-License-Identifier: MIT
#include "detent/core/type_list.hpp"
#include "detent/format/ggml.hpp"
#include "exercise.hpp"

TEST_CASE("ggml's blocks", "[op]") {
  using namespace detent;
  test::exercise_all(type_list<ggml::q8_0, ggml::q4_0, ggml::q4_1, ggml::q5_0, ggml::q5_1, ggml::iq4_nl, ggml::mxfp4,
                               ggml::q4_k, ggml::q6_k>{});
}

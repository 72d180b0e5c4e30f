// SPDX-License-Identifier: MIT
//
// Blocks of bytes, through the kernels.
#include "cuda/host/twin.hpp"
#include "detent/formats.hpp"

TEST_CASE("kernels: records") {
  test::check_all(detent::type_list<detent::ggml::q8_0, detent::ggml::q4_0, detent::ggml::q4_1, detent::ggml::q5_0,
                                    detent::ggml::q5_1, detent::ggml::iq4_nl, detent::ggml::mxfp4, detent::ggml::q4_k,
                                    detent::ggml::q6_k>{});
}

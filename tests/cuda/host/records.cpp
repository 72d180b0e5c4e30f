// SPDX-License-Identifier: MIT
//
// Blocks of bytes, through the kernels.
#include "cuda/host/twin.hpp"
#include "detent/formats.hpp"

namespace {

#if defined(DETENT_TEST_FEW_FORMATS)
using formats = detent::type_list<detent::ggml::q8_0, detent::ggml::q4_1, detent::ggml::iq4_nl, detent::ggml::q4_k>;
#else
using formats = detent::type_list<detent::ggml::q8_0, detent::ggml::q4_0, detent::ggml::q4_1, detent::ggml::q5_0,
                                  detent::ggml::q5_1, detent::ggml::iq4_nl, detent::ggml::mxfp4, detent::ggml::q4_k,
                                  detent::ggml::q6_k>;
#endif

}  // namespace

TEST_CASE("kernels: records") { test::check_all(formats{}); }

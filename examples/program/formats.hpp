// SPDX-License-Identifier: MIT
//
// The precisions that the programs offer, in parts that are compiled side by side.
#ifndef DETENT_EXAMPLES_PROGRAM_FORMATS_HPP
#define DETENT_EXAMPLES_PROGRAM_FORMATS_HPP

#include "detent/formats.hpp"

namespace program {

using floats = detent::type_list<detent::fp32, detent::fp16, detent::bf16, detent::fp8_e4m3fn, detent::fp8_e5m2,
                                 detent::fp8_e4m3fnuz, detent::fp8_e5m2fnuz, detent::fp6_e3m2, detent::fp6_e2m3>;

using integers = detent::type_list<detent::int8, detent::int8_rows, detent::int8_blocks, detent::int6, detent::int5,
                                   detent::int4, detent::int3, detent::int2, detent::uint8, detent::uint6,
                                   detent::uint5, detent::uint4, detent::uint3, detent::uint2>;

using codebooks =
    detent::type_list<detent::nf4, detent::fp4, detent::bnb::nf4, detent::bnb::nf4_double_quant, detent::bnb::fp4,
                      detent::bnb::fp4_double_quant, detent::bnb::dynamic8, detent::bnb::int8, detent::nvidia::nvfp4,
                      detent::ocp::mxfp4, detent::ocp::mxfp6_e3m2, detent::ocp::mxfp6_e2m3, detent::ocp::mxfp8_e4m3,
                      detent::ocp::mxfp8_e5m2>;

using conventions = detent::type_list<detent::ggml::q8_0, detent::ggml::q4_0, detent::ggml::q4_1, detent::ggml::q5_0,
                                      detent::ggml::q5_1, detent::ggml::iq4_nl, detent::ggml::mxfp4, detent::ggml::q4_k,
                                      detent::ggml::q6_k, detent::torch::qint8, detent::torch::qint8_channels,
                                      detent::torch::quint8, detent::torch::quint8_channels, detent::onnx::int8,
                                      detent::onnx::int8_channels, detent::onnx::uint8>;

template <class... Lists>
struct all_of;
template <class... A>
struct all_of<detent::type_list<A...>> {
  using type = detent::type_list<A...>;
};
template <class... A, class... B, class... Rest>
struct all_of<detent::type_list<A...>, detent::type_list<B...>, Rest...> {
  using type = typename all_of<detent::type_list<A..., B...>, Rest...>::type;
};

using formats = all_of<floats, integers, codebooks, conventions>::type;

}  // namespace program

#endif

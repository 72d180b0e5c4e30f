// SPDX-License-Identifier: MIT
//
// The one list of all formats, for tests, benchmarks and programs that choose by name.
#ifndef DETENT_FORMATS_HPP
#define DETENT_FORMATS_HPP

#include "detent/core/type_list.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/e8m0.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/fp4_e2m1.hpp"
#include "detent/format/fp6_e2m3.hpp"
#include "detent/format/fp6_e3m2.hpp"
#include "detent/format/fp8_e4m3fn.hpp"
#include "detent/format/fp8_e4m3fnuz.hpp"
#include "detent/format/fp8_e5m2.hpp"
#include "detent/format/fp8_e5m2fnuz.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/int2.hpp"
#include "detent/format/int3.hpp"
#include "detent/format/int4.hpp"
#include "detent/format/int5.hpp"
#include "detent/format/int6.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/nf4.hpp"
#include "detent/format/nvidia.hpp"
#include "detent/format/ocp.hpp"
#include "detent/format/onnx.hpp"
#include "detent/format/tf32.hpp"
#include "detent/format/torch.hpp"
#include "detent/format/uint2.hpp"
#include "detent/format/uint3.hpp"
#include "detent/format/uint4.hpp"
#include "detent/format/uint5.hpp"
#include "detent/format/uint6.hpp"
#include "detent/format/uint8.hpp"

namespace detent::inline v0 {

/// Codecs alone.
using element_formats =
    type_list<fp32, tf32, fp16, bf16, fp8_e4m3fn, fp8_e4m3fn_nonsaturating, fp8_e5m2, fp8_e5m2_nonsaturating,
              fp8_e4m3fnuz, fp8_e4m3fnuz_nonsaturating, fp8_e5m2fnuz, fp8_e5m2fnuz_nonsaturating, fp6_e3m2, fp6_e2m3,
              fp4_e2m1, e8m0, e8m0_down, e8m0_nearest>;

/// With scales.
using scaled_formats =
    type_list<int8, int8_rows, int8_blocks, int6, int5, int4, int3, int2, uint8, uint6, uint5, uint4, uint3, uint2, nf4,
              fp4, bnb::nf4, bnb::nf4_double_quant, bnb::fp4, bnb::fp4_double_quant, bnb::dynamic8, bnb::int8,
              ggml::q8_0, ggml::q4_0, ggml::q4_1, ggml::q5_0, ggml::q5_1, ggml::iq4_nl, ggml::mxfp4, ggml::q4_k,
              ggml::q6_k, ocp::mxfp4, ocp::mxfp6_e3m2, ocp::mxfp6_e2m3, ocp::mxfp8_e4m3, ocp::mxfp8_e5m2, nvidia::nvfp4,
              torch::qint8, torch::qint8_channels, torch::qint8_affine, torch::quint8, torch::quint8_channels,
              torch::quint8_symmetric, onnx::int8, onnx::int8_channels, onnx::uint8>;

namespace detail {
template <class A, class B>
struct joined;
template <class... A, class... B>
struct joined<type_list<A...>, type_list<B...>> {
  using type = type_list<A..., B...>;
};
}  // namespace detail

using all_formats = detail::joined<element_formats, scaled_formats>::type;

}  // namespace detent::inline v0

#endif

// SPDX-License-Identifier: MIT
//
// The precisions that are measured, in groups that are compiled apart. Names are the library's; `_given` has a scale
// that is there already, `_stochastic` rounds at random.
#ifndef DETENT_BENCH_PRECISIONS_HPP
#define DETENT_BENCH_PRECISIONS_HPP

#include <cstdint>
#include <detent/core/packed.hpp>
#include <detent/core/type_list.hpp>
#include <detent/formats.hpp>

#include "kernel.hpp"

namespace bench {

using detent::type_list;

struct int8_given : detent::int8 {
  static constexpr const char* name = "int8_given";
  static constexpr bool scale_is_given = true;
};
struct fp8_e4m3fn_given : detent::precision<detent::fp8_e4m3fn::codec, detent::per_tensor> {
  static constexpr const char* name = "fp8_e4m3fn_given";
  static constexpr bool scale_is_given = true;
};
struct fp8_e5m2_given : detent::precision<detent::fp8_e5m2::codec, detent::per_tensor> {
  static constexpr const char* name = "fp8_e5m2_given";
  static constexpr bool scale_is_given = true;
};
struct int8_stochastic : detent::int8 {
  static constexpr const char* name = "int8_stochastic";
  static constexpr bool rounds_at_random = true;
};
struct int8_blocks_stochastic : detent::int8_blocks {
  static constexpr const char* name = "int8_blocks_stochastic";
  static constexpr bool rounds_at_random = true;
};
struct int4_stochastic : detent::int4 {
  static constexpr const char* name = "int4_stochastic";
  static constexpr bool rounds_at_random = true;
};
struct fp8_e4m3fn_stochastic : detent::fp8_e4m3fn {
  static constexpr const char* name = "fp8_e4m3fn_stochastic";
  static constexpr bool rounds_at_random = true;
};

using elements = type_list<detent::fp16, detent::bf16, detent::fp8_e4m3fn, detent::fp8_e5m2>;
using integers = type_list<detent::int8, detent::int8_rows, detent::int8_blocks, detent::int4>;
using odd_widths = type_list<detent::int2, detent::int3, detent::int5, detent::int6>;
using tables = type_list<detent::nf4, detent::bnb::nf4, detent::bnb::nf4_double_quant, detent::bnb::fp4>;
using small_floats = type_list<detent::fp4, detent::ocp::mxfp4, detent::ocp::mxfp6_e2m3, detent::ocp::mxfp8_e4m3,
                               detent::ocp::mxfp8_e5m2, detent::nvidia::nvfp4>;
using ggml = type_list<detent::ggml::q8_0, detent::ggml::q4_0, detent::ggml::q4_k, detent::ggml::q6_k,
                       detent::ggml::iq4_nl, detent::ggml::mxfp4>;
using others = type_list<detent::bnb::int8, detent::bnb::dynamic8, detent::torch::qint8, detent::torch::quint8,
                         detent::onnx::int8_channels>;
using given = type_list<int8_given, fp8_e4m3fn_given, fp8_e5m2_given>;
using stochastics = type_list<int8_stochastic, int8_blocks_stochastic, int4_stochastic, fp8_e4m3fn_stochastic>;

template <class From, class To>
struct pair {
  using from = From;
  using to = To;
};
using pairs = type_list<pair<detent::fp16, detent::bf16>, pair<detent::bf16, detent::nf4>,
                        pair<detent::nf4, detent::bf16>, pair<detent::bf16, detent::int8_rows>,
                        pair<detent::bf16, detent::fp8_e4m3fn>, pair<detent::fp8_e4m3fn, detent::bf16>,
                        pair<detent::int8_blocks, detent::int4>, pair<detent::int4, detent::nf4>,
                        pair<detent::ggml::q4_k, detent::int4>, pair<detent::bf16, detent::ocp::mxfp4>>;

template <class P>
constexpr bool finds_scale_first() {
  if constexpr (!detent::scaled_precision<P>)
    return false;
  else if constexpr (!P::grouping::in_order)
    return true;
  else
    return finds_scale_first<typename P::scale>();
}

/// A view of a quantized tensor whose planes follow one another, each at a multiple of 64 bytes.
template <class P>
DETENT_INLINE detent::packed_view<P, std::uint8_t> packed_at(const void* memory, const detent::extents& shape) {
  auto* at = static_cast<std::uint8_t*>(const_cast<void*>(memory));
  if constexpr (!detent::detail::is_planar<P>) {
    return {shape, at};
  } else {
    const auto sizes = detent::plane_bytes<P>(shape);
    std::uint8_t* planes[detent::detail::plane_count<P>] = {};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      planes[i] = at;
      at += (sizes[i] + 63) / 64 * 64;
    }
    return {shape, planes, std::size_t{0}};
  }
}

}  // namespace bench

#endif

// SPDX-License-Identifier: MIT
//
// The formats of bitsandbytes 0.50. Blocks run along the flattened tensor and may cross rows; the even element is in
// the HIGH nibble; code = encode(x · (1/absmax)); value = book[code] · absmax.
//
//   bnb::nf4, bnb::fp4                          blocks of 64, fp32 absmax
//   bnb::nf4_double_quant, bnb::fp4_double_quant   absmax minus its mean in 8 bits: dynamic book, blocks of 256
//   bnb::dynamic8                               8-bit blockwise: dynamic book, blocks of 4096
//   bnb::int8                                   LLM.int8 weights: rows, SCB = absmax; value = code · SCB / 127
//
// A block of zeros decodes to zeros: codes 7 (NF4) and 0 (FP4), where CUDA's kernels write 0. NaN has the lowest code.
#ifndef DETENT_FORMAT_BITSANDBYTES_HPP
#define DETENT_FORMAT_BITSANDBYTES_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/format/family/table.hpp"
#include "detent/format/nf4.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0::bnb {

/// Bit 3 is the sign; magnitudes 0, 0.0625, 8, 12, 4, 6, 2, 3 twelfths. The thresholds are the literals of the CUDA
/// kernel, most of which are not midpoints; a tie takes the lesser magnitude, so those below 0 are one float lower.
struct fp4_book {
  static constexpr detail::table<float, 16> values{{0.0f, 0.0052083334885537624f, 0.6666666865348816f, 1.0f,
                                                    0.3333333432674408f, 0.5f, 0.1666666716337204f, 0.25f, -0.0f,
                                                    -0.0052083334885537624f, -0.6666666865348816f, -1.0f,
                                                    -0.3333333432674408f, -0.5f, -0.1666666716337204f, -0.25f}};

  static constexpr detail::table<float, 7> above{
      {0.00260417f, 0.0859375f, 0.20833333f, 0.29166667f, 0.4166667f, 0.583333f, 0.8333333f}};

  static constexpr detail::table<float, 15> thresholds = [] {
    detail::table<float, 15> t{};
    for (std::size_t i = 0; i < 7; ++i) {
      t[8 + i] = above[i];
      t[6 - i] = detail::float_below(-above[i]);
    }
    t[7] = detail::float_below(0.0f);  // a tiny negative number keeps its sign, -0 does not
    return t;
  }();
};

/// The signed dynamic map: for i = 0 … 6, ±10^(i-6) times the midpoints of an even grid of 2^i intervals on 0.1 … 1;
/// and 0 and 1. Each value is the exact fraction, rounded once. torch's builds differ from it by up to 2 ulp: files
/// carry their own map, and readers use that.
struct dynamic_book {
  static constexpr detail::table<float, 256> values = [] {
    detail::table<float, 256> v{};
    std::size_t at = 0;
    double denominator = 20e6;
    for (int i = 0; i < 7; ++i, denominator /= 10) {
      const int intervals = 1 << i;
      for (int k = 0; k < intervals; ++k) {
        const double numerator = 2 * intervals + 9 * (2 * k + 1);
        const auto value = static_cast<float>(numerator / (denominator * intervals));
        v[128 + at] = value;
        v[126 - at] = -value;
        ++at;
      }
    }
    v[127] = 0;
    v[255] = 1;
    return v;
  }();
};

using fp4_codec = table_codec<fp4_book>;
using dynamic_codec = table_codec<dynamic_book>;

struct nf4 : precision<nf4_codec, flat_blocks_of<64>> {
  static constexpr const char* name = "bnb::nf4";
  using rule = absmax_as_scale;
  using packing = high_nibble_first;
};

struct fp4 : precision<fp4_codec, flat_blocks_of<64>> {
  static constexpr const char* name = "bnb::fp4";
  using rule = absmax_as_scale;
  using packing = high_nibble_first;
};

struct dynamic8 : precision<dynamic_codec, flat_blocks_of<4096>> {
  static constexpr const char* name = "bnb::dynamic8";
  using rule = absmax_as_scale;
};

/// The scale of the double-quantized formats: absmax = book[code] · nested_absmax + offset.
struct quantized_absmax : precision<dynamic_codec, flat_blocks_of<256>> {
  static constexpr const char* name = "bnb::quantized_absmax";
  using shift = fp32;
  using shift_grouping = per_tensor;
  using rule = absmax_as_scale;
};

struct nf4_double_quant : nf4 {
  static constexpr const char* name = "bnb::nf4_double_quant";
  using scale = quantized_absmax;
  using rule = from_chosen<absmax_as_scale>;
};

struct fp4_double_quant : fp4 {
  static constexpr const char* name = "bnb::fp4_double_quant";
  using scale = quantized_absmax;
  using rule = from_chosen<absmax_as_scale>;
};

/// code = rint(x · (127 / absmax)); value = (code · absmax) · fl(1/127).
struct llm_int8_rule : absmax_as_scale {
  static constexpr float unit = 7.874015718698502e-3f;

  template <class P>
  DETENT_INLINE static constexpr float factor(float scale) {
    if (detail::is_zero(scale)) return 0;
    const float f = detail::divide(127.0f, scale);
    return detail::is_infinite(f) ? detail::f32_max : f;
  }
};

}  // namespace detent::inline v0::bnb

namespace detent::inline v0 {
template <>
inline constexpr linear_rule linear_form<bnb::llm_int8_rule>{.known = true, .numerator = 127};
}  // namespace detent::inline v0

namespace detent::inline v0::bnb {

struct int8 : precision<symmetric_codec<8>, per_channel<0>> {
  static constexpr const char* name = "bnb::int8";
  using rule = llm_int8_rule;
};

}  // namespace detent::inline v0::bnb

#endif

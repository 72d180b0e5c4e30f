// SPDX-License-Identifier: MIT
//
// NVFP4 as NVIDIA's ModelOpt writes it: E2M1 in blocks of 16 along a row, an E4M3 scale for each block, and one fp32
// scale g for the tensor:
//
//   g = amax(tensor) / (448 · 6)    s = E4M3(amax(block) / (6 · g)), 1 where that is 0    code = E2M1(x / (s · g))
//   value = E2M1(code) · (s · g)
//
// A scale of a scale: the inner precision quantizes the blocks' amax. Low nibble first, scales row by row.
#ifndef DETENT_FORMAT_NVIDIA_HPP
#define DETENT_FORMAT_NVIDIA_HPP

#include "detent/core/precision.hpp"
#include "detent/format/fp4_e2m1.hpp"
#include "detent/format/fp8_e4m3fn.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0::nvidia {

/// E4M3FN, saturating, with 1 in place of 0: a block of zeros keeps a usable scale.
struct block_scale_codec : fp8_e4m3fn_codec<overflow::saturate> {
  using base = fp8_e4m3fn_codec<overflow::saturate>;
  using kind = detent::kind::any;

  DETENT_INLINE static constexpr float adapt(float x) { return detail::is_zero(x) || detail::is_nan(x) ? 1.0f : x; }
  DETENT_INLINE static constexpr std::uint32_t encode(float x) { return base::encode(adapt(x)); }
};

/// Of the blocks' amax: g = greatest / 2688, codes by division by 6 · g.
struct block_scale_rule : basic_rule {
  using statistic = detent::statistic::absmax;
  static constexpr bool divide = true;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    return {.scale = detail::divide(known.amax, 448.0f * 6.0f)};
  }
  template <class P>
  DETENT_INLINE static constexpr float factor(float scale) {
    return detail::multiply(6.0f, scale);
  }
};

struct block_scale : precision<block_scale_codec, per_tensor> {
  static constexpr const char* name = "nvidia::block_scale";
  using rule = block_scale_rule;
};

struct nvfp4 : precision<fp4_e2m1_codec, blocks_of<16>> {
  static constexpr const char* name = "nvfp4";
  using scale = block_scale;
  using rule = by_division<absmax_as_scale>;
};

}  // namespace detent::inline v0::nvidia

#endif

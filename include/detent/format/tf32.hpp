// SPDX-License-Identifier: MIT
//
// tf32: fp32 with the mantissa rounded to 10 bits, to nearest even, in a container of 32 bits whose low 13 are 0.
// Tensor cores read it so; it saves no memory. (PTX cvt.rna rounds ties away; unconverted data is truncated.)
#ifndef DETENT_FORMAT_TF32_HPP
#define DETENT_FORMAT_TF32_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/minifloat.hpp"

namespace detent::inline v0 {

struct tf32_codec {
  using rounded_codec = minifloat_codec<8, 10, 127, specials::ieee, overflow::special>;
  static constexpr int bits = 32;
  using kind = detent::kind::any;
  static constexpr float max = rounded_codec::max;
  static constexpr float min = rounded_codec::min;
  static constexpr float last_step = rounded_codec::last_step;

  DETENT_INLINE static constexpr std::uint32_t encode(float x) {
    return detail::bits_of(rounded_codec::decode(rounded_codec::encode(x)));
  }
  DETENT_INLINE static constexpr std::uint32_t encode_stochastic(float x, std::uint32_t random) {
    return detail::bits_of(rounded_codec::decode(rounded_codec::encode_stochastic(x, random)));
  }
  DETENT_INLINE static constexpr float decode(std::uint32_t code) { return detail::float_of(code); }
};

struct tf32 : precision<tf32_codec> {
  static constexpr const char* name = "tf32";
};

}  // namespace detent::inline v0

#endif

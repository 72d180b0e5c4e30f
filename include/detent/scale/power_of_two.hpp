// SPDX-License-Identifier: MIT
//
// Scales that are powers of two (OCP MX). With amax = 2^E · 1.m, and emax the exponent of the codec's greatest value:
//
//   toward::floor   2^(E - emax)                                      OCP text; torchao FLOOR; ggml
//   toward::ceil    2^(E + (m != 0) - emax)                           torchao CEIL
//   toward::even    E after rounding 1.m to the codec's mantissa      torchao EVEN
//   toward::rceil   2^ceil(log2(amax · fl(1 / max)))                  torchao RCEIL, cuBLAS
//
// Clamped to 2^-127 … 2^127. A subnormal or zero amax counts as 2^-127 before emax is subtracted. NaN or infinity in
// the group: the scale is NaN, and with it the group.
#ifndef DETENT_SCALE_POWER_OF_TWO_HPP
#define DETENT_SCALE_POWER_OF_TWO_HPP

#include <cstdint>

#include "detent/core/rule.hpp"

namespace detent::inline v0 {

enum class toward { floor, ceil, even, rceil };

template <toward Toward>
struct power_of_two : basic_rule {
  using statistic = detent::statistic::absmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    if (!known.finite) return {.scale = detail::float_of(detail::f32_quiet_nan)};
    return {.scale = power(biased_exponent<typename P::codec>(known.amax))};
  }

  /// Exact, but for the reciprocal of 2^-127 … which is 2^127, exact too.
  template <class P>
  DETENT_INLINE static constexpr float factor(float scale) {
    return detail::one_over(scale);
  }

  /// The exponent field of the scale, 0 (2^-127) to 254 (2^127).
  template <class Codec>
  DETENT_INLINE static constexpr std::uint32_t biased_exponent(float amax) {
    const std::uint32_t bits = detail::bits_of(amax);
    constexpr std::int32_t emax = static_cast<std::int32_t>(detail::bits_of(Codec::max) >> 23) - 127;
    std::int32_t exponent = 0;
    if constexpr (Toward == toward::rceil) {
      return round_up(detail::multiply(amax, 1.0f / Codec::max));
    } else if constexpr (Toward == toward::even) {
      exponent = static_cast<std::int32_t>((bits + (1u << (22 - Codec::mantissa_bits))) >> 23) - emax;
    } else if constexpr (Toward == toward::ceil) {
      exponent = static_cast<std::int32_t>((bits >> 23) + ((bits & 0x7FFFFF) != 0 ? 1 : 0)) - emax;
    } else {
      exponent = static_cast<std::int32_t>(bits >> 23) - emax;
    }
    return static_cast<std::uint32_t>(exponent < 0 ? 0 : exponent > 254 ? 254 : exponent);
  }

 private:
  /// The least power of two that is not below v, as PTX cvt.rp.ue8m0 rounds.
  DETENT_INLINE static constexpr std::uint32_t round_up(float v) {
    const std::uint32_t bits = detail::bits_of(v);
    const std::uint32_t exponent = bits >> 23;
    const std::uint32_t mantissa = bits & 0x7FFFFF;
    const bool up = exponent > 0 ? mantissa != 0 : mantissa > 0x400000;
    const std::uint32_t rounded = exponent + (up ? 1 : 0);
    return rounded > 254 ? 254 : rounded;
  }

  DETENT_INLINE static constexpr float power(std::uint32_t biased) {
    return detail::float_of(biased == 0 ? 0x00400000u : biased << 23);
  }
};

template <>
inline constexpr power_rule power_form<power_of_two<toward::floor>>{.known = true, .toward = power_rule::floor};
template <>
inline constexpr power_rule power_form<power_of_two<toward::ceil>>{.known = true, .toward = power_rule::ceil};
template <>
inline constexpr power_rule power_form<power_of_two<toward::even>>{.known = true, .toward = power_rule::even};

}  // namespace detent::inline v0

#endif

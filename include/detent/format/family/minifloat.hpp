// SPDX-License-Identifier: MIT
//
// Small floats, all from one template:  s e…e m…m,  value = (-1)^s · 2^(e-Bias) · 1.m, and (-1)^s · 2^(1-Bias) · 0.m
// for e = 0
//
//   specials::ieee   e of all ones: infinity and NaN                  fp16, bf16, e5m2
//   specials::fn     no infinity; all ones is NaN                     e4m3fn
//   specials::fnuz   no infinity, no -0; the code of -0 is NaN        e4m3fnuz, e5m2fnuz
//   specials::none   every code is a finite number; NaN becomes 0     fp6, fp4
//   overflow::saturate   beyond the greatest: the greatest            (fnuz: infinity becomes NaN, as ONNX says)
//   overflow::special    beyond the greatest: infinity, or NaN where there is none
//
// Rounding is to nearest, ties to even, on the grid extended upwards: round first, then look for overflow. NaN keeps
// its sign and becomes quiet; formats with fp32's exponent keep the high bits of its payload too.
#ifndef DETENT_FORMAT_FAMILY_MINIFLOAT_HPP
#define DETENT_FORMAT_FAMILY_MINIFLOAT_HPP

#include <cstdint>

#include "detent/core/arithmetic.hpp"
#include "detent/core/codec.hpp"

namespace detent::inline v0 {

enum class specials { ieee, fn, fnuz, none };
enum class overflow { saturate, special };

template <int ExponentBits, int MantissaBits, int Bias, specials Specials, overflow Overflow>
struct minifloat_codec {
  static_assert(ExponentBits >= 2 && ExponentBits <= 8 && MantissaBits >= 1 && MantissaBits <= 10);
  static_assert(Specials != specials::none || Overflow == overflow::saturate, "there is no code for an overflow");
  static constexpr int exponent_bits = ExponentBits;
  static constexpr int mantissa_bits = MantissaBits;
  static constexpr int bias = Bias;
  static constexpr detent::specials special_codes = Specials;
  static constexpr detent::overflow on_overflow = Overflow;

  static constexpr int bits = 1 + ExponentBits + MantissaBits;
  using kind = detent::kind::minifloat;

  /// The same exponents as fp32: subnormals need no renormalizing.
  static constexpr bool wide = ExponentBits == 8 && Bias == 127;
  static constexpr int dropped_bits = 23 - MantissaBits;
  static constexpr std::uint32_t sign = 1u << (bits - 1);
  static constexpr std::uint32_t all_ones = sign - 1;
  static constexpr std::uint32_t mantissa_mask = (1u << MantissaBits) - 1;

  static constexpr std::uint32_t infinity_code = all_ones & ~mantissa_mask;  // where there is one
  static constexpr std::uint32_t max_code = Specials == specials::ieee ? infinity_code - 1
                                            : Specials == specials::fn ? all_ones - 1
                                                                       : all_ones;
  static constexpr std::uint32_t nan_code = Specials == specials::ieee   ? infinity_code | 1u << (MantissaBits - 1)
                                            : Specials == specials::fn   ? all_ones
                                            : Specials == specials::fnuz ? sign
                                                                         : 0;
  static constexpr std::uint32_t overflow_code = Overflow == overflow::saturate ? max_code
                                                 : Specials == specials::ieee   ? infinity_code
                                                                                : nan_code;

  /// The bits of 2^(1-Bias), the least normal number, and the distance between the two exponents, in place.
  static constexpr std::uint32_t min_normal_bits = wide ? 0 : static_cast<std::uint32_t>(128 - Bias) << 23;
  static constexpr std::uint32_t rebias = wide ? 0 : static_cast<std::uint32_t>(127 - Bias) << 23;

  /// Adding this number aligns a subnormal's last bit with fp32's, so that the addition rounds it.
  static constexpr std::uint32_t aligner_bits =
      wide ? 0 : static_cast<std::uint32_t>(127 + 1 - Bias + dropped_bits) << 23;

  DETENT_INLINE static constexpr float decode(std::uint32_t code) {
    const std::uint32_t negative = (code & sign) << (32 - bits);
    const std::uint32_t rest = code & all_ones;
    if constexpr (Specials == specials::fnuz) {
      if ((code & (sign | all_ones)) == sign) return detail::float_of(detail::f32_quiet_nan);
    }
    if constexpr (Specials == specials::fn) {
      if (rest == all_ones) return detail::float_of(negative | detail::f32_quiet_nan);
    }
    if constexpr (Specials == specials::ieee && !wide) {
      if (rest >= infinity_code) {
        return detail::float_of(negative | detail::f32_infinity | (rest & mantissa_mask) << dropped_bits);
      }
    }
    if constexpr (wide) return detail::float_of(negative | rest << dropped_bits);
    if (rest <= mantissa_mask) {
      const float magnitude = detail::multiply(static_cast<float>(rest), detail::power_of_two(1 - Bias - MantissaBits));
      return detail::float_of(negative | detail::bits_of(magnitude));
    }
    return detail::float_of(negative | ((rest << dropped_bits) + rebias));
  }

  static constexpr float max = decode(max_code);
  static constexpr float min = -max;
  static constexpr float last_step = max - decode(max_code - 1);

  DETENT_INLINE static constexpr std::uint32_t encode(float x) {
    const std::uint32_t a = detail::bits_of(x) & ~detail::f32_sign;
    return with_specials(x, round_to_nearest(a), a);
  }

  /// Adds random bits below the last one that is kept, then drops them.
  DETENT_INLINE static constexpr std::uint32_t encode_stochastic(float x, std::uint32_t random) {
    const std::uint32_t a = detail::bits_of(x) & ~detail::f32_sign;
    return with_specials(x, round_at_random(a, random), a);
  }

 private:
  /// Magnitude bits, below infinity, to the code on the grid extended upwards.
  DETENT_INLINE static constexpr std::uint32_t round_to_nearest(std::uint32_t a) {
    if (!wide && a < min_normal_bits) return round_subnormal<false>(a, 0);
    const std::uint32_t odd = a >> dropped_bits & 1;
    return (a + ((1u << (dropped_bits - 1)) - 1) + odd - rebias) >> dropped_bits;
  }

  DETENT_INLINE static constexpr std::uint32_t round_at_random(std::uint32_t a, std::uint32_t random) {
    if (!wide && a < min_normal_bits) return round_subnormal<true>(a, random);
    return (a + (random >> (32 - dropped_bits)) - rebias) >> dropped_bits;
  }

  /// Below the least normal number: shifts the significand until 2^(1-Bias-MantissaBits) is 1.
  template <bool AtRandom>
  DETENT_INLINE static constexpr std::uint32_t round_subnormal(std::uint32_t a, std::uint32_t random) {
    const int exponent = static_cast<int>(a >> 23);
    const int shift = dropped_bits + 128 - Bias - exponent + 8;
    if (shift > 56) return 0;
    const std::uint64_t fraction = exponent == 0 ? (a & 0x7FFFFF) << 1 : (a & 0x7FFFFF) | 0x800000;
    const std::uint64_t significand = fraction << 8;  // room for the random bits of small shifts
    std::uint64_t below = 0;
    if constexpr (AtRandom) {
      below = shift >= 32 ? std::uint64_t{random} << (shift - 32) : random >> (32 - shift);
    } else {
      below = (std::uint64_t{1} << (shift - 1)) - 1 + (significand >> shift & 1);
    }
    return static_cast<std::uint32_t>((significand + below) >> shift);
  }

  DETENT_INLINE static constexpr std::uint32_t with_specials(float x, std::uint32_t rounded, std::uint32_t a) {
    const std::uint32_t negative = detail::bits_of(x) >> (32 - bits) & sign;
    if (a > detail::f32_infinity) {
      if constexpr (Specials == specials::none || Specials == specials::fnuz) return nan_code;
      if constexpr (wide) return negative | nan_code | (a >> dropped_bits & mantissa_mask);
      return negative | nan_code;
    }
    if (a == detail::f32_infinity || rounded > max_code) {
      if (Specials == specials::fnuz && (a == detail::f32_infinity || Overflow == overflow::special)) return nan_code;
      return overflow_code | negative;
    }
    if (Specials == specials::fnuz && rounded == 0) return 0;
    return rounded | negative;
  }
};

static_assert(minifloat_codec<5, 10, 15, specials::ieee, overflow::special>::encode(65520.0f) == 0x7C00);
static_assert(minifloat_codec<5, 10, 15, specials::ieee, overflow::special>::decode(1) == 0x1p-24f);
static_assert(minifloat_codec<4, 3, 7, specials::fn, overflow::saturate>::encode(464.0f) == 0x7E);
static_assert(minifloat_codec<2, 1, 1, specials::none, overflow::saturate>::max == 6.0f);

}  // namespace detent::inline v0

#endif

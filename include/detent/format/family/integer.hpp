// SPDX-License-Identifier: MIT
//
// Whole numbers of 1 to 32 bits. The code is the number plus `Offset`, in the low bits: Offset 0 gives two's complement
// (or plain unsigned), 8 gives ggml's and compressed-tensors' excess-8 nibbles.
//
//   rounding::ties_to_even   nearest, ties to the even number         torch, ONNX, bitsandbytes
//   rounding::ties_away      nearest, ties away from zero             ggml Q8_0
//   rounding::half_up        floor of fl(x + Offset + 0.5), in fp32   ggml Q4_0 … Q5_1
//
// NaN becomes 0, or the zero point. Beyond the range: the nearest end.
#ifndef DETENT_FORMAT_FAMILY_INTEGER_HPP
#define DETENT_FORMAT_FAMILY_INTEGER_HPP

#include <cstdint>

#include "detent/core/arithmetic.hpp"
#include "detent/core/codec.hpp"
#include "detent/core/random.hpp"

namespace detent::inline v0 {

enum class rounding { ties_to_even, ties_away, half_up };

template <int Bits, std::int32_t Min, std::int32_t Max, std::int32_t Offset = 0,
          rounding Rounding = rounding::ties_to_even>
struct integer_codec {
  static_assert(Bits <= 24 && Min < Max, "an integer code has at most 24 bits: floats hold them exactly");
  static constexpr int bits = Bits;
  using kind = detent::kind::integer;
  static constexpr float min = static_cast<float>(Min);
  static constexpr float max = static_cast<float>(Max);
  static constexpr float last_step = 1;
  static constexpr std::int32_t least = Min;
  static constexpr std::int32_t greatest = Max;
  static constexpr std::int32_t offset = Offset;
  static constexpr detent::rounding mode = Rounding;

  DETENT_INLINE static constexpr std::uint32_t encode(float x) { return encode(x, 0); }

  /// round(x) + zero, clamped.
  DETENT_INLINE static constexpr std::uint32_t encode(float x, std::int32_t zero) {
    return code_of(round(clamped(x)) + zero);
  }

  /// floor(x), or one more with a probability of x - floor(x).
  DETENT_INLINE static constexpr std::uint32_t encode_stochastic(float x, std::uint32_t random) {
    return encode_stochastic(x, 0, random);
  }

  DETENT_INLINE static constexpr std::uint32_t encode_stochastic(float x, std::int32_t zero, std::uint32_t random) {
    x = clamped(x);
    const std::int32_t whole = floor(x);
    return code_of(whole + (detail::less(detail::unit_interval(random), detail::subtract(x, static_cast<float>(whole))) ? 1 : 0) + zero);
  }

  DETENT_INLINE static constexpr float decode(std::uint32_t code) { return static_cast<float>(number_of(code)); }

  DETENT_INLINE static constexpr float decode(std::uint32_t code, std::int32_t zero) {
    return static_cast<float>(number_of(code) - zero);
  }

  DETENT_INLINE static constexpr std::int32_t number_of(std::uint32_t code) {
    const auto number = static_cast<std::int32_t>(code & mask) - Offset;
    if constexpr (Min < 0 && Offset == 0) return (number ^ sign) - sign;
    return number;
  }

  DETENT_INLINE static constexpr std::uint32_t code_of(std::int32_t number) {
    number = number < Min ? Min : number > Max ? Max : number;
    return static_cast<std::uint32_t>(number + Offset) & mask;
  }

 private:
  static constexpr std::uint32_t mask = (1u << Bits) - 1;
  static constexpr std::int32_t sign = 1 << (Bits - 1);

  /// Beyond every sum of a code and a zero point, and within what a conversion to an integer can take.
  static constexpr float limit = 16777216;

  DETENT_INLINE static constexpr float clamped(float x) {
    if (detail::is_nan(x)) return 0;
    return detail::less(x, -limit) ? -limit : detail::less(limit, x) ? limit : x;
  }

  DETENT_INLINE static constexpr std::int32_t floor(float x) {
    const std::int32_t toward_zero = detail::truncate(x);
    return toward_zero - (detail::less(x, static_cast<float>(toward_zero)) ? 1 : 0);
  }

  /// Without the processor's rounding mode: the part that truncation leaves is exact.
  DETENT_INLINE static constexpr std::int32_t round(float x) {
    if constexpr (Rounding == rounding::half_up) {
      return floor(detail::add(x, static_cast<float>(Offset) + 0.5f)) - Offset;
    } else {
      const std::int32_t whole = detail::truncate(x);
      const float rest = detail::magnitude(detail::subtract(x, static_cast<float>(whole)));
      const bool even = Rounding == rounding::ties_to_even && whole % 2 == 0;
      const bool up = even ? detail::less(0.5f, rest) : !detail::less(rest, 0.5f);
      return whole + (up ? (detail::less(x, 0) ? -1 : 1) : 0);
    }
  }
};

/// Two's complement, all codes.
template <int Bits>
using signed_codec = integer_codec<Bits, -(1 << (Bits - 1)), (1 << (Bits - 1)) - 1>;

/// Two's complement without the least number: -127 … 127.
template <int Bits>
using symmetric_codec = integer_codec<Bits, 1 - (1 << (Bits - 1)), (1 << (Bits - 1)) - 1>;

template <int Bits>
using unsigned_codec = integer_codec<Bits, 0, (1 << Bits) - 1>;

static_assert(codec<signed_codec<8>> && stochastic_codec<signed_codec<4>>);
static_assert(signed_codec<8>::encode(0.5f) == 0 && signed_codec<8>::encode(1.5f) == 2);
static_assert(signed_codec<4>::decode(signed_codec<4>::encode(-8.7f)) == -8);

}  // namespace detent::inline v0

#endif

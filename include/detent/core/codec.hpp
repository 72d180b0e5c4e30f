// SPDX-License-Identifier: MIT
//
// A codec: how one number becomes one code, and back. It is the only definition of its format's arithmetic: scalar
// code, SIMD tails, tests and device code all call these two functions.
//
//   bits     width of a code, 1 to 32
//   kind     what the code is, so that a backend can compute many at once without knowing the format's name:
//              kind::integer    a whole number             bits min max offset rounding
//              kind::table      an entry of a codebook     values thresholds code_of_rank
//              kind::minifloat  sign, exponent, mantissa   exponent_bits mantissa_bits bias …
//              kind::exponent   a power of two             carry last_down
//              kind::identity   fp32 itself
//              kind::any        none of these: computed one by one on every backend
//   base     another codec, if this one is `base::encode(adapt(x))` and `base::decode(code)`: backends know that one
//   encode   value to code: NaN, infinities and values beyond the range included
//   decode   code to value
//   min max  the least and the greatest finite value
#ifndef DETENT_CORE_CODEC_HPP
#define DETENT_CORE_CODEC_HPP

#include <concepts>
#include <cstdint>

#include "detent/core/bits.hpp"

namespace detent::inline v0 {

namespace kind {
struct integer {};
struct table {};
struct minifloat {};
struct exponent {};
struct identity {};
struct any {};
}  // namespace kind

template <class C>
concept codec = requires(float value, std::uint32_t code) {
  typename C::kind;
  requires C::bits >= 1 && C::bits <= 32;
  { C::encode(value) } -> std::same_as<std::uint32_t>;
  { C::decode(code) } -> std::same_as<float>;
  { C::min } -> std::convertible_to<float>;
  { C::max } -> std::convertible_to<float>;
};

template <class C, class Kind>
concept codec_of_kind = codec<C> && std::same_as<typename C::kind, Kind>;

/// A codec that is another one of values changed before: what backends compute is `base`.
template <class C>
concept adapting_codec = codec<C> && requires(float value) {
  requires codec<typename C::base> && C::bits == C::base::bits;
  { C::adapt(value) } -> std::same_as<float>;
};

/// A codec that can also round at random: `random` is uniform over 2^32, and of the two values around x the nearer one
/// is the likelier, so that the mean of many encodings is x.
template <class C>
concept stochastic_codec = codec<C> && requires(float value, std::uint32_t random) {
  { C::encode_stochastic(value, random) } -> std::same_as<std::uint32_t>;
};

namespace detail {
template <int Bits>
struct code_holder {
  using type = std::uint32_t;
};
template <int Bits>
  requires(Bits <= 8)
struct code_holder<Bits> {
  using type = std::uint8_t;
};
template <int Bits>
  requires(Bits > 8 && Bits <= 16)
struct code_holder<Bits> {
  using type = std::uint16_t;
};
}  // namespace detail

/// The unsigned integer that holds one code while it is computed on.
template <codec C>
using code_t = typename detail::code_holder<C::bits>::type;

/// fp32 itself: the code is the number's bits.
struct fp32_codec {
  static constexpr int bits = 32;
  using kind = detent::kind::identity;
  static constexpr float min = -detail::f32_max;
  static constexpr float max = detail::f32_max;

  DETENT_INLINE static constexpr std::uint32_t encode(float value) { return detail::bits_of(value); }
  DETENT_INLINE static constexpr float decode(std::uint32_t code) { return detail::float_of(code); }
};

static_assert(codec<fp32_codec>);

}  // namespace detent::inline v0

#endif

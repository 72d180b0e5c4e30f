// SPDX-License-Identifier: MIT
//
// What is ggml's alone: its codebooks and codecs, and the rules that go with them. (Its packings: ggml_packings.hpp.)
#ifndef DETENT_FORMAT_FAMILY_GGML_PARTS_HPP
#define DETENT_FORMAT_FAMILY_GGML_PARTS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/precision.hpp"
#include "detent/core/rule.hpp"
#include "detent/format/family/table.hpp"

namespace detent::inline v0::ggml {

/// The number whose negative was stored: value = -code. NaN becomes 0.
template <int Bits>
struct negated_codec {
  static constexpr int bits = Bits;
  using kind = detent::kind::any;
  static constexpr float min = -static_cast<float>((1 << Bits) - 1);
  static constexpr float max = 0;
  static constexpr float last_step = 1;

  DETENT_INLINE static constexpr std::uint32_t encode(float x) {
    if (!detail::less(x, 0)) return 0;
    const float magnitude = detail::less(x, min) ? -min : -x;
    const auto whole = static_cast<std::uint32_t>(detail::truncate(magnitude));
    const float rest = detail::subtract(magnitude, static_cast<float>(whole));
    return whole + (whole % 2 == 0 ? detail::less(0.5f, rest) : !detail::less(rest, 0.5f));
  }
  DETENT_INLINE static constexpr float decode(std::uint32_t code) { return -static_cast<float>(code); }
};

struct absmax_of_negated : basic_rule {
  using statistic = detent::statistic::absmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    return {.scale = detail::divide(known.amax, -P::codec::min)};
  }
};

/// IQ4_NL's values. A tie takes the upper one; midpoints are whole or half numbers, exact in fp32.
struct iq4_nl_book {
  static constexpr detail::table<float, 16> values{
      {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}};
  static constexpr detail::table<float, 15> thresholds = [] {
    detail::table<float, 15> t{};
    for (std::size_t i = 0; i < 15; ++i) t[i] = detail::float_below((values[i] + values[i + 1]) / 2);
    return t;
  }();
};
using iq4_nl_codec = table_codec<iq4_nl_book>;

/// Codes follow extreme / -127; the scale that is stored is the least-squares fit to them, weighted by x².
struct iq4_nl_rule : basic_rule {
  using statistic = detent::statistic::signed_absmax;
  static constexpr bool from_stored = false;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    return {.scale =
                detail::less(detail::magnitude(known.extreme), 1e-15f) ? 0.0f : detail::divide(known.extreme, -127.0f)};
  }

  // On the host P's codec is the host's alone, on the device another; nvcc warns of the one in the other.
#if defined(__CUDACC__)
#pragma nv_exec_check_disable
#endif
  template <class P>
  DETENT_INLINE static constexpr float refit(const float* x, std::size_t n, float factor) {
    return fitted(x, n, factor, [x, factor](std::size_t i) {
      return P::codec::decode(P::codec::encode(detail::rounded(detail::multiply(x[i], factor))));
    });
  }
  /// The same from the values of these codes, where they are there.
  template <class P>
  DETENT_INLINE static constexpr float refit(const float* x, const float* values, std::size_t n, float factor) {
    return fitted(x, n, factor, [values](std::size_t i) { return values[i]; });
  }

#if defined(__CUDACC__)
#pragma nv_exec_check_disable
#endif
  template <class F>
  DETENT_INLINE static constexpr float fitted(const float* x, std::size_t n, float factor, const F& value_of) {
    float product = 0;
    float square = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const float value = value_of(i);
      const float weighted = detail::rounded(detail::multiply(detail::multiply(x[i], x[i]), value));
      product = detail::add(product, detail::rounded(detail::multiply(weighted, x[i])));
      square = detail::add(square, detail::rounded(detail::multiply(weighted, value)));
    }
    // Squares beyond the greatest float: the scale that the codes follow (ggml: NaN).
    if (!detail::is_finite(product) || !detail::is_finite(square)) return detail::reciprocal(factor);
    return detail::less(0, square) ? detail::divide(product, square) : 0.0f;
  }
};

/// E2M1 times two, so that the scale is halved. Ties take the lesser magnitude; code 8 is a second +0, never written.
struct doubled_fp4_book {
  static constexpr detail::table<float, 16> values{{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}};
  static constexpr detail::table<float, 15> thresholds = [] {
    detail::table<float, 15> t{};
    for (std::size_t i = 0; i < 7; ++i) {
      const float middle = (values[i] + values[i + 1]) / 2;
      t[6 - i] = detail::float_below(-middle);
      t[8 + i] = middle;
    }
    t[7] = t[8];  // past code 0, at once past code 8
    return t;
  }();
};
using doubled_fp4_codec = table_codec<doubled_fp4_book>;

/// 2^(code - 128), as ggml reads an E8M0 byte for the doubled table; 255 is no NaN here.
struct halved_e8m0_codec {
  static constexpr int bits = 8;
  using kind = detent::kind::any;
  static constexpr float min = 0x1p-128f;
  static constexpr float max = 0x1p127f;
  static constexpr float last_step = 0x1p126f;

  /// Powers of two are exact; others round down.
  DETENT_INLINE static constexpr std::uint32_t encode(float x) {
    const std::uint32_t b = detail::bits_of(x) & 0x7FFFFFFF;
    const std::uint32_t exponent = b >> 23;
    if (exponent == 0) return b >= 0x00400000 ? 1 : 0;
    return exponent >= 254 ? 255 : exponent + 1;
  }
  DETENT_INLINE static constexpr float decode(std::uint32_t code) {
    return detail::float_of(code < 2 ? 0x00200000u << code : (code - 1) << 23);
  }
};

struct mxfp4_rule : basic_rule {
  using statistic = detent::statistic::absmax;

  /// floor(log2(amax)) - 2 + 127, at least 0; 0 for a block of zeros.
  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    const std::uint32_t exponent = detail::bits_of(known.amax) >> 23;
    return {.scale = halved_e8m0_codec::decode(exponent < 2 ? 0 : exponent - 2)};
  }
};

}  // namespace detent::inline v0::ggml

#endif

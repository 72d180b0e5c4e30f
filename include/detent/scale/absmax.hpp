// SPDX-License-Identifier: MIT
//
// Symmetric rules: the scale is the group's greatest magnitude over the codec's greatest value.
#ifndef DETENT_SCALE_ABSMAX_HPP
#define DETENT_SCALE_ABSMAX_HPP

#include "detent/core/rule.hpp"

namespace detent::inline v0 {

namespace detail {

/// The scale of a group that is not all zero, raised to 2^-127 where its reciprocal would be infinite: elements keep
/// their accuracy, down to half of that.
DETENT_INLINE constexpr float invertible(float scale, float amax) {
  return !is_zero(amax) && !less(0x1p-128f, scale) ? 0x1p-127f : scale;
}

}  // namespace detail

/// scale = amax / max, for integers amax / (2^(b-1) - 1); code = encode(x · (1/scale)), with the scale as stored.
/// A group of zeros has scale 0. The rule of every precision that names none.
struct absmax : basic_rule {
  using statistic = detent::statistic::absmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    return {.scale = detail::invertible(detail::divide(known.amax, P::codec::max), known.amax)};
  }
};

/// scale = amax itself, for codebooks that span -1 … 1 (bitsandbytes): code = encode(x · (1/amax)).
struct absmax_as_scale : basic_rule {
  using statistic = detent::statistic::absmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    return {.scale = known.amax};
  }
};

/// scale = extreme / min, where extreme is the first element of greatest magnitude, with its sign: it becomes the
/// codec's least code exactly, and the scale may be negative (ggml's 4- and 5-bit formats, Q6_K).
struct signed_absmax : basic_rule {
  using statistic = detent::statistic::signed_absmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    return {.scale = detail::divide(known.extreme, P::codec::min)};
  }
};

/// Codes are computed from the scale as it was chosen, not as it is stored after rounding (ggml).
template <class Rule>
struct from_chosen : Rule {
  static constexpr bool from_stored = false;
};

/// x / scale instead of x · (1/scale).
template <class Rule>
struct by_division : Rule {
  static constexpr bool divide = true;

  template <class P>
  DETENT_INLINE static constexpr float factor(float scale) {
    return scale;
  }
};

template <>
inline constexpr linear_rule linear_form<absmax>{.known = true, .over = linear_rule::over_max, .invertible = true};
template <>
inline constexpr linear_rule linear_form<absmax_as_scale>{.known = true};
template <class Rule>
inline constexpr linear_rule linear_form<from_chosen<Rule>> = linear_form<Rule>;
template <class Rule>
inline constexpr linear_rule linear_form<by_division<Rule>>{linear_form<Rule>.known, linear_form<Rule>.over,
                                                            linear_form<Rule>.invertible, true};

}  // namespace detent::inline v0

#endif

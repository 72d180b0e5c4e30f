// SPDX-License-Identifier: MIT
//
// A rule: how a group's scale is chosen, and how its elements are brought to the codec's range.
//
//   statistic      what it wants to know of the group (core/statistic.hpp)
//   choose<P>      statistic to scale, shift and zero point, in fp32
//   factor<P>      scale to the number that elements are multiplied by, or divided by where `divide` is true
//   from_stored    true: that scale is the one a reader will see, after storing; false: the one that was chosen
//   unit           a constant that decoding multiplies by last: value = decode(code) · scale · unit
//   refit<P>       optional: from the elements and their factor, a better scale to store (ggml's codebook formats);
//                  an overload beside it is given the values of their codes, too, and used on the host
#ifndef DETENT_CORE_RULE_HPP
#define DETENT_CORE_RULE_HPP

#include <concepts>

#include "detent/core/arithmetic.hpp"
#include "detent/core/statistic.hpp"

namespace detent::inline v0 {

/// value = (decode(code) - zero) · scale + shift; `factor` is what quantizing multiplies or divides by.
struct group_parameters {
  float scale = 0;
  float shift = 0;
  int zero = 0;
};

template <class R, class P>
concept rule_for = requires(const typename R::statistic& known, float scale) {
  { R::template choose<P>(known) } -> std::same_as<group_parameters>;
  { R::template factor<P>(scale) } -> std::same_as<float>;
  { R::divide } -> std::convertible_to<bool>;
  { R::from_stored } -> std::convertible_to<bool>;
  { R::unit } -> std::convertible_to<float>;
};

namespace detail {

/// 1/x, and 0 for 0: a group of zeros has scale 0 and codes of 0. A subnormal scale's reciprocal is clamped to the
/// greatest finite number, so that 0 · factor is 0 and not NaN.
DETENT_INLINE constexpr float reciprocal(float x) {
  if (is_zero(x)) return 0;
  const float r = one_over(x);
  return is_infinite(r) ? (less(0, r) ? f32_max : -f32_max) : r;
}

/// (high - low) / steps, also where the difference is beyond the greatest float.
DETENT_INLINE constexpr float step_of_range(float low, float high, float steps) {
  const float range = subtract(high, low);
  if (!is_infinite(range)) return divide(range, steps);
  return divide(subtract(multiply(high, 0.5f), multiply(low, 0.5f)), steps * 0.5f);
}

}  // namespace detail

/// What most rules share: multiply by the reciprocal of the scale as stored.
struct basic_rule {
  static constexpr bool divide = false;
  static constexpr bool from_stored = true;
  static constexpr float unit = 1;

  template <class P>
  DETENT_INLINE static constexpr float factor(float scale) {
    return detail::reciprocal(scale);
  }
};

/// Rules whose whole text is arithmetic that a backend can do for many groups at once. A form is said of one type, by
/// a specialization, and not inherited: a rule that derives from another and changes its text has none.
///
///   scale = amax, or amax / codec::max (raised to 2^-127 where its reciprocal would be infinite: `invertible`)
///   factor = numerator / scale, 0 for 0 and clamped to the greatest float; the scale itself where `divide`
struct linear_rule {
  enum divisor { one, over_max };
  bool known = false;
  divisor over = one;
  bool invertible = false;
  bool divide = false;
  float numerator = 1;
};
template <class Rule>
inline constexpr linear_rule linear_form{};

///   scale = a power of two near amax / 2^emax, factor = 1 / scale (scale/power_of_two.hpp)
struct power_rule {
  enum direction { floor, ceil, even };
  bool known = false;
  direction toward = floor;
};
template <class Rule>
inline constexpr power_rule power_form{};

/// For precisions without a scale.
struct no_rule : basic_rule {
  using statistic = detent::statistic::none;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic&) {
    return {};
  }
};

}  // namespace detent::inline v0

#endif

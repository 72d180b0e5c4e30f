// SPDX-License-Identifier: MIT
//
// Asymmetric rules: from the group's least and greatest element.
#ifndef DETENT_SCALE_MINMAX_HPP
#define DETENT_SCALE_MINMAX_HPP

#include "detent/core/rule.hpp"

namespace detent::inline v0 {

/// scale = (max - min) / (greatest code - least code); shift = min, a float: code = encode((x - min) · (1/scale)).
/// ggml Q4_1 and Q5_1, with from_chosen.
struct minmax_with_shift : basic_rule {
  using statistic = detent::statistic::minmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    return {.scale = detail::step_of_range(known.min, known.max, P::codec::max - P::codec::min), .shift = known.min};
  }
};

/// The same with the range widened to 0, so that the shift is never positive (ggml's K formats).
struct minmax_below_zero : basic_rule {
  using statistic = detent::statistic::minmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    const float min = detail::less(known.min, 0) ? known.min : 0;
    const float max = detail::less(min, known.max) ? known.max : min;
    return {.scale = detail::step_of_range(min, max, P::codec::max - P::codec::min), .shift = min};
  }
};

}  // namespace detent::inline v0

#endif

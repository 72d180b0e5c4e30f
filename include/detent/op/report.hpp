// SPDX-License-Identifier: MIT
//
// What `quantize` returns: what it met, counted.
#ifndef DETENT_OP_REPORT_HPP
#define DETENT_OP_REPORT_HPP

#include <cstddef>

#include "detent/op/decode.hpp"

namespace detent::inline v0 {

/// What quantizing met. Groups are those of the tensor itself, not of its scales.
struct quantize_report {
  std::size_t nan = 0;               ///< elements that are NaN
  std::size_t infinite = 0;          ///< elements that are infinite
  std::size_t zero_groups = 0;       ///< groups whose scale is 0, so that all of them decode to the same number
  std::size_t scale_overflows = 0;   ///< groups whose scale or shift became infinite or NaN when stored
  std::size_t scale_underflows = 0;  ///< groups whose scale became 0 when it was stored
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

template <backend B>
constexpr void count_non_finite(const B& b, const float* x, std::size_t n, quantize_report& to) {
  statistic::none known{};
  b.template reduce<statistic::none>(x, n, n, &known);
  if (known.finite) return;
  for (std::size_t i = 0; i < n; ++i) {
    to.nan += std::size_t{is_nan(x[i])};
    to.infinite += std::size_t{is_infinite(x[i])};
  }
}

inline constexpr bool overflowed(float chosen, float stored) {
  return is_infinite(stored) || (is_nan(stored) && !is_nan(chosen));
}

inline constexpr bool all_true(const bool* flags, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!flags[i]) return false;
  }
  return true;
}

template <is_precision P>
constexpr void count_scales(const chosen_parameters& chosen, const tile_parameters& stored, std::size_t count,
                            quantize_report& to) {
  for (std::size_t g = 0; g < count; ++g) {
    bool over = overflowed(chosen.scale[g], stored.factor[g]);
    if constexpr (has_shift<P> && !is_centered<P>) over = over || overflowed(chosen.shift[g], stored.shift[g]);
    to.zero_groups += std::size_t{chosen.scale[g] == 0};
    to.scale_overflows += std::size_t{over};
    to.scale_underflows += std::size_t{chosen.scale[g] != 0 && stored.factor[g] == 0};
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

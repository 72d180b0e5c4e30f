// SPDX-License-Identifier: MIT
//
// The last step of pruning: a decided mask, computed run by run, is written over a stored one.
#ifndef DETENT_OP_WRITE_MASK_HPP
#define DETENT_OP_WRITE_MASK_HPP

#include <bit>
#include <cstddef>
#include <cstdint>

#include "detent/op/prepare.hpp"
#include "detent/op/prune_options.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Elements after which a decided mask has no group in common with what lies before.
template <class D>
constexpr std::size_t period_of(const D& decided) {
  if constexpr (requires { decided.period(); }) return decided.period();
  return 1;
}
template <class A, class N>
constexpr std::size_t period_of(const and_mask<A, N>& decided) {
  return period_of(decided.b);
}

/// Elements of a task that neither shares words nor groups with another.
template <class D>
constexpr std::size_t elements_of_task(const D& decided) {
  const std::size_t period = period_of(decided);
  const std::size_t unit = mask_word_bits * (period >> std::countr_zero(period | mask_word_bits));  // both divide it
  return (task_elements + unit - 1) / unit * unit;
}

/// to = now and decided. `to` may be `now`.
template <mask M, mask D>
constexpr void write_words(const executor_ref& run, const M& now, const D& decided, const mask_view& to) {
  const std::size_t words = mask_words(to.shape());
  const std::size_t of_task = elements_of_task(decided) / mask_word_bits;
  run((words + of_task - 1) / of_task, [&](std::size_t task) {
    const float_environment same;
    std::uint64_t before[mask_run] = {}, keep[mask_run] = {};
    for (std::size_t first = task * of_task; first < least((task + 1) * of_task, words); first += mask_run) {
      const std::size_t n = least(mask_run, least((task + 1) * of_task, words) - first);
      decided.words(first, n, keep);
      now.words(first, n, before);
      for (std::size_t w = 0; w < n; ++w) to.data()[first + w] = before[w] & keep[w];
    }
  });
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

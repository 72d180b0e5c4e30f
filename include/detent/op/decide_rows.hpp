// SPDX-License-Identifier: MIT
//
// A ranked criterion for each row by itself: a key and an index for each row, in the workspace.
#ifndef DETENT_OP_DECIDE_ROWS_HPP
#define DETENT_OP_DECIDE_ROWS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/op/decide_ranked.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Sets bits [first, end) of words.
inline constexpr void set_run(std::uint64_t* words, std::size_t first, std::size_t end) {
  while (first < end) {
    const std::size_t at = first % mask_word_bits;
    const std::size_t n = least(end - first, mask_word_bits - at);
    words[first / mask_word_bits] |= (~std::uint64_t{0} >> (mask_word_bits - n)) << at;
    first += n;
  }
}

template <backend B, class Source, class C>
struct rows_mask {
  B b;
  Source x;
  C c;
  const std::uint64_t* cuts;

  constexpr extents shape() const { return x.shape(); }

  constexpr void words(std::size_t first, std::size_t count, std::uint64_t* to) const {
    const std::size_t end = least((first + count) * mask_word_bits, x.shape().size());
    const std::size_t cols = x.shape().cols();
    alignas(cache_line) std::uint32_t keys[key_tile];
    for (std::size_t w = 0; w < count; ++w) to[w] = 0;
    for (std::size_t base = first * mask_word_bits; base < end; base += key_tile) {
      const std::size_t n = least(key_tile, end - base);
      keys_of(b, x, c, base, n, keys);
      for (std::size_t i = 0; i < n;) {
        const std::size_t row = (base + i) / cols;
        const std::size_t stop = least(n, (row + 1) * cols - base);
        const std::uint64_t lowest = cuts[2 * row], boundary = cuts[2 * row + 1];
        for (; i < stop; ++i) {
          if (keys[i] > lowest || (keys[i] == lowest && base + i < boundary)) {
            set_kept(to, base + i - first * mask_word_bits);
          }
        }
      }
    }
  }
};

/// The cut of elements [first, end).
template <backend B, class Source, class C, mask M>
constexpr cut decide_range(const pruning<B>& p, const Source& x, const C& c, const M& now, std::size_t first,
                           std::size_t end, std::size_t k) {
  if (k == 0) return {};
  const found_range found = find_range(k, {}, candidates::most, [&](const key_range& range, bool, key_counts& counts) {
    for (std::size_t at = first; at < end; at += task_elements) {
      count_keys(p.b, x, c, now, at, least(at + task_elements, end), range, false, counts);
    }
  });
  const std::size_t pruned = k - found.below;
  if (found.inside <= candidates::most) {
    candidates all;
    for (std::size_t at = first; at < end; at += task_elements) {
      collect(p.b, x, c, now, at, least(at + task_elements, end), found.range, 0, all, nullptr);
    }
    const last_kept at = cut_among(all, pruned);
    return {at.key, at.boundary};
  }
  const std::uint32_t key = found.range.low;
  if (pruned == 0) return {key};
  return {key, behind_equal(p.b, x, c, now, first, end, key, found.inside - pruned)};
}

template <mask M>
constexpr std::size_t left_between(const M& now, std::size_t first, std::size_t end) {
  std::size_t left = 0;
  each_live_tile(now, first, end,
                 [&](std::size_t, std::size_t n, const std::uint64_t* live) { left += ones_in(live, n); });
  return left;
}

template <backend B, class X, class C, mask M>
constexpr auto decide_rows(pruning<B>& p, const X& x, const C& c, const M& now) {
  const auto source = source_of(x);
  const std::size_t rows = source.shape().rows(), cols = source.shape().cols();
  std::uint64_t* const cuts = p.take(2 * rows);
  check_nan(p.with, count_nan(p, source, c, now), source.shape().size());
  // Refused before the first task: tasks never throw.
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t left = left_between(now, row * cols, (row + 1) * cols);
    cuts[2 * row] = left;
    cuts[2 * row + 1] = c.how_many.of(left);
  }
  const std::size_t rows_of_task = cols < task_elements ? task_elements / cols : 1;
  p.with.executor((rows + rows_of_task - 1) / rows_of_task, [&](std::size_t task) {
    const float_environment same;
    for (std::size_t row = task * rows_of_task; row < least((task + 1) * rows_of_task, rows); ++row) {
      const std::uint64_t left = cuts[2 * row], k = cuts[2 * row + 1];
      const cut found = k == left ? cut{keys_end} : decide_range(p, source, c, now, row * cols, (row + 1) * cols, k);
      cuts[2 * row] = found.least;
      cuts[2 * row + 1] = found.boundary;
    }
  });
  return rows_mask<B, decltype(source_of(x)), C>{p.b, source, c, cuts};
}

template <backend B, class X, ranked_criterion C, mask M>
constexpr auto decide(pruning<B>& p, const X& x, const each_row<C>& c, const M& now) {
  return decide_rows(p, x, c.of, now);
}

template <backend B, class X, class S, mask M>
constexpr auto decide(pruning<B>& p, const X& x, const each_row<scores<S>>& c, const M& now) {
  const S& source = c.of.source.get();
  check_same_shape("prune", x.shape(), source.shape());
  return decide_rows(p, source, by_magnitude(c.of.how_many), now);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

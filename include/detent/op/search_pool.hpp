// SPDX-License-Identifier: MIT
//
// Where the cut lies between what is pruned and what is kept of one or several tensors: a sample guesses, counts
// decide, and the last few elements are listed.
#ifndef DETENT_OP_SEARCH_POOL_HPP
#define DETENT_OP_SEARCH_POOL_HPP

#include <cstddef>
#include <cstdint>

#include "detent/op/candidates.hpp"
#include "detent/op/prune_options.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Several tensors, each with its mask, ranked together: element i of all is one of the first tensor that has so many.
template <class X, class M>
struct pool {
  const X* x;
  const M* now;
  std::size_t count;
};

template <class X, class M>
constexpr pool<X, M> pool_of(const X* x, const M* now, std::size_t count) {
  return {x, now, count};
}

/// The criterion for tensor t of several: by lot, each has a lot of its own.
template <class C>
constexpr C numbered(C c, std::size_t t) {
  if constexpr (requires { c.seed; }) c.seed += t * 0x9E3779B97F4A7C15u;
  return c;
}

template <class X, class M>
constexpr std::size_t elements_of(const pool<X, M>& all) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < all.count; ++i) sum += all.now[i].shape().size();
  return sum;
}

template <class X, class M>
constexpr std::size_t left_in(const pool<X, M>& all) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < all.count; ++i) sum += count_kept(all.now[i]);
  return sum;
}

/// Runs of elements from equal parts of the whole, each at a place by lot: evenly spaced ones would meet the same
/// columns.
template <backend B, class X, class C, class M>
constexpr std::size_t sample_keys(const B& b, const pool<X, M>& all, const C& c, std::uint32_t* to) {
  const std::size_t elements = elements_of(all);
  constexpr std::size_t runs = sample_size / sample_run;
  std::size_t n = 0, before = 0, tensor = 0;
  for (std::size_t run = 0; run < runs; ++run) {
    const std::size_t part = elements / runs;
    const std::size_t at = part * run + random_bits(0, run) % part;
    while (at - before >= all.now[tensor].shape().size()) before += all.now[tensor++].shape().size();
    const M& now = all.now[tensor];
    const std::size_t first = at - before;
    const std::size_t end = least(first + sample_run, now.shape().size());
    const auto x = source_of(all.x[tensor]);
    each_live_tile(now, first, end, [&](std::size_t base, std::size_t count, const std::uint64_t* live) {
      std::uint32_t keys[sample_run + mask_word_bits];
      keys_of(b, x, numbered(c, tensor), base, count, keys);
      for (std::size_t i = 0; i < count; ++i) {
        if (kept(live, i)) to[n++] = keys[i];
      }
    });
  }
  return n;
}

/// Where rank k of `left` probably lies. Not inlined: the sample leaves the stack before anything is counted.
template <backend B, class X, class C, class M>
[[gnu::noinline]] constexpr key_range guessed_range(const B& b, const pool<X, M>& all, const C& c, std::size_t k,
                                                    std::size_t left) {
  std::uint32_t sample[sample_size];
  return guess(sample, sample_keys(b, all, c, sample), k, left);
}

/// The index behind equal element number `count` (from 1) of a tensor; takes those that it has from `count`.
template <backend B, class Source, class C, mask M>
constexpr std::size_t boundary_in(const pruning<B>& p, const Source& x, const C& c, const M& now, std::uint32_t key,
                                  std::size_t& count) {
  const parts_of parts{x.shape().size()};
  std::size_t counts[parts_of::most] = {};
  p.with.executor(parts.count(), [&](std::size_t i) {
    const float_environment same;
    counts[i] = count_equal(p.b, x, c, now, parts.begin(i), parts.begin(i + 1), key);
  });
  for (std::size_t i = 0; i < parts.count(); ++i) {
    if (counts[i] >= count) {
      const std::size_t at = behind_equal(p.b, x, c, now, parts.begin(i), parts.begin(i + 1), key, count);
      count = 0;
      return at;
    }
    count -= counts[i];
  }
  return no_boundary;
}

/// Scores in play that are NaN; 0 where nobody minds.
template <backend B, class Source, class C, mask M>
constexpr std::size_t count_nan(const pruning<B>& p, const Source& x, const C& c, const M& now) {
  std::size_t nan = 0;
  if constexpr (keys_need_values<C>()) {
    if (p.with.nan == nan_scores::keep) return 0;
    const std::size_t n = x.shape().size();
    p.with.executor(task_count(n), [&](std::size_t i) {
      const float_environment same;
      add_to(nan, count_equal(p.b, x, c, now, i * task_elements, least((i + 1) * task_elements, n), nan_key));
    });
  }
  return nan;
}

/// The cut of tensor `i` among those that are ranked together.
struct pool_cut {
  std::uint32_t least = 0;
  std::size_t tensor = no_boundary;  // those before it keep all that are equal, those behind it none
  std::size_t boundary = no_boundary;

  constexpr cut of(std::size_t i) const { return {least, i < tensor ? no_boundary : i == tensor ? boundary : 0}; }
};

/// Where the cut of a pool lies: known, or among the few elements in a range, of which `pruned` go.
struct pool_search {
  bool known = false;
  pool_cut cut;
  key_range range;
  std::size_t pruned = 0;
};

template <backend B, class X, class C, class M>
constexpr pool_search search_pool(const pruning<B>& p, const pool<X, M>& all, const C& c) {
  const std::size_t left = left_in(all);
  const std::size_t k = c.how_many.of(left);
  const bool check = keys_need_values<C>() && p.with.nan == nan_scores::refuse;
  if (k == 0 || k == left) {
    std::size_t nan = 0;
    for (std::size_t t = 0; t < all.count; ++t) nan += count_nan(p, source_of(all.x[t]), c, all.now[t]);
    check_nan(p.with, nan, left);
    return {true, {k == 0 ? 0 : keys_end}, {}, 0};
  }
  const key_range first = elements_of(all) > 16 * sample_size ? guessed_range(p.b, all, c, k, left) : key_range{};
  const auto counting = [&](const key_range& range, bool begin, key_counts& counts) {
    for (std::size_t t = 0; t < all.count; ++t) {
      const auto x = source_of(all.x[t]);
      const std::size_t n = x.shape().size();
      p.with.executor(task_count(n), [&](std::size_t i) {
        const float_environment same;
        count_keys(p.b, x, numbered(c, t), all.now[t], i * task_elements, least((i + 1) * task_elements, n), range,
                   check && begin, counts);
      });
    }
    check_nan(p.with, counts.nan, left);
  };
  const found_range found = find_range(k, first, candidates::most, counting);
  const std::size_t pruned = k - found.below;
  if (found.inside <= candidates::most) return {false, {}, found.range, pruned};
  const std::uint32_t key = found.range.low;
  if (pruned == 0) return {true, {key}, {}, 0};
  std::size_t count = found.inside - pruned;
  for (std::size_t t = 0; t < all.count; ++t) {
    const std::size_t at = boundary_in(p, source_of(all.x[t]), numbered(c, t), all.now[t], key, count);
    if (at != no_boundary) return {true, {key, t, at}, {}, 0};
  }
  return {true, {key}, {}, 0};
}

static_assert(task_elements % mask_word_bits == 0, "tasks share no word of a mask");

/// Lists the few elements that the cut lies among; unless `above` is null, its masks become those of all that is above.
template <backend B, class X, class C, class M>
constexpr void collect_pool(const pruning<B>& p, const pool<X, M>& all, const C& c, const key_range& range,
                            candidates& found, const mask_view* above) {
  std::size_t before = 0;
  for (std::size_t t = 0; t < all.count; ++t) {
    const auto x = source_of(all.x[t]);
    const std::size_t n = x.shape().size();
    p.with.executor(task_count(n), [&](std::size_t i) {
      const float_environment same;
      collect(p.b, x, numbered(c, t), all.now[t], i * task_elements, least((i + 1) * task_elements, n), range, before,
              found, above == nullptr ? nullptr : above[t].data());
    });
    before += n;
  }
}

template <backend B, class X, class C, class M>
[[gnu::noinline]] constexpr pool_cut cut_of_candidates(const pruning<B>& p, const pool<X, M>& all, const C& c,
                                                       const pool_search& search) {
  candidates found;
  collect_pool(p, all, c, search.range, found, nullptr);
  const last_kept at = cut_among(found, search.pruned);
  if (at.boundary == no_boundary) return {at.key};
  std::size_t tensor = 0, first = 0;
  while (at.boundary - first > all.now[tensor].shape().size()) first += all.now[tensor++].shape().size();
  return {at.key, tensor, at.boundary - first};
}

/// The masks of a pool whose cut lies among few elements, in one pass: what is above them is kept, and of them those
/// that are.
template <backend B, class X, class C, class M>
[[gnu::noinline]] constexpr void write_by_candidates(const pruning<B>& p, const pool<X, M>& all, const C& c,
                                                     const pool_search& search, const mask_view* to) {
  candidates found;
  collect_pool(p, all, c, search.range, found, to);
  const last_kept at = cut_among(found, search.pruned);
  for (std::size_t i = 0; i < found.count; ++i) {
    std::size_t element = found.index[i];
    if (found.key[i] < at.key || (found.key[i] == at.key && element >= at.boundary)) continue;
    std::size_t t = 0;
    while (element >= to[t].size()) element -= to[t++].size();
    to[t].data()[element / mask_word_bits] |= std::uint64_t{1} << element % mask_word_bits;
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// N:M, decided: nothing is kept of a decision but what it is made from. Every run of the mask is computed when asked
// for, from the groups of M that it touches. What an earlier criterion pruned ranks below all that is left.
#ifndef DETENT_OP_DECIDE_N_OF_M_HPP
#define DETENT_OP_DECIDE_N_OF_M_HPP

#include <cstddef>
#include <cstdint>

#include "detent/op/decide_rows.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Of keys j · stride, j < m: whether key number i is among the n greatest, among equals the first.
inline constexpr bool among_greatest(const std::uint32_t* keys, std::size_t stride, std::size_t m, std::size_t n,
                                     std::size_t i) {
  std::size_t before = 0;
  for (std::size_t j = 0; j < m; ++j) {
    const std::uint32_t a = keys[j * stride], own = keys[i * stride];
    before += std::size_t{a > own || (a == own && j < i)};
  }
  return before < n;
}

/// The n greatest of every m, where a run of keys is whole groups: by the backend's steps for the patterns that
/// processors know.
template <class Steps>
constexpr void groups_in_row(const Steps& steps, const std::uint32_t* keys, std::size_t count, std::size_t n,
                             std::size_t m, std::uint64_t* to) {
  if (n == 2 && m == 4) return steps.template n_of_m<2, 4>(keys, count, to);
  if (n == 1 && m == 4) return steps.template n_of_m<1, 4>(keys, count, to);
  if (n == 4 && m == 8) return steps.template n_of_m<4, 8>(keys, count, to);
  for (std::size_t w = 0; w * mask_word_bits < count; ++w) to[w] = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (among_greatest(keys + i / m * m, 1, m, n, i % m)) set_kept(to, i);
  }
}

template <backend B, class Source, mask M>
struct n_of_m_mask {
  B b;
  Source x;
  M now;
  std::size_t n;
  std::size_t m;
  std::size_t axis;

  constexpr extents shape() const { return x.shape(); }

  /// Elements after which a group begins, whatever lies before.
  constexpr std::size_t period() const {
    const std::size_t along = x.shape()[axis], inner = x.shape().inner(axis);
    return along % m == 0 ? m * inner : along * inner;
  }

  constexpr void words(std::size_t first, std::size_t count, std::uint64_t* to) const {
    const std::size_t base = first * mask_word_bits;
    const std::size_t end = least(base + count * mask_word_bits, x.shape().size());
    const std::size_t inner = x.shape().inner(axis), along = x.shape()[axis];
    for (std::size_t w = 0; w < count; ++w) to[w] = 0;
    if (inner == 1 && along % m == 0) return in_rows(base, end, to);
    // Slabs: the M · inner elements of `inner` groups, fewer at the end of the axis.
    for (std::size_t at = base; at < end;) {
      const std::size_t outer = at / (along * inner) * (along * inner);
      const std::size_t group = (at - outer) / (m * inner) * m;
      const std::size_t slab = outer + group * inner;
      const std::size_t members = least(m, along - group);
      in_slab(slab, members, inner, base, end, to);
      at = slab + members * inner;
    }
  }

 private:
  /// Keys of elements [first, first + count), 0 for what is pruned already.
  constexpr void live_keys(std::size_t first, std::size_t count, std::uint32_t* to) const {
    std::uint64_t live[key_words + 1] = {};
    const std::size_t word = first / mask_word_bits, skip = first % mask_word_bits;
    now.words(word, (skip + count + mask_word_bits - 1) / mask_word_bits, live);
    keys_of(b, x, by_magnitude(0), first, count, to);
    for (std::size_t i = 0; i < count; ++i) to[i] = kept(live, skip + i) ? to[i] + 1 : 0;
  }

  /// Groups that lie in order, one after another.
  constexpr void in_rows(std::size_t base, std::size_t end, std::uint64_t* to) const {
    const std::size_t most = key_tile / m * m;
    alignas(cache_line) std::uint32_t keys[key_tile];
    std::uint64_t keep[key_words] = {};
    for (std::size_t first = base / m * m; first < end; first += most) {
      const std::size_t stop = least((end + m - 1) / m * m, first + most);
      live_keys(first, stop - first, keys);
      const bool in_place = first >= base && (first - base) % mask_word_bits == 0 && stop <= end;
      std::uint64_t* const words = in_place ? to + (first - base) / mask_word_bits : keep;
      groups_in_row(mask_steps_of(b), keys, stop - first, n, m, words);
      if (in_place) continue;
      for (std::size_t i = first < base ? base : first; i < least(stop, end); ++i) {
        if (kept(keep, i - first)) set_kept(to, i - base);
      }
    }
  }

  /// Sets the bits of member j at positions [from, until) of a strip, whose element 0 is number `own`.
  constexpr void mark_greatest(const std::uint32_t* keys, std::size_t width, std::size_t members, std::size_t j,
                               std::size_t from, std::size_t until, std::uint64_t* to, std::size_t own,
                               std::size_t base) const {
    alignas(cache_line) std::uint32_t before[key_tile];
    const std::uint32_t* const mine = keys + j * width;
    for (std::size_t i = from; i < until; ++i) before[i] = 0;
    for (std::size_t other = 0; other < members; ++other) {
      const std::uint32_t* const theirs = keys + other * width;
      const std::uint32_t ties = other < j ? 1 : 0;  // keys are less than 2^31
      for (std::size_t i = from; i < until; ++i) before[i] += std::uint32_t{theirs[i] + ties > mine[i]};
    }
    for (std::size_t i = from; i < until; ++i) {
      const std::size_t bit = own + i - base;
      to[bit / mask_word_bits] |= std::uint64_t{before[i] < n} << (bit % mask_word_bits);
    }
  }

  /// Elements [base, end) of a slab, by strips of the same positions in every member of the groups.
  constexpr void in_slab(std::size_t slab, std::size_t members, std::size_t inner, std::size_t base, std::size_t end,
                         std::uint64_t* to) const {
    alignas(cache_line) std::uint32_t keys[key_tile];
    const std::size_t strip = least(inner, key_tile / members);
    for (std::size_t at = 0; at < inner; at += strip) {
      const std::size_t width = least(strip, inner - at);
      bool wanted = false;
      for (std::size_t j = 0; j < members; ++j) {
        const std::size_t from = slab + j * inner + at;
        wanted = wanted || (from < end && from + width > base);
      }
      if (!wanted) continue;
      if (width == inner) {
        live_keys(slab, members * inner, keys);
      } else {
        for (std::size_t j = 0; j < members; ++j) live_keys(slab + j * inner + at, width, keys + j * width);
      }
      for (std::size_t j = 0; j < members; ++j) {
        const std::size_t own = slab + j * inner + at;
        const std::size_t from = own < base ? base - own : 0;
        if (own < end) mark_greatest(keys, width, members, j, from, least(width, end - own), to, own, base);
      }
    }
  }
};

template <backend B, class X, mask M>
constexpr auto decide(pruning<B>& p, const X& x, const n_of_m& c, const M& now) {
  const auto source = source_of(x);
  const std::size_t axis = c.axis_of(source.shape());
  check_nan(p.with, count_nan(p, source, by_magnitude(0), now), source.shape().size());
  return n_of_m_mask<B, decltype(source_of(x)), M>{p.b, source, now, c.n, c.m, axis};
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

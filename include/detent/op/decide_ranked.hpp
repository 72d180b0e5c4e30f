// SPDX-License-Identifier: MIT
//
// Criteria that rank elements, decided: of a tensor, of each of its rows, or of several tensors together. What is left
// of the decision is a key and an index (two words for each row), from which any run of the mask is computed again.
#ifndef DETENT_OP_DECIDE_RANKED_HPP
#define DETENT_OP_DECIDE_RANKED_HPP

#include <cstddef>
#include <cstdint>

#include "detent/op/search_pool.hpp"
#include "detent/op/write_mask.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// The mask of a cut.
template <backend B, class Source, class C>
struct ranked_mask {
  B b;
  Source x;
  C c;
  cut at;

  constexpr extents shape() const { return x.shape(); }

  constexpr void words(std::size_t first, std::size_t count, std::uint64_t* to) const {
    const std::size_t end = least((first + count) * mask_word_bits, x.shape().size());
    tile_keys<C> keys;
    std::uint64_t above[key_words] = {};
    for (std::size_t base = first * mask_word_bits; base < end; base += key_tile) {
      const std::size_t n = least(key_tile, end - base);
      keys.load(b, x, c, base, n);
      std::uint64_t* const word = to + (base / mask_word_bits - first);
      keys.at_least(b, n, at.least, word);
      if (at.boundary >= base + n) continue;
      keys.at_least(b, n, at.least + 1, above);
      for (std::size_t w = 0; w * mask_word_bits < n; ++w) {
        const std::size_t i = base + w * mask_word_bits;
        const std::size_t before = at.boundary <= i ? 0 : at.boundary - i;
        const std::uint64_t equal = before >= mask_word_bits ? ~std::uint64_t{0} : ~(~std::uint64_t{0} << before);
        word[w] = above[w] | (word[w] & equal);
      }
    }
  }
};

template <backend B, class X, ranked_criterion C, mask M>
constexpr auto decide(pruning<B>& p, const X& x, const C& c, const M& now) {
  const pool<X, M> all{&x, &now, 1};
  const pool_search search = search_pool(p, all, c);
  const pool_cut found = search.known ? search.cut : cut_of_candidates(p, all, c, search);
  const auto source = source_of(x);
  return ranked_mask<B, decltype(source_of(x)), C>{p.b, source, c, found.of(0)};
}

/// The tensor of scores in place of x.
template <class X, class S>
constexpr const S& checked_scores(const X& x, const scores<S>& c) {
  const S& source = c.source.get();
  if constexpr (requires {
                  check_view("prune", source);
                  source.data();
                })
    check_view("prune", source);
  check_same_shape("prune", x.shape(), source.shape());
  return source;
}

template <backend B, class X, class S, mask M>
constexpr auto decide(pruning<B>& p, const X& x, const scores<S>& c, const M& now) {
  return decide(p, checked_scores(x, c), by_magnitude(c.how_many), now);
}

template <backend B, class X, mask M>
constexpr auto decide(pruning<B>& p, const X& x, const threshold& c, const M& now) {
  if (!(c.limit >= 0)) fail("prune: the threshold ", decimal{static_cast<double>(c.limit)}, " is not 0 or more");
  const by_magnitude by(0);
  const auto source = source_of(x);
  check_nan(p.with, count_nan(p, source, by, now), count_kept(now));
  return ranked_mask<B, decltype(source_of(x)), by_magnitude>{p.b, source, by, {magnitude_key(c.limit)}};
}

/// Writes the masks of tensors that are ranked together; of `to` each may be that of `all.now`.
template <backend B, class X, ranked_criterion C, class M>
constexpr void write_ranked(const pruning<B>& p, const pool<X, M>& all, const C& c, const mask_view* to) {
  const pool_search search = search_pool(p, all, c);
  if (!search.known) return write_by_candidates(p, all, c, search, to);
  for (std::size_t t = 0; t < all.count; ++t) {
    const auto source = source_of(all.x[t]);
    const ranked_mask<B, decltype(source_of(all.x[t])), C> decided{p.b, source, numbered(c, t), search.cut.of(t)};
    write_words(p.with.executor, all.now[t], decided, to[t]);
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// The end of a selection (op/select.hpp): when few elements are left in the range of the wanted rank, they are listed
// with their indices, and the cut is found among them, equals and all. That saves the passes that would narrow the
// range to one key and then look for the boundary among those that have it.
#ifndef DETENT_OP_CANDIDATES_HPP
#define DETENT_OP_CANDIDATES_HPP

#include <cstddef>
#include <cstdint>

#include "detent/op/select.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Elements in play whose keys lie in a range. Indices count on through the tensors that are ranked together.
struct candidates {
  static constexpr std::size_t most = 2048;
  std::size_t count = 0;
  std::uint32_t key[most];
  std::size_t index[most];
};

/// Adds those of elements [first, end) of a tensor whose first element has the index `before`. Several threads may add
/// to the same; there are never more than `most`. Unless `above` is null, it becomes the mask of the elements above the
/// range: `first` is a multiple of 64 then; it may be the mask `now`.
template <backend B, class Source, class C, mask M>
constexpr void collect(const B& b, const Source& x, const C& c, const M& now, std::size_t first, std::size_t end,
                       const key_range& range, std::size_t before, candidates& to, std::uint64_t* above) {
  tile_keys<C> keys;
  std::uint64_t reached[key_words] = {}, passed[key_words] = {};
  each_live_tile(now, first, end, [&](std::size_t base, std::size_t n, const std::uint64_t* live) {
    keys.load(b, x, c, base, n);
    keys.between(b, n, range.low, range.high, reached, passed);
    for (std::size_t w = 0; w * mask_word_bits < n; ++w) {
      keys.ask_ahead(w);
      if (above != nullptr) above[base / mask_word_bits + w] = passed[w] & live[w];
      for (std::uint64_t bits = reached[w] & ~passed[w] & live[w]; bits != 0; bits &= bits - 1) {
        const std::size_t i = w * mask_word_bits + static_cast<std::size_t>(__builtin_ctzll(bits));
        const std::size_t at = __atomic_fetch_add(&to.count, 1, __ATOMIC_RELAXED);
        to.key[at] = keys.of(i);
        to.index[at] = before + base + i;
      }
    }
  });
}

/// The key of the first candidate that is kept (all above it are too), and the index behind the last of its equals that
/// is.
struct last_kept {
  std::uint32_t key = 0;
  std::size_t boundary = no_boundary;
};

/// Of the candidates `pruned` go, less than all: the least keys, and among equals the greatest indices.
inline constexpr last_kept cut_among(const candidates& all, std::size_t pruned) {
  const std::uint32_t key = key_of_rank(all.key, all.count, pruned);
  std::size_t below = 0, equal = 0;
  for (std::size_t i = 0; i < all.count; ++i) {
    below += std::size_t{all.key[i] < key};
    equal += std::size_t{all.key[i] == key};
  }
  if (below == pruned) return {key, no_boundary};
  const std::size_t kept = equal - (pruned - below);  // 1 at least
  std::size_t last = 0;                               // the greatest index that has less than `kept` equals before it
  for (std::size_t bit = std::size_t{1} << 62; bit != 0; bit >>= 1) {
    std::size_t before = 0;
    for (std::size_t i = 0; i < all.count; ++i) before += std::size_t{all.key[i] == key && all.index[i] < last + bit};
    if (before < kept) last += bit;
  }
  return {key, last + 1};
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

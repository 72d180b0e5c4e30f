// SPDX-License-Identifier: MIT
//
// Exact selection by rank over 32-bit keys, in O(n) reads and at most 64 KiB of stack: nothing is sorted and nothing is
// copied. A range of keys is cut into 2048 bins, the elements in each are counted, and the bin that holds the wanted
// rank is the next range. A sample of the keys guesses the first range: mostly two passes are enough. A wrong guess
// costs a pass, and changes nothing. Among equals an index is the boundary: those before it are kept.
#ifndef DETENT_OP_SELECT_HPP
#define DETENT_OP_SELECT_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/mask_steps.hpp"
#include "detent/op/prepare.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Keys are at most one more than infinity's: NaN.
inline constexpr std::uint32_t nan_key = f32_infinity + 1;
inline constexpr std::uint32_t keys_end = nan_key + 1;

/// Elements whose keys are computed at a time: keys, and those in a range, stay in half of the first-level cache.
inline constexpr std::size_t key_tile = 2048;
inline constexpr std::size_t key_words = key_tile / mask_word_bits;

inline constexpr std::size_t no_boundary = ~std::size_t{0};

/// What is kept: keys above `least`, and those equal to it that lie before `boundary`.
struct cut {
  std::uint32_t least = 0;
  std::size_t boundary = no_boundary;
};

/// True if the values of the elements do not matter.
template <class C>
constexpr bool keys_need_values() {
  if constexpr (requires { C::needs_values; }) return C::needs_values;
  return true;
}

/// Keys of elements [first, first + n), n at most key_tile.
template <backend B, class Source, class C>
constexpr void keys_of(const B& b, const Source& x, const C& c, std::size_t first, std::size_t n, std::uint32_t* to) {
  if constexpr (keys_need_values<C>()) {
    alignas(cache_line) float buffer[buffer_of<Source> < key_tile ? buffer_of<Source> : key_tile];
    c.keys(mask_steps_of(b), x.fetch(b, first, n, buffer), first, n, to);
  } else {
    c.keys(mask_steps_of(b), static_cast<const float*>(nullptr), first, n, to);
  }
}

/// True if keys can be compared without being written.
template <class C>
inline constexpr bool compares_values = requires(const float* x, std::uint64_t* to) {
  C::at_least(default_mask_steps{}, x, std::size_t{}, std::uint32_t{}, to);
};

/// The keys of a tile, to be compared with bounds.
template <class C>
struct tile_keys {
  alignas(cache_line) float buffer[compares_values<C> ? key_tile : 1];
  alignas(cache_line) std::uint32_t keys[compares_values<C> ? 1 : key_tile];
  const float* values = nullptr;

  template <backend B, class Source>
  constexpr void load(const B& b, const Source& x, const C& c, std::size_t first, std::size_t n) {
    if constexpr (compares_values<C>)
      values = x.fetch(b, first, n, buffer);
    else
      keys_of(b, x, c, first, n, keys);
  }
  /// Bit i: key i is at least that.
  template <backend B>
  constexpr void at_least(const B& b, std::size_t n, std::uint32_t least, std::uint64_t* to) const {
    if constexpr (compares_values<C>)
      C::at_least(mask_steps_of(b), values, n, least, to);
    else
      mask_steps_of(b).at_least(keys, n, least, to);
  }
  /// Asks for what lies where word w of the next tile would; while bits are counted, memory would rest. Measured: a
  /// tenth of the time of a selection.
  DETENT_INLINE constexpr void ask_ahead(std::size_t w) const {
    if constexpr (compares_values<C>)
      prefetch<cache_level::second>(values, sizeof(float) * (key_tile + w * mask_word_bits),
                                    sizeof(float) * mask_word_bits);
  }
  constexpr std::uint32_t of(std::size_t i) const {
    if constexpr (compares_values<C>)
      return magnitude_key(values[i]);
    else
      return keys[i];
  }
  /// Both bounds; false if no key is NaN's.
  template <backend B>
  constexpr bool between(const B& b, std::size_t n, std::uint32_t low, std::uint32_t high, std::uint64_t* reached,
                         std::uint64_t* passed) const {
    if constexpr (compares_values<C>) {
      return C::between(mask_steps_of(b), values, n, low, high, reached, passed);
    } else {
      at_least(b, n, low, reached);
      at_least(b, n, high, passed);
      return true;
    }
  }
  /// The keys whose bits are set, one after another; returns how many.
  template <backend B>
  constexpr std::size_t compress(const B& b, const C& c, const std::uint64_t* bits, std::size_t n,
                                 std::uint32_t* to) const {
    if constexpr (compares_values<C>) {
      alignas(cache_line) float some[key_tile];
      const std::size_t found = mask_steps_of(b).compress(values, bits, n, some);
      c.keys(mask_steps_of(b), some, 0, found, to);
      return found;
    } else {
      return mask_steps_of(b).compress(keys, bits, n, to);
    }
  }
};

/// Clears the bits of words, of which the first begins at element `base`, that are outside of [first, end).
inline constexpr void only_between(std::uint64_t* words, std::size_t base, std::size_t first, std::size_t end) {
  if (base < first) words[0] &= ~std::uint64_t{0} << (first - base);
  const std::size_t last = (end - base - 1) / mask_word_bits;
  const std::size_t over = (last + 1) * mask_word_bits - (end - base);
  words[last] &= ~std::uint64_t{0} >> over;
}

/// Calls f(base, n, live) for tiles that cover elements [first, end); bits of `live` are those in play.
template <mask M, class F>
constexpr void each_live_tile(const M& now, std::size_t first, std::size_t end, const F& f) {
  std::uint64_t live[key_words] = {};
  for (std::size_t base = first / mask_word_bits * mask_word_bits; base < end; base += key_tile) {
    const std::size_t stop = least(end, base + key_tile);
    now.words(base / mask_word_bits, (stop - base + mask_word_bits - 1) / mask_word_bits, live);
    only_between(live, base, first, stop);
    f(base, stop - base, live);
  }
}

inline constexpr std::size_t bins = 2048;

/// Keys in [low, high), in bins of 2^shift.
struct key_range {
  std::uint32_t low = 0;
  std::uint32_t high = keys_end;

  constexpr int shift() const {
    int s = 0;
    while ((high - low - 1) >> s >= bins) ++s;
    return s;
  }
};

/// Of the elements in play: how many keys lie below a range, how many in each of its bins, and how many are NaN.
struct key_counts {
  std::size_t below = 0;
  std::size_t nan = 0;
  std::size_t in_bin[bins] = {};
};

/// Adds those of elements [first, end), NaN only if asked for. Several threads may add to the same.
template <backend B, class Source, class C, mask M>
constexpr void count_keys(const B& b, const Source& x, const C& c, const M& now, std::size_t first, std::size_t end,
                          const key_range& range, bool find_nan, key_counts& to) {
  tile_keys<C> keys;
  alignas(cache_line) std::uint32_t inside[key_tile];
  std::uint64_t reached[key_words] = {}, passed[key_words] = {};
  std::uint32_t counts[bins] = {};
  std::size_t below = 0, nan = 0;
  const int shift = range.shift();
  each_live_tile(now, first, end, [&](std::size_t base, std::size_t n, const std::uint64_t* live) {
    keys.load(b, x, c, base, n);
    const bool nan_here = keys.between(b, n, range.low, range.high, reached, passed);
    std::size_t inside_here = 0;
    for (std::size_t w = 0; w * mask_word_bits < n; ++w) {
      keys.ask_ahead(w);
      below += ones(live[w] & ~reached[w]);
      reached[w] &= live[w] & ~passed[w];
      inside_here += ones(reached[w]);
    }
    if (inside_here > n / 8) {
      const std::size_t found = keys.compress(b, c, reached, n, inside);
      for (std::size_t i = 0; i < found; ++i) ++counts[(inside[i] - range.low) >> shift];
    } else if (inside_here != 0) {
      for (std::size_t w = 0; w * mask_word_bits < n; ++w) {
        for (std::uint64_t bits = reached[w]; bits != 0; bits &= bits - 1) {
          const std::size_t i = w * mask_word_bits + static_cast<std::size_t>(__builtin_ctzll(bits));
          ++counts[(keys.of(i) - range.low) >> shift];
        }
      }
    }
    if (find_nan && nan_here) {
      keys.at_least(b, n, nan_key, passed);
      for (std::size_t w = 0; w * mask_word_bits < n; ++w) nan += ones(live[w] & passed[w]);
    }
  });
  add_to(to.below, below);
  add_to(to.nan, nan);
  for (std::size_t i = 0; i < bins; ++i) {
    if (counts[i] != 0) add_to(to.in_bin[i], counts[i]);
  }
}

/// The key of a rank among n keys.
inline constexpr std::uint32_t key_of_rank(const std::uint32_t* keys, std::size_t n, std::size_t rank) {
  std::uint32_t found = 0;
  for (std::uint32_t bit = std::uint32_t{1} << 30; bit != 0; bit >>= 1) {
    std::size_t below = 0;
    for (std::size_t i = 0; i < n; ++i) below += std::size_t{keys[i] < found + bit};
    if (below <= rank) found += bit;
  }
  return found;
}

inline constexpr std::size_t sample_size = 16384;
inline constexpr std::size_t sample_run = 16;

/// Where rank k of `left` probably lies, from n keys spread over all elements: three and a half standard deviations of
/// the sample's rank to either side. One guess in two thousand is wrong.
inline constexpr key_range guess(const std::uint32_t* sample, std::size_t n, std::size_t k, std::size_t left) {
  constexpr std::size_t margin = 224;  // 3.5 · √(16384 / 4)
  if (n < sample_size / 8) return {};
  const auto rank =
      static_cast<std::size_t>(static_cast<double>(k) / static_cast<double>(left) * static_cast<double>(n));
  key_range range;
  if (rank > margin) range.low = key_of_rank(sample, n, rank - margin);
  if (rank + margin < n) range.high = key_of_rank(sample, n, rank + margin) + 1;
  return range;
}

/// A range that holds a rank: how many keys are below it, and how many in it.
struct found_range {
  key_range range;
  std::size_t below = 0;
  std::size_t inside = 0;
};

/// The range of rank k: one key, or one that holds no more than `enough`. `count(range, first, counts)` counts all
/// elements in play into counts that are zero; `first`: for the first time.
template <class Count>
constexpr found_range find_range(std::size_t k, key_range range, std::size_t enough, const Count& count) {
  for (bool first = true;; first = false) {
    key_counts counts;
    count(range, first, counts);
    std::size_t below = counts.below;
    const int shift = range.shift();
    std::size_t bin = 0;
    while (bin < bins && below + counts.in_bin[bin] <= k) below += counts.in_bin[bin++];
    if (k < counts.below) {
      range = {0, range.low};
    } else if (bin == bins) {
      range = {range.high, keys_end};
    } else {
      const std::uint32_t low = range.low + (static_cast<std::uint32_t>(bin) << shift);
      const std::uint32_t width = std::uint32_t{1} << shift;
      range = {low, range.high - low < width ? range.high : low + width};
      if (shift == 0 || counts.in_bin[bin] <= enough) return {range, below, counts.in_bin[bin]};
    }
  }
}

/// Elements of [first, end) in play whose key is this.
template <backend B, class Source, class C, mask M>
constexpr std::size_t count_equal(const B& b, const Source& x, const C& c, const M& now, std::size_t first,
                                  std::size_t end, std::uint32_t key) {
  std::size_t sum = 0;
  tile_keys<C> keys;
  each_live_tile(now, first, end, [&](std::size_t base, std::size_t n, const std::uint64_t* live) {
    keys.load(b, x, c, base, n);
    std::uint64_t reached[key_words] = {}, passed[key_words] = {};
    if (!keys.between(b, n, key, key + 1, reached, passed) && key == nan_key) return;
    for (std::size_t w = 0; w * mask_word_bits < n; ++w) reached[w] &= live[w] & ~passed[w];
    sum += ones_in(reached, n);
  });
  return sum;
}

/// The index behind equal element number `count` (from 1) of [first, end).
template <backend B, class Source, class C, mask M>
constexpr std::size_t behind_equal(const B& b, const Source& x, const C& c, const M& now, std::size_t first,
                                   std::size_t end, std::uint32_t key, std::size_t count) {
  std::size_t found = end;
  alignas(cache_line) std::uint32_t keys[key_tile];
  each_live_tile(now, first, end, [&](std::size_t base, std::size_t n, const std::uint64_t* live) {
    if (count == 0) return;
    keys_of(b, x, c, base, n, keys);
    for (std::size_t i = 0; i < n && count != 0; ++i) {
      if (keys[i] == key && kept(live, i) && --count == 0) found = base + i + 1;
    }
  });
  return found;
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

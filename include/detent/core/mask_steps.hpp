// SPDX-License-Identifier: MIT
//
// What a backend does for masks, on a run of elements that begins at the first bit of `keep`; here by the definition.
// A backend may have all of these functions; else these are used (mask_steps_of). All give the same bits.
#ifndef DETENT_CORE_MASK_STEPS_HPP
#define DETENT_CORE_MASK_STEPS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/bits.hpp"
#include "detent/core/mask.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

DETENT_INLINE constexpr bool kept(const std::uint64_t* keep, std::size_t i) {
  return (keep[i / mask_word_bits] >> (i % mask_word_bits) & 1u) != 0;
}

/// Sets bit i of words that were 0.
DETENT_INLINE constexpr void set_kept(std::uint64_t* keep, std::size_t i) {
  keep[i / mask_word_bits] |= std::uint64_t{1} << (i % mask_word_bits);
}

/// What is moved: anything of 1, 2, 4 or 8 bytes that may be copied as bytes. Its 0 is a value-initialized one.
template <class T>
concept mask_element =
    __is_trivially_copyable(T) && (sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8);

struct default_mask_steps {
  /// Keys of n elements.
  static constexpr void keys(const float* x, std::size_t n, std::uint32_t* to) {
    for (std::size_t i = 0; i < n; ++i) to[i] = magnitude_key(x[i]);
  }

  /// Bit i: keys[i] >= least. Writes whole words; bits from n on are 0.
  static constexpr void at_least(const std::uint32_t* keys, std::size_t n, std::uint32_t least, std::uint64_t* to) {
    for (std::size_t w = 0; w * mask_word_bits < n; ++w) to[w] = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (keys[i] >= least) set_kept(to, i);
    }
  }

  /// The same of the keys of x, which are not written.
  static constexpr void magnitudes_at_least(const float* x, std::size_t n, std::uint32_t least, std::uint64_t* to) {
    for (std::size_t w = 0; w * mask_word_bits < n; ++w) to[w] = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (magnitude_key(x[i]) >= least) set_kept(to, i);
    }
  }

  /// Both bounds at once, `low` at most `high`; returns true if a key is NaN's.
  static constexpr bool magnitudes_between(const float* x, std::size_t n, std::uint32_t low, std::uint32_t high,
                                           std::uint64_t* reached, std::uint64_t* passed) {
    magnitudes_at_least(x, n, low, reached);
    magnitudes_at_least(x, n, high, passed);
    bool nan = false;
    for (std::size_t i = 0; i < n; ++i) nan = nan || magnitude_key(x[i]) > f32_infinity;
    return nan;
  }

  /// The N greatest keys of every M that follow one another, among equals the first. n is a multiple of M; M <= 64.
  template <unsigned N, unsigned M>
  static constexpr void n_of_m(const std::uint32_t* keys, std::size_t n, std::uint64_t* to) {
    for (std::size_t w = 0; w * mask_word_bits < n; ++w) to[w] = 0;
    for (std::size_t first = 0; first < n; first += M) {
      for (std::size_t i = 0; i < M; ++i) {
        unsigned before = 0;
        for (std::size_t j = 0; j < M; ++j) {
          const std::uint32_t a = keys[first + j], b = keys[first + i];
          before += a > b || (a == b && j < i);
        }
        if (before < N) set_kept(to, first + i);
      }
    }
  }

  /// How many of n elements are kept; bits from n on are 0.
  static constexpr std::size_t count_kept(const std::uint64_t* keep, std::size_t n) { return ones_in(keep, n); }

  /// to[i] = x[i] where it is kept, else 0. `to` may be x.
  template <mask_element T>
  static constexpr void zero_pruned(const T* x, const std::uint64_t* keep, std::size_t n, T* to) {
    for (std::size_t i = 0; i < n; ++i) to[i] = kept(keep, i) ? x[i] : T{};
  }

  /// What is kept, one after another; returns how many. `to` may be x. `room` elements behind them may be overwritten.
  template <mask_element T>
  static constexpr std::size_t compress(const T* x, const std::uint64_t* keep, std::size_t n, T* to, std::size_t = 0) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (kept(keep, i)) to[count++] = x[i];
    }
    return count;
  }

  /// And back, 0 elsewhere; returns how many were read. `spare` elements behind them may be read too.
  template <mask_element T>
  static constexpr std::size_t expand(const T* from, const std::uint64_t* keep, std::size_t n, T* to, std::size_t = 0) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < n; ++i) to[i] = kept(keep, i) ? from[count++] : T{};
    return count;
  }
};

template <class B>
DETENT_INLINE constexpr decltype(auto) mask_steps_of(const B& b) {
  if constexpr (requires(const std::uint32_t* keys, std::uint64_t* to) { b.at_least(keys, std::size_t{}, 0u, to); })
    return (b);
  else
    return default_mask_steps{};
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

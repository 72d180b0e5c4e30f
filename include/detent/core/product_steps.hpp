// SPDX-License-Identifier: MIT
//
// What a backend does for products, by the definition. Orders of sums are part of it:
//
//   a vector      sixteen partial sums: element i is added to sum i mod 16, in the order of i, each product rounded
//                 before it is added. `total` adds them up: sums 8 apart, then 4, 2, 1.
//   a matrix      each element of the result is one sum, in the order of the columns of W.
//   8-bit codes   sums of 32 bits are exact in any order
//
// A backend may have all of these functions; else these are used (product_steps_of). All give the same bits.
#ifndef DETENT_CORE_PRODUCT_STEPS_HPP
#define DETENT_CORE_PRODUCT_STEPS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/mask_steps.hpp"

namespace detent::inline v0::detail {

inline constexpr std::size_t partial_sums = 16;
/// Columns of a result that are summed at a time, over as many rows of X as a word of a mask has bits: a tile of X is
/// [mask_word_bits, sum_columns].
inline constexpr std::size_t sum_columns = 64;

DETENT_INLINE constexpr float total(float* sums) {
  for (std::size_t half = partial_sums / 2; half != 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  }
  return sums[0];
}

}  // namespace detent::inline v0::detail

namespace detent::inline v0::detail::inline DETENT_ISA {

struct default_product_steps {
  /// Adds w · x to the partial sums; element 0 to sum 0.
  static constexpr void dot(const float* w, const float* x, std::size_t n, float* sums) {
    for (std::size_t i = 0; i < n; ++i) sums[i % partial_sums] += rounded(w[i] * x[i]);
  }

  /// The same of what is kept of n elements, whose survivors lie one after another. The others add nothing, not even to
  /// an x that is infinite. `spare` elements behind the last survivor may be read.
  static constexpr void dot_kept(const float* survivors, std::size_t, const std::uint64_t* keep, const float* x,
                                 std::size_t n, float* sums) {
    for (std::size_t i = 0; i < n; ++i) {
      if (kept(keep, i)) sums[i % partial_sums] += rounded(*survivors++ * x[i]);
    }
  }

  static constexpr std::int32_t dot(const std::int8_t* w, const std::int8_t* x, std::size_t n) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += w[i] * x[i];
    return sum;
  }

  static constexpr std::int32_t dot_kept(const std::int8_t* survivors, std::size_t, const std::uint64_t* keep,
                                         const std::int8_t* x, std::size_t n) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (kept(keep, i)) sum += *survivors++ * x[i];
    }
    return sum;
  }

  /// sums[c] += w · tile[i][c] for the next survivor w and every i that the word keeps, one after another.
  template <class W, class X, class Sum>
  static constexpr void add_kept(const W* survivors, std::uint64_t word, const X* tile, Sum* sums) {
    for (std::uint64_t left = word; left != 0; left &= left - 1, ++survivors) {
      const X* x = tile + static_cast<std::size_t>(__builtin_ctzll(left)) * sum_columns;
      if constexpr (__is_same(W, float)) {
        for (std::size_t c = 0; c < sum_columns; ++c) sums[c] += rounded(*survivors * x[c]);
      } else {
        for (std::size_t c = 0; c < sum_columns; ++c) sums[c] += *survivors * x[c];
      }
    }
  }

  /// Two rows of W and all rows of a tile: sums[c] += w[i] · tile[i][c], second_sums[c] += second[i] · tile[i][c].
  static constexpr void add_all(const float* w, const float* second, std::size_t count, const float* tile, float* sums,
                                float* second_sums) {
    for (std::size_t i = 0; i < count; ++i) {
      const float* x = tile + i * sum_columns;
      for (std::size_t c = 0; c < sum_columns; ++c) sums[c] += rounded(w[i] * x[c]);
      for (std::size_t c = 0; c < sum_columns; ++c) second_sums[c] += rounded(second[i] * x[c]);
    }
  }
};

template <class B>
DETENT_INLINE constexpr decltype(auto) product_steps_of(const B& b) {
  if constexpr (requires(const float* x, float* to) { b.dot(x, x, std::size_t{}, to); })
    return (b);
  else
    return default_product_steps{};
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

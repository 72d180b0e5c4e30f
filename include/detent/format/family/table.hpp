// SPDX-License-Identifier: MIT
//
// Codebooks of 2 to 256 entries. A book is a struct with
//
//   values        the value of each code, in the order of codes
//   thresholds    optional: size - 1 of them, ascending; x moves up one rank for each threshold t with x > t
//                 default: the fp32 midpoints of neighbouring values, so that a tie takes the lower value
//
// Ranks are the codes in ascending order of value. NaN is above no threshold: rank 0. Every monotone encoder fits:
// "x >= t" is "x > the float below t". In device code tables are reached by their kind (cuda/coder.hpp).
#ifndef DETENT_FORMAT_FAMILY_TABLE_HPP
#define DETENT_FORMAT_FAMILY_TABLE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/codec.hpp"
#include "detent/core/random.hpp"

namespace detent::inline v0 {

namespace detail {

/// The greatest float below x.
DETENT_INLINE constexpr float float_below(float x) {
  if (x == 0) return float_of(f32_sign | 1);
  return float_of(x > 0 ? bits_of(x) - 1 : bits_of(x) + 1);
}

/// -0 sorts before +0.
DETENT_INLINE constexpr bool comes_before(float a, float b) { return a < b || (a == b && bits_of(a) > bits_of(b)); }

template <std::size_t N>
DETENT_INLINE constexpr table<std::uint8_t, N> codes_by_value(const table<float, N>& values) {
  table<std::uint8_t, N> order{};
  for (std::size_t i = 0; i < N; ++i) {
    std::size_t at = i;
    for (; at > 0 && comes_before(values[i], values[order[at - 1]]); --at) order[at] = order[at - 1];
    order[at] = static_cast<std::uint8_t>(i);
  }
  return order;
}

template <std::size_t N>
DETENT_INLINE constexpr table<float, N - 1> midpoints(const table<float, N>& values,
                                                      const table<std::uint8_t, N>& order) {
  table<float, N - 1> middle{};
  for (std::size_t k = 0; k + 1 < N; ++k) {
    const float low = values[order[k]];
    const float high = values[order[k + 1]];
    middle[k] = low == high ? low : (low + high) * 0.5f;
  }
  return middle;
}

constexpr int bits_for(std::size_t entries) {
  int bits = 1;
  while ((std::size_t{1} << bits) < entries) ++bits;
  return bits;
}

}  // namespace detail

template <class Book>
struct table_codec {
  static constexpr auto values = Book::values;
  static constexpr std::size_t size = values.size();
  static_assert(size >= 2 && size <= 256, "a codebook has 2 to 256 entries");

  static constexpr int bits = detail::bits_for(size);
  using kind = detent::kind::table;

  static constexpr detail::table<std::uint8_t, size> code_of_rank = detail::codes_by_value(values);
  static constexpr detail::table<float, size - 1> thresholds = [] {
    if constexpr (requires { Book::thresholds; })
      return Book::thresholds;
    else
      return detail::midpoints(values, code_of_rank);
  }();

  static constexpr float min = values[code_of_rank[0]];
  static constexpr float max = values[code_of_rank[size - 1]];
  static constexpr float last_step = max - values[code_of_rank[size - 2]];

  [[gnu::always_inline]] static constexpr std::uint32_t encode(float x) { return code_of_rank[rank_of(x)]; }

  /// Of the two values around x the upper one, with a probability that grows from 0 at the lower to 1 at the upper.
  [[gnu::always_inline]] static constexpr std::uint32_t encode_stochastic(float x, std::uint32_t random) {
    if (!(x > min)) return code_of_rank[0];
    if (x >= max) return code_of_rank[size - 1];
    std::size_t low = 0;
    for (std::size_t step = std::size_t{1} << (bits - 1); step != 0; step >>= 1) {
      if (low + step < size && values[code_of_rank[low + step]] <= x) low += step;
    }
    const float below = values[code_of_rank[low]];
    const float above = values[code_of_rank[low + 1]];
    if ((x - below) / (above - below) > detail::unit_interval(random)) return code_of_rank[low + 1];
    // Of two codes with one value (ggml's doubled table) the first, as `encode` does.
    while (low > 0 && detail::bits_of(values[code_of_rank[low - 1]]) == detail::bits_of(below)) --low;
    return code_of_rank[low];
  }

  [[gnu::always_inline]] static constexpr float decode(std::uint32_t code) { return code < size ? values[code] : 0.0f; }

  /// The number of thresholds below x, by bisection.
  [[gnu::always_inline]] static constexpr std::size_t rank_of(float x) {
    std::size_t rank = 0;
    for (std::size_t step = std::size_t{1} << (bits - 1); step != 0; step >>= 1) {
      if (rank + step < size && x > thresholds[rank + step - 1]) rank += step;
    }
    return rank;
  }
};

}  // namespace detent::inline v0

#endif

// SPDX-License-Identifier: MIT
//
// The mean of a tensor, with the bits of the host's: sums in double precision, of the same parts, in the order of
// elements. A sum of floats in double precision is exact, whatever its order, where the numbers' exponents are not far
// apart: then all lanes add. Where that is not certain one lane adds, in order.
#ifndef DETENT_CUDA_MEAN_HPP
#define DETENT_CUDA_MEAN_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/sources.hpp"

namespace detent::inline v0::detail::gpu {

/// A sum, and the exponents between which its summands lie: each is a multiple of 2^low, and less than 2^high.
struct careful_sum {
  double sum = 0;
  std::int32_t low = 1000;
  std::int32_t high = -1000;
  std::uint32_t finite = 1;

  DETENT_INLINE void add(float x) {
    sum += widen(x);
    const auto exponent = static_cast<std::int32_t>(bits_of(x) >> 23 & 255u);
    finite = exponent == 255 ? 0 : finite;
    if (is_zero(x)) return;
    const std::int32_t last = (exponent == 0 ? 1 : exponent) - 150;
    low = last < low ? last : low;
    high = exponent - 126 > high ? exponent - 126 : high;
  }
  DETENT_INLINE void merge(const careful_sum& later) {
    sum += later.sum;
    low = later.low < low ? later.low : low;
    high = later.high > high ? later.high : high;
    finite = finite & later.finite;
  }
  /// Whether no partial sum of so many summands needs more than 53 bits; -0 is no concern, since a sum begins with +0.
  DETENT_INLINE bool exact(std::uint64_t count) const {
    std::int32_t bits = 0;
    while (count >> bits != 0) ++bits;
    return finite != 0 && (high < low || high + bits - low <= 53);
  }
};

template <class Source>
struct sum_parts {
  static constexpr unsigned width = 256;
  static constexpr std::size_t table_words = Source::words;
  static constexpr std::size_t shared_bytes = 8 * sizeof(careful_sum);

  struct args {
    Source source;
    std::uint64_t elements;
    std::uint64_t part;
    bool whole;  // eights may be moved whole
    double* to;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.source.copy(team, team.tables());
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t part) {
    const std::uint64_t first = part * a.part;
    const std::uint64_t end = first + a.part < a.elements ? first + a.part : a.elements;
    const auto* const words = team.tables();
    typename Team::template lanes<careful_sum> sums;
    team.each([&](unsigned lane) { sums[lane] = add_up(a, words, first + lane * octet, end, width * octet); });
    merge_runs<width>(team, sums);
    team.each([&](unsigned lane) {
      if (lane != 0) return;
      if (!sums[lane].exact(end - first)) sums[lane] = add_up(a, words, first, end, octet);
      a.to[part] = sums[lane].sum;
    });
  }

 private:
  DETENT_INLINE static careful_sum add_up(const args& a, const std::uint32_t* words, std::uint64_t first,
                                          std::uint64_t end, std::uint64_t step) {
    const auto from = a.source.bind(words);
    careful_sum s;
    for (std::uint64_t at = first; at < end; at += step) {
      const unsigned count = end - at < octet ? static_cast<unsigned>(end - at) : octet;
      float x[octet];
      if (a.whole && count == octet)
        from.template load<true>(at, octet, x);
      else
        from.template load<false>(at, count, x);
      unrolled<octet>([&](unsigned j) {
        if (j < count) s.add(x[j]);
      });
    }
    return s;
  }
};

/// Adds the parts in order and stores the mean as the shift of a tensor.
template <class Shift>
struct store_mean {
  static constexpr unsigned width = 32;
  static constexpr unsigned at_a_time = 16;
  static constexpr std::size_t table_words = 0;
  static constexpr std::size_t shared_bytes = 0;

  struct args {
    const double* from;
    std::uint64_t parts;
    std::uint64_t elements;
    Shift to;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team&, const args&) {}

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t) {
    team.each([&](unsigned lane) {
      if (lane != 0) return;
      double sum = 0;
      for (std::uint64_t i = 0; i < a.parts; i += at_a_time) {
        // Read together, added in order.
        double part[at_a_time];
        unrolled<at_a_time>([&](unsigned j) { part[j] = i + j < a.parts ? a.from[i + j] : 0; });
        unrolled<at_a_time>([&](unsigned j) { sum = i + j < a.parts ? sum + part[j] : sum; });
      }
      const auto mean = narrow(sum / static_cast<double>(a.elements));
      std::uint32_t code[octet] = {coder<typename Shift::codec>{}.encode(mean)};
      octets<Shift>::template store<false>(a.to, 0, 1, code, 0);
    });
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

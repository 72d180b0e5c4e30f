// SPDX-License-Identifier: MIT
//
// A quantized tensor to elements, set or added.
#ifndef DETENT_CUDA_DECODE_HPP
#define DETENT_CUDA_DECODE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/sources.hpp"

namespace detent::inline v0::detail::gpu {

template <class View, class Output, bool Add, bool Regular>
struct dequantize_tile {
  using P = typename View::precision_type;
  using codec = typename P::codec;
  static constexpr affine form = decoding<P>;
  static constexpr unsigned width = 32;
  static constexpr unsigned chunks = 4;
  static constexpr std::size_t table_words = tables<P>::words;
  static constexpr std::size_t shared_bytes = 0;

  struct args {
    View from;
    Output to;
    geometry where;
    tables<P> table;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.table.copy(team, team.tables());
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    const place at(a.where, tile);
    if constexpr (Regular) {
      if (at.whole && at.length == std::uint64_t{chunks} * width * octet) {
        run_full(team, a, full_place(at));
        return;
      }
    }
    team.each([&](unsigned lane) {
      for (unsigned c = 0; c < a.where.chunks; ++c) {
        const unsigned count = at.count(element(c, lane));
        if (count == 0) return;
        if (Regular && at.whole)
          run_octet<true>(a, at, team.tables(), element(c, lane), octet);
        else
          run_octet<false>(a, at, team.tables(), element(c, lane), count);
      }
    });
  }

 private:
  using value = typename Output::value_type;
  struct eight {
    float of[octet];
  };
  struct four {
    float of[octet / 2];
  };

  DETENT_INLINE static std::uint64_t element(unsigned chunk, unsigned lane) {
    return (std::uint64_t{chunk} * width + lane) * octet;
  }

  template <bool Whole>
  DETENT_INLINE static void run_octet(const args& a, const place& at, const std::uint32_t* words, std::uint64_t e,
                                      unsigned count) {
    float x[octet] = {};
    if constexpr (Regular) {
      std::uint32_t code[octet];
      octets<View>::template load<Whole>(a.from, at.first + e, count, code);
      const parameters p = read_group<Whole>(a.from, group_at<P>(a.where, at.piece, at.offset + e), words);
      const coder<codec> with{words};
      unrolled<octet>([&](unsigned j) { x[j] = decoded<form>(with, code[j], p, P::rule::unit); });
    } else {
      values_at<false>(a.from, at.first + e, count, words, x);
    }
    if constexpr (Add) {
      float before[octet];
      a.to.template load<Whole>(at.first + e, count, before);
      unrolled<octet>([&](unsigned j) { x[j] = add(before[j], rounded(x[j])); });
    }
    a.to.template store<Whole>(at.first + e, count, x);
  }

  /// A tile that is all there: all that is read of memory first, so that the loads are under way together.
  template <class Team>
  DETENT_INLINE static void run_full(Team& team, const args& a, const full_place& at) {
    struct held {
      std::uint32_t raw[chunks][octets<View>::raw_words];
      parameters p[chunks];
      float before[Add ? chunks : 1][octet];
    };
    typename Team::template lanes<held> h;
    team.each([&](unsigned lane) {
      unrolled<chunks>([&](unsigned c) {
        const std::uint64_t e = element(c, lane);
        octets<View>::template load_raw<true>(a.from, at.first + e, octet, h[lane].raw[c]);
        if constexpr (Add) a.to.template load<true, true>(at.first + e, octet, h[lane].before[c]);
        h[lane].p[c] = read_group<true>(a.from, group_at<P>(a.where, at.piece, at.offset + e), team.tables());
      });
    });
    unrolled<chunks>([&](unsigned c) {
      typename Team::template lanes<eight> x;
      team.each([&](unsigned lane) {
        const coder<codec> with{team.tables()};
        std::uint32_t code[octet];
        octets<View>::codes_of(h[lane].raw[c], code);
        unrolled<octet>([&](unsigned j) {
          const float y = decoded<form>(with, code[j], h[lane].p[c], P::rule::unit);
          x[lane].of[j] = Add ? add(h[lane].before[c][j], rounded(y)) : y;
        });
      });
      if constexpr (std::same_as<value, float>) {
        store_in_pairs(team, a, at.first + element(c, 0), x);
      } else {
        team.each([&](unsigned lane) { a.to.template store<true>(at.first + element(c, lane), octet, x[lane].of); });
      }
    });
  }

  /// Two lanes have 64 bytes, and write them 32 at a time: memory takes no less at once.
  template <class Team, class Variable>
  DETENT_INLINE static void store_in_pairs(Team& team, const args& a, std::uint64_t first, const Variable& x) {
    typename Team::template lanes<four> give;
    typename Team::template lanes<four> got;
    team.each([&](unsigned lane) {
      unrolled<octet / 2>([&](unsigned j) { give[lane].of[j] = lane % 2 == 0 ? x[lane].of[j + 4] : x[lane].of[j]; });
    });
    team.exchange(give, 1, got);
    team.each([&](unsigned lane) {
      const bool even = lane % 2 == 0;
      std::uint32_t word[octet];
      unrolled<octet / 2>([&](unsigned j) {
        word[j] = bits_of(even ? x[lane].of[j] : got[lane].of[j]);
        word[j + 4] = bits_of(even ? got[lane].of[j] : x[lane].of[j + 4]);
      });
      float* const to = a.to.data + first + lane / 2 * 2 * octet + (even ? 0 : 4);
      store_bytes<16>(to, word);
      store_bytes<16>(to + octet, word + 4);
    });
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

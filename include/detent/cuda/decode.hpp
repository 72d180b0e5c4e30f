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
  static constexpr std::size_t shared_bytes = tables<P>::words * 4;

  struct args {
    View from;
    Output to;
    geometry where;
    tables<P> table;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.table.copy(team, reinterpret_cast<std::uint32_t*>(team.shared()));
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    const place at(a.where, tile);
    team.each([&](unsigned lane) {
      const auto* const words = reinterpret_cast<const std::uint32_t*>(team.shared());
      if (Regular && at.whole) {
        run_whole(a, at, words, lane);
        return;
      }
      for (unsigned c = 0; c < a.where.chunks; ++c) {
        const std::uint64_t element = (std::uint64_t{c} * width + lane) * octet;
        const unsigned count = at.count(element);
        if (count == 0) return;
        float x[octet] = {};
        if constexpr (Regular) {
          std::uint32_t code[octet];
          octets<View>::template load<false>(a.from, at.first + element, count, code);
          const parameters p = read_group(a.from, group_at<P>(a.where, at.piece, at.offset + element), words);
          const coder<codec> with{words};
          unrolled<octet>([&](unsigned j) { x[j] = decoded<form>(with, code[j], p, P::rule::unit); });
        } else {
          values_at<false>(a.from, at.first + element, count, words, x);
        }
        put<false>(a, at.first + element, count, x);
      }
    });
  }

 private:
  /// All that is read of memory first, so that the loads are under way together.
  DETENT_INLINE static void run_whole(const args& a, const place& at, const std::uint32_t* words, unsigned lane) {
    std::uint32_t code[chunks][octet];
    parameters p[chunks];
    unrolled<chunks>([&](unsigned c) {
      const std::uint64_t element = (std::uint64_t{c} * width + lane) * octet;
      const unsigned count = at.count(element);
      octets<View>::template load<true>(a.from, at.first + element, count, code[c]);
      if (count != 0) p[c] = read_group(a.from, group_at<P>(a.where, at.piece, at.offset + element), words);
    });
    unrolled<chunks>([&](unsigned c) {
      const std::uint64_t element = (std::uint64_t{c} * width + lane) * octet;
      if (at.count(element) == 0) return;
      const coder<codec> with{words};
      float x[octet];
      unrolled<octet>([&](unsigned j) { x[j] = decoded<form>(with, code[c][j], p[c], P::rule::unit); });
      put<true>(a, at.first + element, octet, x);
    });
  }

  template <bool Whole>
  DETENT_INLINE static void put(const args& a, std::uint64_t first, unsigned count, float* x) {
    if constexpr (Add) {
      float before[octet];
      a.to.template load<Whole>(first, count, before);
      unrolled<octet>([&](unsigned j) { x[j] = add(before[j], rounded(x[j])); });
    }
    a.to.template store<Whole>(first, count, x);
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

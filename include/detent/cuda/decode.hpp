// SPDX-License-Identifier: MIT
//
// A quantized tensor to elements, set or added.
#ifndef DETENT_CUDA_DECODE_HPP
#define DETENT_CUDA_DECODE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/level.hpp"

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
    const auto* const words = reinterpret_cast<const std::uint32_t*>(team.shared());
    const place at(a.where, tile);
    team.each([&](unsigned lane) {
      // All that is read of memory first, so that the loads are under way together.
      std::uint32_t code[chunks][octet];
      parameters p[chunks];
      for (unsigned c = 0; c < chunks; ++c) {
        const std::uint64_t element = (std::uint64_t{c} * width + lane) * octet;
        const unsigned count = at.count(element);
        if constexpr (Regular) {
          if (count == 0) continue;
          octets<View>::load(a.from, at.first + element, count, code[c]);
          p[c] = read_group(a.from, group_at<P>(a.where, at.piece, at.offset + element), words);
        }
      }
      for (unsigned c = 0; c < chunks; ++c) {
        const std::uint64_t element = (std::uint64_t{c} * width + lane) * octet;
        const unsigned count = at.count(element);
        if (count == 0) continue;
        float x[octet];
        if constexpr (Regular) {
          const coder<codec> with{words};
          for (unsigned j = 0; j < octet; ++j) x[j] = decoded<form>(with, code[c][j], p[c], P::rule::unit);
        } else {
          values_at(a.from, at.first + element, count, words, x);
        }
        if constexpr (Add) {
          float before[octet];
          a.to.load(at.first + element, count, before);
          for (unsigned j = 0; j < octet; ++j) x[j] = add(before[j], rounded(x[j]));
        }
        a.to.store(at.first + element, count, x);
      }
    });
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

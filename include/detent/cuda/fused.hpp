// SPDX-License-Identifier: MIT
//
// Quantizing in one pass: elements are read once, stay in registers while the group's scale is chosen and stored, and
// leave as codes. For groups of a power of two from 16 to 4096 elements, and for rows of up to 16,384. A lane holds
// `Chunks` times eight elements; a group is the eights of `Lanes` neighbouring lanes, or all that the team holds.
#ifndef DETENT_CUDA_FUSED_HPP
#define DETENT_CUDA_FUSED_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/cuda/statistics.hpp"

namespace detent::inline v0::detail::gpu {

/// A part that can be stored as soon as it is chosen: a codec alone, with bytes of its own.
template <class Part>
inline constexpr bool is_direct = std::same_as<Part, none>;
template <unscaled_precision Part>
inline constexpr bool is_direct<Part> = Part::codec::bits % 8 == 0 && std::same_as<typename Part::packing, low_bits_first>;

template <class P>
inline constexpr bool refits = requires(const float* x) { P::rule::template refit<P>(x, std::size_t{1}, 1.0f); };

template <class P>
inline constexpr bool direct_shift = is_direct<typename P::shift> || is_centered<P>;

/// Whether one pass is enough: nothing that codes follow has to be known of other groups.
template <class P>
constexpr bool can_fuse() {
  if constexpr (!scaled_precision<P>) {
    return false;
  } else {
    using view = packed_view<P, std::uint8_t>;
    const bool direct = is_direct<typename P::scale> && direct_shift<P> && is_direct<typename P::zero_point>;
    const bool later = !P::rule::from_stored && is_direct<typename P::zero_point>;
    return P::grouping::in_order && is_planar<P> && octets<view>::whole && !refits<P> && (direct || later);
  }
}

template <class P, class Source, class Rounding, unsigned Width, unsigned Chunks, unsigned Lanes>
struct fused {
  static constexpr unsigned width = Width;
  static constexpr bool whole_team = Lanes == 0;
  static constexpr unsigned lanes_of_group = whole_team ? Width : Lanes;
  static constexpr std::size_t held = octet * Chunks;
  static constexpr std::size_t merging = 8 * 32;
  static constexpr std::size_t source_at = tables<P>::words;
  static constexpr std::size_t merge_at = ((tables<P>::words + Source::words) * 4 + 15) & ~std::size_t{15};
  static constexpr std::size_t shared_bytes = merge_at + (Width > 32 ? merging : 0);
  using statistic = typename P::rule::statistic;
  using codec = typename P::codec;
  static constexpr affine form = encoding<P>;

  struct args {
    Source source;
    packed_view<P, std::uint8_t> to;
    geometry where;
    chosen_arrays later;  // for the parts that are quantized afterwards
    Rounding rounding;
    tables<P> table;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    auto* const words = reinterpret_cast<std::uint32_t*>(team.shared());
    a.table.copy(team, words);
    a.source.copy(team, words + source_at);
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    const auto* const words = reinterpret_cast<const std::uint32_t*>(team.shared());
    const place at(a.where, tile);
    struct values {
      float of[held];
    };
    typename Team::template lanes<values> x;
    team.each([&](unsigned lane) {
      const auto from = a.source.bind(words + source_at);
      for (unsigned c = 0; c < Chunks; ++c) {
        const std::uint64_t element = (std::uint64_t{c} * Width + lane) * octet;
        from.load(at.first + element, at.count(element), x[lane].of + c * octet);
      }
    });
    if constexpr (whole_team) {
      static_assert(!probe<statistic>::ordered || Chunks == 1, "chunks of a group are not in the order of lanes");
      group<0, Chunks>(team, a, at, x);
    } else {
      each_chunk<0>(team, a, at, x);
    }
  }

 private:
  template <unsigned Chunk, class Team, class Values>
  DETENT_INLINE static void each_chunk(Team& team, const args& a, const place& at, Values& x) {
    group<Chunk, 1>(team, a, at, x);
    if constexpr (Chunk + 1 < Chunks) each_chunk<Chunk + 1>(team, a, at, x);
  }

  /// The groups of chunks [First, First + Count).
  template <unsigned First, unsigned Count, class Team, class Values>
  DETENT_INLINE static void group(Team& team, const args& a, const place& at, Values& x) {
    typename Team::template lanes<statistic> known;
    const auto visit = [&](unsigned lane, const auto& f) {
      for (unsigned c = First; c < First + Count; ++c) {
        const unsigned count = at.count((std::uint64_t{c} * Width + lane) * octet);
        for (unsigned j = 0; j < octet; ++j) {
          if (j < count) f(x[lane].of[c * octet + j]);
        }
      }
    };
    statistic_of<statistic, lanes_of_group>(team, visit, known, merge_at);
    team.each([&](unsigned lane) {
      const auto* const words = reinterpret_cast<const std::uint32_t*>(team.shared());
      const std::uint64_t element = (std::uint64_t{First} * Width + lane) * octet;
      if (at.count(element) == 0) return;
      const std::uint64_t number = group_at<P>(a.where, at.piece, at.offset + (whole_team ? 0 : element));
      const parameters p = settle(a, words, known[lane], number, lane % lanes_of_group == 0);
      for (unsigned c = First; c < First + Count; ++c) {
        const std::uint64_t here = (std::uint64_t{c} * Width + lane) * octet;
        const unsigned count = at.count(here);
        if (count == 0) return;
        std::uint32_t code[octet];
        const coder<codec> with{words};
        encode_octet<codec, form>(with, x[lane].of + c * octet, p, a.rounding, at.first + here, code);
        octets<packed_view<P, std::uint8_t>>::store(a.to, at.first + here, count, code, with.encode(0.0f));
      }
    });
  }

  /// Chooses a group's parameters, stores them if this lane is the group's first, and says what codes follow.
  DETENT_INLINE static parameters settle(const args& a, const std::uint32_t* words, const statistic& known,
                                         std::uint64_t group, bool first) {
    const group_parameters chosen = choose_for<P>(known);
    parameters p{chosen.scale, chosen.shift, chosen.zero};
    if constexpr (is_direct<typename P::scale>) {
      p.factor = put(a.to.scale(), words + tables<P>::scale_at, group, chosen.scale, first);
    }
    if constexpr (encoding<P>.shift && is_direct<typename P::shift>) {
      p.shift = put(a.to.shift(), words + tables<P>::shift_at, group, chosen.shift, first);
    }
    if constexpr (has_zero_point<P>) {
      const float zero = static_cast<float>(chosen.zero);
      p.zero = truncate(put(a.to.zero_point(), words + tables<P>::zero_at, group, zero, first));
    }
    if (first) a.later.template put<P>(group, chosen);
    if constexpr (!P::rule::from_stored) p = {chosen.scale, chosen.shift, p.zero};
    p.factor = P::rule::template factor<P>(p.factor);
    return p;
  }

  /// Stores one number, and gives what a reader will see.
  template <class View>
  DETENT_INLINE static float put(const View& q, const std::uint32_t* tables_at, std::uint64_t i, float value,
                                 bool store) {
    const coder<typename View::codec> with{tables_at};
    const std::uint32_t code = with.encode(value);
    if (store) octets<View>::store_one(q, i, code);
    return with.decode(code);
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

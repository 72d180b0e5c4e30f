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
#include <type_traits>

#include "detent/cuda/statistics.hpp"

namespace detent::inline v0::detail::gpu {

/// A part that can be stored as soon as it is chosen: a codec alone, with bytes of its own.
template <class Part>
inline constexpr bool is_direct = std::same_as<Part, none>;
template <unscaled_precision Part>
inline constexpr bool is_direct<Part> =
    Part::codec::bits % 8 == 0 && std::same_as<typename Part::packing, low_bits_first>;

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
    const place at(a.where, tile);
    if (at.whole && run_whole(team, a, at)) return;
    constexpr unsigned together = whole_team ? Chunks : 1;
    for (unsigned c = 0; c < a.where.chunks; c += together) run_odd(team, a, at, c, c + together);
  }

 private:
  DETENT_INLINE static std::uint64_t element(unsigned chunk, unsigned lane) {
    return (std::uint64_t{chunk} * Width + lane) * octet;
  }

  /// Odd ends, odd addresses, and what is not finite: chunk by chunk, read twice.
  template <class Team>
  DETENT_INLINE static void run_odd(Team& team, const args& a, const place& at, unsigned first, unsigned end) {
    const auto load = [&](unsigned c, unsigned lane, float* x) {
      const auto* const words = reinterpret_cast<const std::uint32_t*>(team.shared());
      const unsigned count = at.count(element(c, lane));
      a.source.bind(words + source_at).template load<false>(at.first + element(c, lane), count, x);
      return count;
    };
    const auto visit = [&](unsigned lane, const auto& f) {
      for (unsigned c = first; c < end; ++c) {
        float x[octet];
        const unsigned count = load(c, lane, x);
        for (unsigned j = 0; j < count; ++j) f(entry_of<octet>(x, j));
      }
    };
    typename Team::template lanes<statistic> known;
    reduce_lanes<statistic, lanes_of_group>(team, visit, known, merge_at);
    team.each([&](unsigned lane) {
      const auto* const words = reinterpret_cast<const std::uint32_t*>(team.shared());
      const std::uint64_t e = element(first, lane);
      if (at.count(e) == 0) return;
      const std::uint64_t number = group_at<P>(a.where, at.piece, at.offset + (whole_team ? 0 : e));
      const parameters p = settle(a, words, known[lane], number, lane % lanes_of_group == 0);
      for (unsigned c = first; c < end; ++c) {
        float x[octet];
        const unsigned count = load(c, lane, x);
        if (count != 0) write<false>(a, words, at.first + element(c, lane), count, x, p);
      }
    });
  }

  template <bool Whole>
  DETENT_INLINE static void write(const args& a, const std::uint32_t* words, std::uint64_t first, unsigned count,
                                  const float* x, const parameters& p) {
    std::uint32_t code[octet];
    const coder<codec> with{words};
    encode_octet<codec, form>(with, x, p, a.rounding, first, code);
    octets<packed_view<P, std::uint8_t>>::template store<Whole>(a.to, first, count, code, with.encode(0.0f));
  }

  /// The elements of chunks [First, First + Count).
  template <unsigned First, unsigned Count, class Variable>
  DETENT_INLINE static auto visitor(const place& at, const Variable& x) {
    return [&at, &x](unsigned lane, const auto& f) {
      unrolled<Count>([&](unsigned n) {
        if (at.count(element(First + n, lane)) == 0) return;
        unrolled<octet>([&](unsigned j) { f(x[lane].of[(First + n) * octet + j]); });
      });
    };
  }

  /// Everything in registers, by probes; false if a group has something that is not finite.
  template <class Team>
  DETENT_INLINE static bool run_whole(Team& team, const args& a, const place& at) {
    struct values {
      float of[octet * Chunks];
    };
    struct probes {
      probe<statistic> of[whole_team ? 1 : Chunks];
    };
    constexpr unsigned together = whole_team ? Chunks : 1;
    typename Team::template lanes<values> x;
    typename Team::template lanes<probes> fast;
    typename Team::template lanes<bool> doubtful;
    team.each([&](unsigned lane) {
      const auto* const words = reinterpret_cast<const std::uint32_t*>(team.shared());
      const auto from = a.source.bind(words + source_at);
      unrolled<Chunks>([&](unsigned c) {
        const std::uint64_t e = element(c, lane);
        from.template load<true>(at.first + e, at.count(e), x[lane].of + c * octet);
      });
      doubtful[lane] = false;
    });
    each_group<0>([&]<unsigned Group>(std::integral_constant<unsigned, Group>) {
      typename Team::template lanes<probe<statistic>> one;
      reduce_lanes<probe<statistic>, lanes_of_group>(team, visitor<Group, together>(at, x), one, merge_at);
      team.each([&](unsigned lane) {
        const bool any = at.count(element(Group, lane)) != 0;
        doubtful[lane] = doubtful[lane] || (any && !one[lane].clean());
        fast[lane].of[Group] = one[lane];
      });
    });
    if (team.any(doubtful)) return false;
    each_group<0>([&]<unsigned Group>(std::integral_constant<unsigned, Group>) {
      team.each([&](unsigned lane) {
        const auto* const words = reinterpret_cast<const std::uint32_t*>(team.shared());
        const std::uint64_t e = element(Group, lane);
        if (at.count(e) == 0) return;
        const std::uint64_t number = group_at<P>(a.where, at.piece, at.offset + (whole_team ? 0 : e));
        const statistic known = fast[lane].of[Group].statistic();
        const parameters p = settle(a, words, known, number, lane % lanes_of_group == 0);
        unrolled<together>([&](unsigned n) {
          const unsigned c = Group + n;
          const std::uint64_t here = element(c, lane);
          if (at.count(here) != 0) write<true>(a, words, at.first + here, octet, x[lane].of + c * octet, p);
        });
      });
    });
    return true;
  }

  template <unsigned Group, class F>
  DETENT_INLINE static void each_group(const F& f) {
    f(std::integral_constant<unsigned, Group>{});
    if constexpr (!whole_team && Group + 1 < Chunks) each_group<Group + 1>(f);
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

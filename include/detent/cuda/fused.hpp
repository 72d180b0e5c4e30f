// SPDX-License-Identifier: MIT
//
// Quantizing in one pass: elements are read once, stay in registers while the group's scale is chosen and stored, and
// leave as codes. For groups of a power of two from 16 to 4096 elements, and for rows of up to 16,384. A lane holds
// `Chunks` times eight elements; a group is the eights of `Lanes` neighbouring lanes, or all that the team holds.
#ifndef DETENT_CUDA_FUSED_HPP
#define DETENT_CUDA_FUSED_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "detent/cuda/choose.hpp"

namespace detent::inline v0::detail::gpu {

template <class P, class Source, class Rounding, unsigned Width, unsigned Chunks, unsigned Lanes>
struct fused {
  static constexpr unsigned width = Width;
  static constexpr bool whole_team = Lanes == 0;
  static constexpr unsigned lanes_of_group = whole_team ? Width : Lanes;
  static constexpr std::size_t source_at = tables<P>::words;
  static constexpr std::size_t table_words = tables<P>::words + Source::words;
  static constexpr std::size_t shared_bytes = Width > 32 ? 8 * 32 : 0;
  using statistic = typename P::rule::statistic;
  using codec = typename P::codec;
  static constexpr affine form = encoding<P>;
  /// Whether a tile with NaN is found by its statistic, and done again.
  static constexpr bool probes_nan = !probe<statistic>::ordered && !std::same_as<statistic, detent::statistic::none>;

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
    auto* const words = team.tables();
    a.table.copy(team, words);
    a.source.copy(team, words + source_at);
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    const place at(a.where, tile);
    if (at.whole && at.length == std::uint64_t{Width} * Chunks * octet) {
      if (run_whole(team, a, full_place(at))) return;
    } else if constexpr (whole_team) {
      if (at.whole && run_whole(team, a, at)) return;
    }
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
      const auto* const words = team.tables();
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
    reduce_lanes<statistic, lanes_of_group>(team, visit, known);
    team.each([&](unsigned lane) {
      const auto* const words = team.tables();
      const std::uint64_t e = element(first, lane);
      if (at.count(e) == 0) return;
      const std::uint64_t number = group_at<P>(a.where, at.piece, at.offset + (whole_team ? 0 : e));
      const parameters p = settle<false>(a, words, known[lane], number, lane % lanes_of_group == 0);
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

  /// Eight elements, all there, none beyond what is known of their group.
  static constexpr bool bounded =
      std::same_as<Rounding, nearest> && !form.shift && !form.zero && requires(const statistic& s) { s.amax; };
  DETENT_INLINE static void write_whole(const args& a, const std::uint32_t* words, std::uint64_t first, const float* x,
                                        const parameters& p, const statistic& known) {
    using codes = octets<packed_view<P, std::uint8_t>>;
    const coder<codec> with{words};
    if constexpr (bounded && coder<codec>::binned && codec::bits == 4) {
      codes::store_nibbles(a.to, first, encode_nibbles<codec, form>(with, x, p, known.amax));
    } else if constexpr (bounded && coder<codec>::paired) {
      std::uint32_t code[octet];
      encode_pairs<codec, form>(with, x, p, known.amax, code);
      codes::template store<true>(a.to, first, octet, code, 0);
    } else {
      write<true>(a, words, first, octet, x, p);
    }
  }

  /// The elements of chunks [First, First + Count).
  template <unsigned First, unsigned Count, class Place, class Variable>
  DETENT_INLINE static auto visitor(const Place& at, const Variable& x) {
    return [&at, &x](unsigned lane, const auto& f) {
      unrolled<Count>([&](unsigned n) {
        if (at.count(element(First + n, lane)) == 0) return;
        unrolled<octet>([&](unsigned j) { f(x[lane].of[(First + n) * octet + j]); });
      });
    };
  }

  /// Everything in registers, by probes; false if a group has something that is not finite.
  template <class Team, class Place>
  DETENT_INLINE static bool run_whole(Team& team, const args& a, const Place& at) {
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
      const auto* const words = team.tables();
      const auto from = a.source.bind(words + source_at);
      unrolled<Chunks>([&](unsigned c) {
        const std::uint64_t e = element(c, lane);
        from.template load<true, probes_nan>(at.first + e, at.count(e), x[lane].of + c * octet);
      });
      doubtful[lane] = false;
    });
    each_group<0>([&]<unsigned Group>(std::integral_constant<unsigned, Group>) {
      typename Team::template lanes<probe<statistic>> one;
      reduce_lanes<probe<statistic>, lanes_of_group>(team, visitor<Group, together>(at, x), one);
      team.each([&](unsigned lane) {
        const bool any = at.count(element(Group, lane)) != 0;
        doubtful[lane] = doubtful[lane] || (any && !one[lane].clean());
        fast[lane].of[Group] = one[lane];
      });
    });
    if (team.any(doubtful)) return false;
    settled<Team> known;
    if constexpr (dealt<Place>) deal(team, a, at, fast, known);
    each_group<0>([&]<unsigned Group>(std::integral_constant<unsigned, Group>) {
      typename Team::template lanes<parameters> p;
      if constexpr (dealt<Place>) known.template fetch<Group>(team, p);
      team.each([&](unsigned lane) {
        const auto* const words = team.tables();
        const std::uint64_t e = element(Group, lane);
        if (at.count(e) == 0) return;
        const statistic of_group = fast[lane].of[Group].statistic();
        if constexpr (!dealt<Place>) {
          const std::uint64_t number = group_at<P>(a.where, at.piece, at.offset + (whole_team ? 0 : e));
          p[lane] = settle<true>(a, words, of_group, number, lane % lanes_of_group == 0);
        }
        unrolled<together>([&](unsigned n) {
          const std::uint64_t here = element(Group + n, lane);
          if (at.count(here) == 0) return;
          write_whole(a, words, at.first + here, x[lane].of + (Group + n) * octet, p[lane], of_group);
        });
      });
    });
    return true;
  }

  /// Whether lanes settle one group each, and tell the others: where a group has no more chunks than lanes.
  template <class Place>
  static constexpr bool dealt = !whole_team && Lanes >= Chunks && std::same_as<Place, full_place>;

  /// What lanes settled, of parameters that codes follow.
  template <class Team>
  struct settled {
    typename Team::template lanes<float> factor;
    typename Team::template lanes<float> shift;
    typename Team::template lanes<std::int32_t> zero;

    /// The parameters of chunk `Group`.
    template <unsigned Group>
    DETENT_INLINE void fetch(Team& team, typename Team::template lanes<parameters>& p) const {
      const auto from = [](unsigned lane) { return lane / lanes_of_group * lanes_of_group + Group; };
      typename Team::template lanes<float> number;
      team.fetch(factor, from, number);
      team.each([&](unsigned lane) { p[lane] = {number[lane], 0, 0}; });
      if constexpr (form.shift) {
        team.fetch(shift, from, number);
        team.each([&](unsigned lane) { p[lane].shift = number[lane]; });
      }
      if constexpr (form.zero) {
        typename Team::template lanes<std::int32_t> whole;
        team.fetch(zero, from, whole);
        team.each([&](unsigned lane) { p[lane].zero = whole[lane]; });
      }
    }
  };

  /// Lane n of a group's lanes settles that of chunk n.
  template <class Team, class Place, class Probes>
  DETENT_INLINE static void deal(Team& team, const args& a, const Place& at, const Probes& fast, settled<Team>& to) {
    team.each([&](unsigned lane) {
      const unsigned c = lane % lanes_of_group;
      if (c >= Chunks) return;
      const auto probed = entry_of<Chunks>(fast[lane].of, c);
      const std::uint64_t number = group_at<P>(a.where, at.piece, at.offset + element(c, lane));
      const parameters p = settle<true>(a, team.tables(), probed.statistic(), number, true);
      to.factor[lane] = p.factor;
      to.shift[lane] = p.shift;
      to.zero[lane] = p.zero;
    });
  }

  template <unsigned Group, class F>
  DETENT_INLINE static void each_group(const F& f) {
    f(std::integral_constant<unsigned, Group>{});
    if constexpr (!whole_team && Group + 1 < Chunks) each_group<Group + 1>(f);
  }

  /// Chooses a group's parameters, stores them if this lane is the group's first, and says what codes follow.
  template <bool Aligned>
  DETENT_INLINE static parameters settle(const args& a, const std::uint32_t* words, const statistic& known,
                                         std::uint64_t group, bool first) {
    const group_parameters chosen = choose_for<P>(known);
    parameters p{chosen.scale, chosen.shift, chosen.zero};
    if constexpr (is_direct<typename P::scale>) {
      p.factor = put<Aligned>(a.to.scale(), words + tables<P>::scale_at, group, chosen.scale, first);
    }
    if constexpr (encoding<P>.shift && is_direct<typename P::shift>) {
      p.shift = put<Aligned>(a.to.shift(), words + tables<P>::shift_at, group, chosen.shift, first);
    }
    if constexpr (has_zero_point<P>) {
      const float zero = static_cast<float>(chosen.zero);
      p.zero = truncate(put<Aligned>(a.to.zero_point(), words + tables<P>::zero_at, group, zero, first));
    }
    if (first) a.later.template put<P>(group, chosen);
    if constexpr (!P::rule::from_stored) p = {chosen.scale, chosen.shift, p.zero};
    p.factor = P::rule::template factor<P>(p.factor);
    return p;
  }

  /// Stores one number, and gives what a reader will see.
  template <bool Aligned, class View>
  DETENT_INLINE static float put(const View& q, const std::uint32_t* tables_at, std::uint64_t i, float value,
                                 bool store) {
    const coder<typename View::codec> with{tables_at};
    const std::uint32_t code = with.encode(value);
    if (store) octets<View>::template store_one<Aligned>(q, i, code);
    return with.decode(code);
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

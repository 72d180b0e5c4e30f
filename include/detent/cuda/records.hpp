// SPDX-License-Identifier: MIT
//
// Quantizing into records in one pass: those whose 32 elements are one group, with its scale and shift beside the
// codes. Four lanes have a group's elements; codes meet in shared memory, a lane puts each record together there, and
// records leave sixteen bytes at a time.
#ifndef DETENT_CUDA_RECORDS_HPP
#define DETENT_CUDA_RECORDS_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "detent/cuda/one_pass.hpp"
#include "detent/cuda/statistics.hpp"

namespace detent::inline v0::detail::gpu {

/// Whether a record of P is one group of 32 with parts that are stored as they are chosen.
template <class P>
constexpr bool can_record() {
  if constexpr (is_planar<P> || !with_blocks<P>) {
    return false;
  } else {
    const bool one_group = P::layout::elements == 32 && P::grouping::block == 32 && P::grouping::in_order;
    return one_group && is_direct<typename P::scale> && is_direct<typename P::shift> && !has_zero_point<P> &&
           P::codec::bits <= 8 && !refits<P>;
  }
}

template <class P, class Source, class Rounding>
struct fused_records {
  static constexpr unsigned width = 32;
  static constexpr unsigned chunks = 4;
  static constexpr unsigned lanes = 4;  // of a group
  static constexpr unsigned elements = 32;
  static constexpr std::size_t source_at = tables<P>::words;
  static constexpr std::size_t table_words = tables<P>::words + Source::words;
  static constexpr std::size_t row = elements + 4;  // bytes of a record's codes: lanes read different banks
  static constexpr std::size_t records_at = width * row;
  static constexpr std::size_t record_bytes = P::layout::bytes;
  static constexpr std::size_t shared_bytes = records_at + width * record_bytes;
  using view = packed_view<P, std::uint8_t>;
  using statistic = typename P::rule::statistic;
  using codec = typename P::codec;
  static constexpr affine form = encoding<P>;

  struct args {
    Source source;
    std::uint8_t* to;
    extents record;  // the shape of one
    std::uint64_t records;
    bool whole;  // eights may be moved whole, and records sixteen bytes at a time
    Rounding rounding;
    tables<P> table;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.table.copy(team, team.tables());
    a.source.copy(team, team.tables() + source_at);
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    if (a.whole && (tile + 1) * width <= a.records && run_full(team, a, tile)) return;
    team.sync();
    team.each([&](unsigned lane) {
      const std::uint64_t record = tile * width + lane;
      if (record < a.records) one_by_one(team, a, record, lane);
    });
  }

 private:
  /// What codes follow, and the codes of what is stored.
  struct settled {
    parameters p;
    std::uint32_t scale = 0;
    std::uint32_t shift = 0;
  };

  DETENT_INLINE static settled settle(const std::uint32_t* words, const statistic& known) {
    const group_parameters chosen = choose_for<P>(known);
    settled s{{chosen.scale, chosen.shift, 0}, 0, 0};
    const coder<typename P::scale::codec> scales{words + tables<P>::scale_at};
    s.scale = scales.encode(chosen.scale);
    if constexpr (P::rule::from_stored) s.p.factor = scales.decode(s.scale);
    if constexpr (has_shift<P>) {
      const coder<typename P::shift::codec> shifts{words + tables<P>::shift_at};
      s.shift = shifts.encode(chosen.shift);
      if constexpr (P::rule::from_stored) s.p.shift = shifts.decode(s.shift);
    }
    s.p.factor = P::rule::template factor<P>(s.p.factor);
    return s;
  }

  /// A record, of 32 codes.
  DETENT_INLINE static void put_record(const args& a, const std::uint8_t* code, std::uint8_t* to, std::uint32_t scale,
                                       std::uint32_t shift) {
    constexpr std::size_t codes_at = P::layout::offsets[0];
    constexpr std::size_t scale_at = P::layout::offsets[1];
    constexpr std::size_t shift_at = P::layout::offsets[has_shift<P> ? 2 : 1];
    for (std::size_t i = 0; i < record_bytes; ++i) to[i] = 0;
    std::uint8_t* const planes[3] = {to + codes_at, to + scale_at, to + shift_at};
    const view record(a.record, planes, record_bytes);
    for (unsigned i = 0; i < elements; ++i) P::packing::template put<codec::bits>(planes[0], i, code[i]);
    const auto scales = record.scale();
    octets<std::remove_const_t<decltype(scales)>>::store_one(scales, 0, scale);
    if constexpr (has_shift<P>) {
      const auto shifts = record.shift();
      octets<std::remove_const_t<decltype(shifts)>>::store_one(shifts, 0, shift);
    }
  }

  template <class Team>
  DETENT_INLINE static void one_by_one(Team& team, const args& a, std::uint64_t record, unsigned lane) {
    const auto from = a.source.bind(team.tables() + source_at);
    std::uint8_t* const code = team.shared() + lane * row;
    statistic known;
    for (unsigned at = 0; at < elements; at += octet) {
      float x[octet];
      from.template load<false>(record * elements + at, octet, x);
      unrolled<octet>([&](unsigned j) { known.add(x[j]); });
    }
    const settled s = settle(team.tables(), known);
    const coder<codec> with{team.tables()};
    for (unsigned at = 0; at < elements; at += octet) {
      float x[octet];
      std::uint32_t to[octet];
      from.template load<false>(record * elements + at, octet, x);
      encode_octet<codec, form>(with, x, s.p, a.rounding, record * elements + at, to);
      unrolled<octet>([&](unsigned j) { code[at + j] = static_cast<std::uint8_t>(to[j]); });
    }
    put_record(a, code, a.to + record * record_bytes, s.scale, s.shift);
  }

  struct probes {
    probe<statistic> of[chunks];
  };

  template <class Team>
  DETENT_INLINE static bool run_full(Team& team, const args& a, std::uint64_t tile) {
    struct values {
      float of[chunks][octet];
    };
    typename Team::template lanes<values> x;
    typename Team::template lanes<probes> known;
    typename Team::template lanes<bool> doubtful;
    const std::uint64_t first = tile * width * elements;
    team.each([&](unsigned lane) {
      const auto from = a.source.bind(team.tables() + source_at);
      unrolled<chunks>(
          [&](unsigned c) { from.template load<true>(first + (c * width + lane) * octet, octet, x[lane].of[c]); });
      unrolled<chunks>([&](unsigned c) {
        known[lane].of[c] = {};
        unrolled<octet>([&](unsigned j) { known[lane].of[c].add(x[lane].of[c][j]); });
      });
      doubtful[lane] = false;
    });
    unrolled<chunks>([&](unsigned c) {
      typename Team::template lanes<probe<statistic>> one;
      team.each([&](unsigned lane) { one[lane] = known[lane].of[c]; });
      merge_runs<lanes>(team, one);
      team.each([&](unsigned lane) {
        known[lane].of[c] = one[lane];
        doubtful[lane] = doubtful[lane] || !one[lane].clean();
      });
    });
    if (team.any(doubtful)) return false;
    // Lane n of a group's four settles that of chunk n.
    typename Team::template lanes<settled> s;
    team.each([&](unsigned lane) {
      s[lane] = settle(team.tables(), entry_of<chunks>(known[lane].of, lane % lanes).statistic());
    });
    team.sync();
    encode_tile(team, a, first, x, s);
    team.sync();
    put_tile(team, a, tile, s);
    return true;
  }

  template <class Team, class Values, class Settled>
  DETENT_INLINE static void encode_tile(Team& team, const args& a, std::uint64_t first, const Values& x,
                                        const Settled& s) {
    typename Team::template lanes<float> factor;
    typename Team::template lanes<float> shift;
    team.each([&](unsigned lane) {
      factor[lane] = s[lane].p.factor;
      shift[lane] = s[lane].p.shift;
    });
    unrolled<chunks>([&](unsigned c) {
      const auto from = [c](unsigned lane) { return lane / lanes * lanes + c; };
      typename Team::template lanes<float> f;
      typename Team::template lanes<float> z;
      team.fetch(factor, from, f);
      if constexpr (form.shift) team.fetch(shift, from, z);
      team.each([&](unsigned lane) {
        parameters p{f[lane], 0, 0};
        if constexpr (form.shift) p.shift = z[lane];
        std::uint32_t code[octet];
        const unsigned at = c * width + lane;
        encode_octet<codec, form>({team.tables()}, x[lane].of[c], p, a.rounding, first + at * octet, code);
        const std::uint32_t word[2] = {low_bytes(code[0], code[1], code[2], code[3]),
                                       low_bytes(code[4], code[5], code[6], code[7])};
        std::uint8_t* const to = team.shared() + at / lanes * row + at % lanes * octet;
        store_aligned<4>(to, word);
        store_aligned<4>(to + 4, word + 1);
      });
    });
  }

  /// Records are put together, and go to their place.
  template <class Team, class Settled>
  DETENT_INLINE static void put_tile(Team& team, const args& a, std::uint64_t tile, const Settled& s) {
    typename Team::template lanes<std::uint32_t> dealt;
    typename Team::template lanes<std::uint32_t> scale;
    typename Team::template lanes<std::uint32_t> shift;
    // Record r was settled by lane r / 8 of the group's four.
    const auto from = [](unsigned lane) { return lane % 8 * lanes + lane / 8; };
    team.each([&](unsigned lane) { dealt[lane] = s[lane].scale; });
    team.fetch(dealt, from, scale);
    team.each([&](unsigned lane) { dealt[lane] = s[lane].shift; });
    if constexpr (has_shift<P>) team.fetch(dealt, from, shift);
    team.each([&](unsigned lane) {
      std::uint8_t* const record = team.shared() + records_at + lane * record_bytes;
      put_record(a, team.shared() + lane * row, record, scale[lane], has_shift<P> ? shift[lane] : 0);
    });
    team.sync();
    team.each([&](unsigned lane) {
      constexpr unsigned bytes = width * record_bytes;
      for (unsigned at = lane * 16; at < bytes; at += width * 16) {
        std::uint32_t word[4];
        load_bytes<16>(team.shared() + records_at + at, word);
        store_bytes<16>(a.to + tile * bytes + at, word);
      }
    });
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

// SPDX-License-Identifier: MIT
//
// Choosing the parameters of short groups that lie in order.
#ifndef DETENT_CUDA_CHOOSE_SHORT_HPP
#define DETENT_CUDA_CHOOSE_SHORT_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/one_pass.hpp"
#include "detent/cuda/refit.hpp"
#include "detent/cuda/statistics.hpp"

namespace detent::inline v0::detail::gpu {

/// A lane for each group.
template <class P, class Source>
struct choose_short {
  static constexpr unsigned width = 32;
  static constexpr std::size_t block = P::grouping::block;
  static constexpr std::size_t stride = block + 1;  // lanes read different banks
  static constexpr std::size_t table_words = Source::words;
  static constexpr std::size_t shared_bytes = refits<P> ? width * stride * sizeof(float) : 0;
  static_assert(!refits<P> || block <= 64, "a group that is fitted again has at most 64 elements");

  struct args {
    Source source;
    extents shape;
    std::uint64_t groups;
    bool whole;
    chosen_arrays to;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.source.copy(team, team.tables());
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    team.each([&](unsigned lane) {
      const std::uint64_t group = tile * width + lane;
      if (group < a.groups) choose(team, a, group, lane);
    });
  }

  template <class Team>
  DETENT_INLINE static void choose(Team& team, const args& a, std::uint64_t group, unsigned lane) {
    const auto from = a.source.bind(team.tables());
    float* const copy = reinterpret_cast<float*>(team.shared()) + lane * stride;
    const std::uint64_t first = P::grouping::begin(a.shape, group);
    const auto length = static_cast<unsigned>(P::grouping::begin(a.shape, group + 1) - first);
    typename P::rule::statistic known;
    for (unsigned at = 0; at < length; at += octet) {
      const unsigned count = length - at < octet ? length - at : octet;
      float x[octet];
      if (count == octet && a.whole && first % octet == 0)
        from.template load<true>(first + at, octet, x);
      else
        from.template load<false>(first + at, count, x);
      unrolled<octet>([&](unsigned j) {
        if (j >= count) return;
        known.add(x[j]);
        if constexpr (refits<P>) copy[at + j] = x[j];
      });
    }
    group_parameters chosen = choose_for<P>(known);
    if constexpr (refits<P>) {
      const float factor = P::rule::template factor<P>(chosen.scale);
      a.to.scale[a.groups + group] = factor;  // codes follow this one
      chosen.scale = P::rule::template refit<refit_view<P>>(copy, length, factor);
    }
    a.to.template put<P>(group, chosen);
  }
};

/// Blocks of a power of two of elements that lie in order: the eights of `Lanes` neighbouring lanes are one.
template <class P, class Source>
struct choose_blocks {
  static constexpr unsigned width = 32;
  static constexpr unsigned chunks = 4;
  static constexpr unsigned lanes = P::grouping::block / octet;
  static constexpr std::uint64_t groups_of_tile = chunks * width / lanes;
  static constexpr std::size_t table_words = Source::words;
  static constexpr std::size_t shared_bytes = 0;
  using one_by_one = choose_short<P, Source>;
  using args = typename one_by_one::args;
  using statistic = typename P::rule::statistic;

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.source.copy(team, team.tables());
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    const std::uint64_t first = tile * groups_of_tile;
    const bool full = (first + groups_of_tile) * P::grouping::block <= a.shape.size();
    if (full && a.whole && run_whole(team, a, first)) return;
    for (std::uint64_t group = first; group < first + groups_of_tile; group += width) {
      team.each([&](unsigned lane) {
        if (lane < groups_of_tile && group + lane < a.groups) one_by_one::choose(team, a, group + lane, lane);
      });
    }
  }

 private:
  template <class Team>
  DETENT_INLINE static bool run_whole(Team& team, const args& a, std::uint64_t first_group) {
    struct probes {
      probe<statistic> of[chunks];
    };
    typename Team::template lanes<probes> known;
    typename Team::template lanes<bool> doubtful;
    team.each([&](unsigned lane) {
      const auto from = a.source.bind(team.tables());
      float x[chunks][octet];
      unrolled<chunks>([&](unsigned c) {
        from.template load<true, true>(first_group * P::grouping::block + (c * width + lane) * octet, octet, x[c]);
      });
      unrolled<chunks>([&](unsigned c) {
        known[lane].of[c] = {};
        unrolled<octet>([&](unsigned j) { known[lane].of[c].add(x[c][j]); });
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
    team.each([&](unsigned lane) {
      for (unsigned c = lane % lanes; c < chunks; c += lanes) {
        const statistic all = entry_of<chunks>(known[lane].of, c).statistic();
        a.to.template put<P>(first_group + (c * width + lane) / lanes, choose_for<P>(all));
      }
    });
    return true;
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

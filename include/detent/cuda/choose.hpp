// SPDX-License-Identifier: MIT
//
// Choosing the parameters of groups in a pass of their own, for what cannot be done in one: scales that have scales,
// rows of any length, groups that do not lie in order, the whole tensor. The parameters go to arrays in the workspace.
#ifndef DETENT_CUDA_CHOOSE_HPP
#define DETENT_CUDA_CHOOSE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/choose_short.hpp"

namespace detent::inline v0::detail::gpu {

/// The elements of a group that are a run.
template <class P>
struct run_members {
  extents shape;
  DETENT_INLINE std::uint64_t begin(std::uint64_t group) const { return P::grouping::begin(shape, group); }
  DETENT_INLINE std::uint64_t end(std::uint64_t group) const { return P::grouping::begin(shape, group + 1); }
  static constexpr bool is_run = true;
  DETENT_INLINE std::uint64_t element(std::uint64_t, std::uint64_t member) const { return member; }
  DETENT_INLINE bool holds(std::uint64_t, std::uint64_t) const { return true; }
};

/// Those of an index of an axis.
template <class P, std::size_t Axis>
struct axis_members {
  extents shape;
  std::uint64_t inner;
  std::uint64_t count;
  static constexpr bool is_run = false;
  DETENT_INLINE std::uint64_t begin(std::uint64_t) const { return 0; }
  DETENT_INLINE std::uint64_t end(std::uint64_t) const { return count; }
  DETENT_INLINE std::uint64_t element(std::uint64_t group, std::uint64_t member) const {
    return (member / inner * shape[Axis] + group) * inner + member % inner;
  }
  DETENT_INLINE bool holds(std::uint64_t, std::uint64_t) const { return true; }
};

/// Of a grouping of the user's own: all elements are asked.
template <class P>
struct any_members {
  extents shape;
  static constexpr bool is_run = false;
  DETENT_INLINE std::uint64_t begin(std::uint64_t) const { return 0; }
  DETENT_INLINE std::uint64_t end(std::uint64_t) const { return shape.size(); }
  DETENT_INLINE std::uint64_t element(std::uint64_t, std::uint64_t member) const { return member; }
  DETENT_INLINE bool holds(std::uint64_t group, std::uint64_t element) const {
    return P::grouping::at(shape, element).group == group;
  }
};

/// Calls f for the members [begin, end) of a group that a lane has: runs of eight in turn, or, where the order matters,
/// one run for each lane.
template <class S, unsigned Width, class Source, class Members, class F>
DETENT_INLINE void visit_members(const Source& from, const Members& m, std::uint64_t group, std::uint64_t begin,
                                 std::uint64_t end, unsigned lane, bool whole, const F& f) {
  constexpr bool ordered = probe<S>::ordered;
  const std::uint64_t eights = (end - begin + octet - 1) / octet;
  const std::uint64_t per_lane = (eights + Width - 1) / Width;
  const std::uint64_t first = ordered ? lane * per_lane : lane;
  const std::uint64_t last = ordered && first + per_lane < eights ? first + per_lane : eights;
  for (std::uint64_t e = first; e < last; e += ordered ? 1 : Width) {
    const std::uint64_t at = begin + e * octet;
    const unsigned count = end - at < octet ? static_cast<unsigned>(end - at) : octet;
    float x[octet];
    if constexpr (Members::is_run) {
      if (whole && count == octet && at % octet == 0)
        from.template load<true>(at, octet, x);
      else
        from.template load<false>(at, count, x);
      unrolled<octet>([&](unsigned j) {
        if (j < count) f(x[j]);
      });
    } else {
      for (unsigned j = 0; j < count; ++j) {
        const std::uint64_t element = m.element(group, at + j);
        if (!m.holds(group, element)) continue;
        from.template load<false>(element, 1, x);
        f(x[0]);
      }
    }
  }
}

/// A block of threads for each group.
template <class P, class Source, class Members>
struct choose_long {
  static constexpr unsigned width = 256;
  static constexpr std::size_t table_words = Source::words;
  static constexpr std::size_t shared_bytes = 8 * 32;
  using statistic = typename P::rule::statistic;

  struct args {
    Source source;
    Members members;
    chosen_arrays to;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.source.copy(team, team.tables());
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t group) {
    const std::uint64_t first = a.members.begin(group);
    const std::uint64_t end = a.members.end(group);
    typename Team::template lanes<statistic> known;
    const auto visit = [&](unsigned lane, const auto& f) {
      const auto from = a.source.bind(team.tables());
      visit_members<statistic, width>(from, a.members, group, first, end, lane, a.source.aligned(), f);
    };
    statistic_of<statistic, width>(team, visit, known);
    team.each([&](unsigned lane) {
      if (lane == 0) a.to.template put<P>(group, choose_for<P>(known[lane]));
    });
  }
};

/// The whole tensor, first step: a statistic of each of its parts.
template <class P, class Source>
struct reduce_parts {
  static constexpr unsigned width = 256;
  static constexpr std::size_t table_words = Source::words;
  static constexpr std::size_t shared_bytes = 8 * 32;
  using statistic = typename P::rule::statistic;

  struct args {
    Source source;
    std::uint64_t elements;
    std::uint64_t part;  // elements of a part, a multiple of eight
    statistic* to;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.source.copy(team, team.tables());
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t part) {
    const std::uint64_t first = part * a.part;
    const std::uint64_t end = first + a.part < a.elements ? first + a.part : a.elements;
    typename Team::template lanes<statistic> known;
    const auto visit = [&](unsigned lane, const auto& f) {
      const auto from = a.source.bind(team.tables());
      visit_members<statistic, width>(from, run_members<P>{}, 0, first, end, lane, a.source.aligned(), f);
    };
    statistic_of<statistic, width>(team, visit, known);
    team.each([&](unsigned lane) {
      if (lane == 0) a.to[part] = known[lane];
    });
  }
};

/// Second step: one team merges them in order.
template <class P>
struct choose_whole {
  static constexpr unsigned width = 32;
  static constexpr std::size_t table_words = 0;
  static constexpr std::size_t shared_bytes = 0;
  using statistic = typename P::rule::statistic;

  struct args {
    const statistic* from;
    std::uint64_t parts;
    chosen_arrays to;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team&, const args&) {}

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t) {
    const std::uint64_t per_lane = (a.parts + width - 1) / width;
    typename Team::template lanes<statistic> known;
    team.each([&](unsigned lane) {
      statistic s;
      for (std::uint64_t i = lane * per_lane; i < (lane + 1) * per_lane && i < a.parts; ++i) s.merge(a.from[i]);
      known[lane] = s;
    });
    merge_runs<width>(team, known);
    team.each([&](unsigned lane) {
      if (lane == 0) a.to.template put<P>(0, choose_for<P>(known[lane]));
    });
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

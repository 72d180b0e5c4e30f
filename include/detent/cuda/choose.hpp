// SPDX-License-Identifier: MIT
//
// Choosing the parameters of groups in a pass of their own, for what cannot be done in one: scales that have scales,
// rows of any length, groups that do not lie in order, the whole tensor. The parameters go to arrays in the workspace.
#ifndef DETENT_CUDA_CHOOSE_HPP
#define DETENT_CUDA_CHOOSE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/fused.hpp"

namespace detent::inline v0::detail::gpu {

/// A codec for `refit`, which calls static functions: the table as constants in the code.
template <class C>
struct unrolled_codec {
  static constexpr int bits = C::bits;
  static constexpr float min = C::min;
  static constexpr float max = C::max;

  DETENT_INLINE static std::uint32_t encode(float x) { return step_up<0>(x, C::code_of_rank[0]); }
  DETENT_INLINE static float decode(std::uint32_t code) { return select<0>(code); }

 private:
  template <std::size_t I>
  DETENT_INLINE static std::uint32_t step_up(float x, std::uint32_t code) {
    if constexpr (I + 1 < C::size) {
      constexpr float threshold = C::thresholds[I];
      constexpr std::uint32_t next = C::code_of_rank[I + 1];
      return step_up<I + 1>(x, less(threshold, x) ? next : code);
    } else {
      return code;
    }
  }
  template <std::size_t I>
  DETENT_INLINE static float select(std::uint32_t code) {
    if constexpr (I + 1 < C::size) {
      constexpr float value = C::values[I];
      return code == I ? value : select<I + 1>(code);
    } else {
      constexpr float value = C::values[I];
      return value;
    }
  }
};

template <class P>
struct refit_view {
  using codec = typename P::codec;
};
template <class P>
  requires codec_of_kind<typename P::codec, kind::table>
struct refit_view<P> {
  using codec = unrolled_codec<typename P::codec>;
};

/// Short groups that lie in order: a lane for each.
template <class P, class Source>
struct choose_short {
  static constexpr unsigned width = 32;
  static constexpr std::size_t block = P::grouping::block;
  static constexpr std::size_t copy_at = (Source::words * 4 + 15) / 16 * 16;
  static constexpr std::size_t stride = block + 1;  // lanes read different banks
  static constexpr std::size_t shared_bytes = copy_at + (refits<P> ? width * stride * sizeof(float) : 0);
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
    a.source.copy(team, reinterpret_cast<std::uint32_t*>(team.shared()));
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    team.each([&](unsigned lane) {
      const std::uint64_t group = tile * width + lane;
      if (group >= a.groups) return;
      const auto from = a.source.bind(reinterpret_cast<const std::uint32_t*>(team.shared()));
      float* const copy = reinterpret_cast<float*>(team.shared() + copy_at) + lane * stride;
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
    });
  }
};

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
  static constexpr std::size_t merge_at = (Source::words * 4 + 15) / 16 * 16;
  static constexpr std::size_t shared_bytes = merge_at + 8 * 32;
  using statistic = typename P::rule::statistic;

  struct args {
    Source source;
    Members members;
    chosen_arrays to;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.source.copy(team, reinterpret_cast<std::uint32_t*>(team.shared()));
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t group) {
    const std::uint64_t first = a.members.begin(group);
    const std::uint64_t end = a.members.end(group);
    typename Team::template lanes<statistic> known;
    const auto visit = [&](unsigned lane, const auto& f) {
      const auto from = a.source.bind(reinterpret_cast<const std::uint32_t*>(team.shared()));
      visit_members<statistic, width>(from, a.members, group, first, end, lane, a.source.aligned(), f);
    };
    statistic_of<statistic, width>(team, visit, known, merge_at);
    team.each([&](unsigned lane) {
      if (lane == 0) a.to.template put<P>(group, choose_for<P>(known[lane]));
    });
  }
};

/// The whole tensor, first step: a statistic of each of its parts.
template <class P, class Source>
struct reduce_parts {
  static constexpr unsigned width = 256;
  static constexpr std::size_t merge_at = (Source::words * 4 + 15) / 16 * 16;
  static constexpr std::size_t shared_bytes = merge_at + 8 * 32;
  using statistic = typename P::rule::statistic;

  struct args {
    Source source;
    std::uint64_t elements;
    std::uint64_t part;  // elements of a part, a multiple of eight
    statistic* to;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.source.copy(team, reinterpret_cast<std::uint32_t*>(team.shared()));
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t part) {
    const std::uint64_t first = part * a.part;
    const std::uint64_t end = first + a.part < a.elements ? first + a.part : a.elements;
    typename Team::template lanes<statistic> known;
    const auto visit = [&](unsigned lane, const auto& f) {
      const auto from = a.source.bind(reinterpret_cast<const std::uint32_t*>(team.shared()));
      visit_members<statistic, width>(from, run_members<P>{}, 0, first, end, lane, a.source.aligned(), f);
    };
    statistic_of<statistic, width>(team, visit, known, merge_at);
    team.each([&](unsigned lane) {
      if (lane == 0) a.to[part] = known[lane];
    });
  }
};

/// Second step: one team merges them in order.
template <class P>
struct choose_whole {
  static constexpr unsigned width = 32;
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

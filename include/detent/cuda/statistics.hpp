// SPDX-License-Identifier: MIT
//
// Statistics of many elements at one instruction each. A probe is a statistic's fast form: it propagates NaN and
// infinities instead of leaving them out. Where none were met it is exact, and `clean`; else the statistic itself is
// used, for all of the team: rarely.
#ifndef DETENT_CUDA_STATISTICS_HPP
#define DETENT_CUDA_STATISTICS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/statistic.hpp"
#include "detent/cuda/sources.hpp"

namespace detent::inline v0::detail::gpu {

/// Any other statistic is its own probe, and its elements are merged in order.
template <class S>
struct probe {
  static constexpr bool ordered = true;
  S known;
  DETENT_INLINE void add(float x) { known.add(x); }
  DETENT_INLINE void merge(const probe& later) { known.merge(later.known); }
  DETENT_INLINE bool clean() const { return true; }
  DETENT_INLINE S statistic() const { return known; }
};

template <>
struct probe<statistic::none> {
  static constexpr bool ordered = false;
  DETENT_INLINE void add(float) {}
  DETENT_INLINE void merge(const probe&) {}
  DETENT_INLINE bool clean() const { return true; }
  DETENT_INLINE statistic::none statistic() const { return {}; }
};

template <>
struct probe<statistic::absmax> {
  static constexpr bool ordered = false;
  float amax = 0;
  DETENT_INLINE void add(float x) { amax = greater_magnitude_or_nan(amax, x); }
  DETENT_INLINE void merge(const probe& later) { amax = greater_or_nan(amax, later.amax); }
  DETENT_INLINE bool clean() const { return is_finite(amax); }
  DETENT_INLINE statistic::absmax statistic() const {
    statistic::absmax s;
    s.amax = amax;
    return s;
  }
};

template <>
struct probe<statistic::minmax> {
  static constexpr bool ordered = false;
  float min = float_of(f32_infinity);
  float max = float_of(f32_infinity | f32_sign);
  DETENT_INLINE void add(float x) {
    min = lesser_or_nan(min, x);
    max = greater_or_nan(max, x);
  }
  DETENT_INLINE void merge(const probe& later) {
    min = lesser_or_nan(min, later.min);
    max = greater_or_nan(max, later.max);
  }
  DETENT_INLINE bool clean() const { return is_finite(min) && is_finite(max); }
  DETENT_INLINE statistic::minmax statistic() const {
    statistic::minmax s;
    s.min = is_zero(min) ? 0.0f : min;
    s.max = is_zero(max) ? 0.0f : max;
    s.empty = false;
    return s;
  }
};

/// A group's parameters as the rule chose them.
template <class P>
DETENT_INLINE group_parameters choose_for(const typename P::rule::statistic& known) {
  return P::rule::template choose<P>(known);
}

/// Where chosen parameters are kept until the tensors of scales, shifts and zero points are quantized; one entry for
/// each group, in the caller's workspace.
struct chosen_arrays {
  float* scale = nullptr;
  float* shift = nullptr;
  float* zero = nullptr;

  template <class P>
  DETENT_INLINE void put(std::uint64_t group, const group_parameters& chosen) const {
    if (scale != nullptr) scale[group] = chosen.scale;
    if (has_shift<P> && shift != nullptr) shift[group] = chosen.shift;
    if (has_zero_point<P> && zero != nullptr) zero[group] = static_cast<float>(chosen.zero);
  }
  /// What codes follow where the rule does not ask for what is stored; zero points always are as stored.
  template <class P>
  DETENT_INLINE parameters get(std::uint64_t group) const {
    parameters p;
    p.factor = scale[group];
    if constexpr (encoding<P>.shift) p.shift = shift[group];
    return p;
  }
};

/// The statistic of each run of `Lanes` lanes, of the elements that `visit(lane, f)` calls f for, in order. Merged in
/// the order of lanes; all lanes of a run get it. S is a statistic, or a probe.
template <class S, unsigned Lanes, class Team, class Visit>
DETENT_INLINE void reduce_lanes(Team& team, const Visit& visit, typename Team::template lanes<S>& to) {
  team.each([&](unsigned lane) {
    S s;
    visit(lane, [&](float x) { s.add(x); });
    to[lane] = s;
  });
  merge_runs<Lanes>(team, to);
}

/// By the probe; where something was not finite, for certain.
template <class S, unsigned Lanes, class Team, class Visit>
DETENT_INLINE void statistic_of(Team& team, const Visit& visit, typename Team::template lanes<S>& to) {
  typename Team::template lanes<probe<S>> fast;
  typename Team::template lanes<bool> doubtful;
  reduce_lanes<probe<S>, Lanes>(team, visit, fast);
  team.each([&](unsigned lane) {
    doubtful[lane] = !fast[lane].clean();
    to[lane] = fast[lane].statistic();
  });
  if (team.any(doubtful)) reduce_lanes<S, Lanes>(team, visit, to);
}

}  // namespace detent::inline v0::detail::gpu

#endif

// SPDX-License-Identifier: MIT
//
// What a rule wants to know of a group before it chooses the scale. NaN and infinities are left out, so that one of
// them does not destroy its neighbours, and `finite` says whether there were any: a rule may poison the group.
// Statistics of neighbouring runs merge; the order matters to none but `signed_absmax`, which keeps the first.
#ifndef DETENT_CORE_STATISTIC_HPP
#define DETENT_CORE_STATISTIC_HPP

#include "detent/core/arithmetic.hpp"

namespace detent::inline v0::statistic {

/// Nothing at all.
struct none {
  bool finite = true;

  DETENT_INLINE constexpr none() {}

  DETENT_INLINE constexpr void add(float x) { finite = finite && detail::is_finite(x); }
  DETENT_INLINE constexpr void merge(const none& later) { finite = finite && later.finite; }
};

/// The greatest magnitude.
struct absmax {
  float amax = 0;
  bool finite = true;

  DETENT_INLINE constexpr absmax() {}

  DETENT_INLINE constexpr void add(float x) {
    if (!detail::is_finite(x)) {
      finite = false;
    } else if (detail::less(amax, detail::magnitude(x))) {
      amax = detail::magnitude(x);
    }
  }
  DETENT_INLINE constexpr void merge(const absmax& later) {
    if (detail::less(amax, later.amax)) amax = later.amax;
    finite = finite && later.finite;
  }
};

/// The element of greatest magnitude, with its sign; among equals the first. +0 if all are zero.
struct signed_absmax {
  float extreme = 0;
  bool finite = true;

  DETENT_INLINE constexpr signed_absmax() {}

  DETENT_INLINE constexpr void add(float x) {
    if (!detail::is_finite(x)) {
      finite = false;
    } else if (detail::less(detail::magnitude(extreme), detail::magnitude(x))) {
      extreme = x;
    }
  }
  DETENT_INLINE constexpr void merge(const signed_absmax& later) {
    if (detail::less(detail::magnitude(extreme), detail::magnitude(later.extreme))) extreme = later.extreme;
    finite = finite && later.finite;
  }
};

/// The least and the greatest. Zeros count as +0. Without a finite element both are 0.
struct minmax {
  float min = 0;
  float max = 0;
  bool empty = true;
  bool finite = true;

  DETENT_INLINE constexpr minmax() {}

  DETENT_INLINE constexpr void add(float x) {
    if (!detail::is_finite(x)) {
      finite = false;
      return;
    }
    if (detail::is_zero(x)) x = 0;
    if (empty || detail::less(x, min)) min = x;
    if (empty || detail::less(max, x)) max = x;
    empty = false;
  }
  DETENT_INLINE constexpr void merge(const minmax& later) {
    finite = finite && later.finite;
    if (later.empty) return;
    if (empty || detail::less(later.min, min)) min = later.min;
    if (empty || detail::less(max, later.max)) max = later.max;
    empty = false;
  }
};

}  // namespace detent::inline v0::statistic

#endif

// SPDX-License-Identifier: MIT
//
// Where a tensor whose groups lie in order can be cut, and a tensor of scales: windows end where the groups of its
// scales end too, and theirs, so that each window is quantized by itself; tasks begin at a byte of their own in every
// plane, so that they never write the same one.
#ifndef DETENT_OP_WINDOW_HPP
#define DETENT_OP_WINDOW_HPP

#include <concepts>
#include <cstddef>

#include "detent/core/packed.hpp"
#include "detent/op/tile.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

template <class P>
concept has_blocks = scaled_precision<P> && requires {
  P::grouping::block;
  requires P::grouping::in_order;
};

/// As the scale of another: prepared as a whole, or cut along with it.
template <class P>
concept can_nest = !scaled_precision<P> || !P::grouping::in_order || has_blocks<P>;

template <class P>
constexpr std::size_t parts_quantum();

/// Nested groups that must be quantized together: of the elements of P, how many make one group of its scale, and so
/// on.
template <class P>
constexpr std::size_t window_quantum() {
  static_assert(can_nest<P> || std::same_as<P, none>, "the scales of scales are for blocks, or for the whole tensor");
  if constexpr (!has_blocks<P>) {
    return 1;
  } else {
    return parts_quantum<P>() * P::grouping::block;
  }
}

/// Of groups of P.
template <class P>
constexpr std::size_t parts_quantum() {
  constexpr std::size_t of_scale = window_quantum<typename P::scale>();
  constexpr std::size_t of_shift = is_centered<P> ? 1 : window_quantum<typename P::shift>();
  constexpr std::size_t of_parts = of_scale > of_shift ? of_scale : of_shift;
  static_assert(of_parts % of_scale == 0 && of_parts % of_shift == 0, "groups of scales and of shifts must nest");
  return of_parts;
}

/// Groups of P in the smallest window that can be quantized by itself.
template <is_precision P>
inline constexpr std::size_t groups_in_quantum = parts_quantum<P>();

/// True if P's parts can be cut before this group of P.
template <class P>
constexpr bool parts_end_at(const extents& shape, std::size_t group);

/// True if a tensor of P can be cut before this element: a group begins there, and groups of all of its parts do.
template <class P>
constexpr bool ends_at(const extents& shape, std::size_t element) {
  if constexpr (has_blocks<P>) {
    if (element == shape.size()) return true;
    const stretch s = P::grouping::at(shape, element);
    return s.skip == 0 && parts_end_at<P>(shape, s.group);
  } else {
    return true;
  }
}

template <class P>
constexpr bool parts_end_at(const extents& shape, std::size_t group) {
  const extents groups = P::grouping::groups(shape);
  if (!ends_at<typename P::scale>(groups, group)) return false;
  return is_centered<P> || ends_at<typename P::shift>(groups, group);
}

/// The end of a window that begins at `group` and has at most `count` groups, but one quantum at least.
template <is_precision P>
constexpr std::size_t window_end(const extents& shape, std::size_t group, std::size_t count, std::size_t end) {
  std::size_t last = least(group + count, end);
  if constexpr (1 < groups_in_quantum<P>) {
    while (last > group + 1 && last != end && !parts_end_at<P>(shape, last)) --last;
  }
  return last;
}

/// True if in every plane of P's parts the code of this group of P starts at a byte that no code before it has a part
/// of.
template <class P>
constexpr bool parts_start_at_byte(const extents& shape, std::size_t group);

/// The same of all planes of P, and of this element.
template <class P>
constexpr bool starts_at_byte(const extents& shape, std::size_t element) {
  if constexpr (!std::same_as<P, none>) {
    if (element % codes_of_whole_bytes<typename P::packing, P::codec::bits> != 0) return false;
    if constexpr (scaled_precision<P> && P::grouping::in_order) {
      const bool last = element == shape.size();
      return parts_start_at_byte<P>(shape,
                                    last ? P::grouping::groups(shape).size() : P::grouping::at(shape, element).group);
    }
  }
  return true;
}

template <class P>
constexpr bool parts_start_at_byte(const extents& shape, std::size_t group) {
  const extents groups = P::grouping::groups(shape);
  return starts_at_byte<typename P::scale>(groups, group) &&
         (is_centered<P> || starts_at_byte<typename P::shift>(groups, group)) &&
         starts_at_byte<typename P::zero_point>(groups, group);
}

/// The first group at or after `group` at which a task can begin that writes P's parts.
template <is_precision P>
constexpr std::size_t parts_boundary(const extents& shape, std::size_t group, std::size_t groups) {
  while (group < groups && !(parts_end_at<P>(shape, group) && parts_start_at_byte<P>(shape, group))) ++group;
  return least(group, groups);
}

/// The same for one that writes all of P.
template <is_precision P>
constexpr std::size_t task_boundary(const extents& shape, std::size_t group, std::size_t groups) {
  for (; group < groups; ++group) {
    if (!parts_end_at<P>(shape, group)) continue;
    const std::size_t element = P::grouping::begin(shape, group);
    if constexpr (is_planar<P>) {
      if (starts_at_byte<P>(shape, element)) break;
    } else {
      if (element % P::layout::elements == 0) break;
    }
  }
  return least(group, groups);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

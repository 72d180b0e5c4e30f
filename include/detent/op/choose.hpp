// SPDX-License-Identifier: MIT
//
// Choosing the parameters of groups: their statistics, and what the rule makes of them.
#ifndef DETENT_OP_CHOOSE_HPP
#define DETENT_OP_CHOOSE_HPP

#include <cstddef>

#include "detent/op/source.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// The parameters of up to tile_groups groups, as the rule chose them.
struct chosen_parameters {
  float scale[tile_groups];
  float factor[tile_groups];
  float shift[tile_groups];
  float zero_f32[tile_groups];
  bool finite[tile_groups];
};

/// Merges the statistics of elements [first, end) into those of groups [group, group + count).
template <is_precision P, backend B, class Source, class Statistic>
constexpr void reduce_elements(const B& b, const Source& x, std::size_t first, std::size_t end, std::size_t group,
                               std::size_t count, Statistic* to) {
  float buffer[tile_elements];
  Statistic of_tile[tile_groups];
  while (first < end) {
    const tile t = tile_at<typename P::grouping>(x.shape(), first, end);
    if (t.group < group + count && t.group + t.groups > group) {
      b.template reduce<Statistic>(x.fetch(b, t.first, t.length, buffer), t.length, t.size, of_tile);
      for (std::size_t g = 0; g < t.groups; ++g) {
        if (t.group + g >= group && t.group + g < group + count) to[t.group + g - group].merge(of_tile[g]);
      }
    }
    first += t.length;
  }
}

/// The elements that can belong to groups [group, group + count): all, if groups do not lie in order.
template <is_precision P>
constexpr std::size_t first_element(const extents& shape, std::size_t group) {
  if constexpr (P::grouping::in_order)
    return P::grouping::begin(shape, group);
  else
    return 0;
}
template <is_precision P>
constexpr std::size_t end_element(const extents& shape, std::size_t group) {
  if constexpr (P::grouping::in_order)
    return P::grouping::begin(shape, group);
  else
    return shape.size();
}

/// What the rule makes of one group's statistic.
template <is_precision P>
constexpr void choose_one(const typename P::rule::statistic& known, std::size_t g, chosen_parameters& to) {
  const group_parameters chosen = P::rule::template choose<P>(known);
  to.scale[g] = chosen.scale;
  to.factor[g] = P::rule::template factor<P>(chosen.scale);
  to.shift[g] = chosen.shift;
  to.zero_f32[g] = static_cast<float>(chosen.zero);
  to.finite[g] = known.finite;
}

/// The parameters of groups [group, group + count), count at most tile_groups.
template <is_precision P, backend B, class Source>
constexpr void choose(const B& b, const Source& x, std::size_t group, std::size_t count, chosen_parameters& to) {
  typename P::rule::statistic known[tile_groups] = {};
  reduce_elements<P>(b, x, first_element<P>(x.shape(), group), end_element<P>(x.shape(), group + count), group, count,
                     known);
  for (std::size_t g = 0; g < count; ++g) choose_one<P>(known[g], g, to);
  if constexpr (requires(const float* e) { P::rule::template refit<P>(e, count, 1.0f); }) {
    static_assert(P::grouping::in_order && P::grouping::block <= tile_elements, "refit needs a group in one piece");
    float buffer[tile_elements];
    for (std::size_t g = 0; g < count; ++g) {
      const std::size_t first = P::grouping::begin(x.shape(), group + g);
      const std::size_t n = P::grouping::begin(x.shape(), group + g + 1) - first;
      to.scale[g] = P::rule::template refit<P>(x.fetch(b, first, n, buffer), n, to.factor[g]);
    }
  }
}

/// Which parameter a chosen_source gives.
enum class part { scale, shift };

/// The tensor of the scales (or shifts) that the rule chooses for another source, computed when asked for.
template <is_precision P, part Which, class Source>
struct chosen_source {
  Source source;
  extents groups = P::grouping::groups(source.shape());

  constexpr const extents& shape() const { return groups; }

  template <backend B>
  constexpr const float* fetch(const B& b, std::size_t first, std::size_t n, float* buffer) const {
    chosen_parameters chosen;
    for (std::size_t done = 0; done < n;) {
      const std::size_t count = least(n - done, tile_groups);
      choose<P>(b, source, first + done, count, chosen);
      const float* from = Which == part::scale ? chosen.scale : chosen.shift;
      for (std::size_t i = 0; i < count; ++i) buffer[done + i] = from[i];
      done += count;
    }
    return buffer;
  }
};

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

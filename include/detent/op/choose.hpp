// SPDX-License-Identifier: MIT
//
// Choosing the parameters of groups: their statistics, and what the rule makes of them.
#ifndef DETENT_OP_CHOOSE_HPP
#define DETENT_OP_CHOOSE_HPP

#include <cstddef>

#include "detent/op/source.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Merges the statistics of elements [first, end) into those of groups [group, group + count).
template <is_precision P, backend B, class Source, class Statistic>
constexpr void reduce_elements(const B& b, const Source& x, std::size_t first, std::size_t end, std::size_t group,
                               std::size_t count, Statistic* to) {
  alignas(cache_line) float buffer[tile_elements];
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

/// Calls f(tile, its elements) for the tiles of elements [first, end), of `most` elements or fewer.
template <class G, backend B, class Source, class F>
constexpr void for_each_tile(const B& b, const Source& x, std::size_t first, std::size_t end, std::size_t most,
                             const F& f) {
  alignas(cache_line) float buffer[buffer_of<Source>];
  buffer[0] = 0;  // g++ 12 at -O3 does not see that a source without a buffer leaves it alone
  while (first < end) {
    const tile t = tile_at<G>(x.shape(), first, end, most);
    f(t, x.fetch(b, t.first, t.length, buffer));
    first += t.length;
  }
}

/// Better scales to store, by a rule that has them: from the elements, and from what their codes stand for, if it asks.
template <is_precision P, backend B>
constexpr void refit_groups(const B& b, const float* x, const tile& t, chosen_parameters& to, std::size_t g) {
  using C = typename P::codec;
  constexpr bool from_values = requires { P::rule::template refit<P>(x, x, t.size, 1.0f); };
  alignas(cache_line) code_t<C> codes[from_values ? tile_elements : 1];
  alignas(cache_line) float values[from_values ? tile_elements : 1];
  if constexpr (from_values) {
    b.template encode<C, affine{.scaled = true}>(x, t.length, t.size, {.factor = to.factor + g}, codes);
    b.template decode<C, affine{}>(codes, t.length, t.length, {}, values);
  }
  for (std::size_t i = 0; i < t.groups; ++i) {
    const std::size_t at = i * t.size, n = least(t.size, t.length - at);
    if constexpr (from_values)
      to.scale[g + i] = P::rule::template refit<P>(x + at, values + at, n, to.factor[g + i]);
    else
      to.scale[g + i] = P::rule::template refit<P>(x + at, n, to.factor[g + i]);
  }
}

/// The parameters of the groups of a tile, into those of a window from its group g on. True if all are finite, and no
/// scale is 0. `ahead`: how far to ask meanwhile; 0: not at all.
template <is_precision P, backend B>
constexpr bool choose_tile(const B& b, const float* values, const tile& t, chosen_parameters& to, std::size_t g,
                           std::size_t ahead = 0) {
  const bool ordinary = steps_of(b).template choose<P>(values, t.length, t.size, to, g, ahead);
  if constexpr (requires { P::rule::template refit<P>(values, t.size, 1.0f); }) {
    static_assert(P::grouping::in_order && P::grouping::block <= tile_elements, "refit needs a group in one piece");
    refit_groups<P>(b, values, t, to, g);
    return false;
  }
  return ordinary;
}

/// True if every group, from `group` on, lies in one tile.
template <is_precision P>
constexpr bool groups_fit_tiles(const extents& shape, std::size_t group) {
  if constexpr (P::grouping::in_order)
    return P::grouping::begin(shape, group + 1) - P::grouping::begin(shape, group) <= tile_elements;
  else
    return false;
}

/// The parameters of groups [group, group + count), count at most tile_groups.
template <is_precision P, backend B, class Source>
constexpr void choose(const B& b, const Source& x, std::size_t group, std::size_t count, chosen_parameters& to) {
  const std::size_t first = first_element<P>(x.shape(), group);
  const std::size_t end = end_element<P>(x.shape(), group + count);
  if (groups_fit_tiles<P>(x.shape(), group)) {
    for_each_tile<typename P::grouping>(b, x, first, end, tile_elements, [&](const tile& t, const float* values) {
      choose_tile<P>(b, values, t, to, t.group - group);
    });
  } else {
    typename P::rule::statistic known[tile_groups] = {};
    reduce_elements<P>(b, x, first, end, group, count, known);
    for (std::size_t g = 0; g < count; ++g) choose_one<P>(known[g], g, to);
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

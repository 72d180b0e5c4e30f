// SPDX-License-Identifier: MIT
//
// Encoding ranges of a source, by windows of groups: choose the parameters, store them (each a quantized tensor of its
// own: the functions call themselves), encode the elements with them. Whatever concerns the whole tensor, such as a
// scale per tensor or a mean, has been prepared before (op/prepare.hpp).
#ifndef DETENT_OP_ENCODE_HPP
#define DETENT_OP_ENCODE_HPP

#include <cstddef>

#include "detent/op/choose.hpp"
#include "detent/op/encode_tile.hpp"
#include "detent/op/report.hpp"
#include "detent/op/window.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

template <backend B, class Source, class View, class Rounding>
constexpr void encode_range(const B& b, const Source& x, const View& q, std::size_t first, std::size_t end,
                            const encoding<Rounding>& how);

/// Encodes elements [first, end) whose scales, shifts and zero points lie in q.
template <backend B, class Source, class View, class Rounding>
constexpr void encode_prepared(const B& b, const Source& x, const View& q, std::size_t first, std::size_t end,
                               const encoding<Rounding>& how) {
  using P = typename View::precision_type;
  alignas(cache_line) float buffer[buffer_of<Source>];
  tile_parameters parameters;
  group_factors by{};
  for (std::size_t group = 0, groups = 0; first < end;) {
    const tile t = tile_at<typename P::grouping>(x.shape(), first, end, largest_tile(how.stream));
    const float* values = x.fetch(b, t.first, t.length, buffer);
    if (t.group != group || t.groups != groups) {
      by = read_parameters(b, q, t.group, t.groups, parameters);
      if constexpr (scaled_precision<P>) {
        for (std::size_t g = 0; g < t.groups; ++g) {
          parameters.factor[g] = P::rule::template factor<P>(parameters.factor[g]);
        }
      }
      by.ahead = how.stream ? distance_of(how.asks, computed::codes_alone) : 0;
      group = t.group;
      groups = t.groups;
    }
    const bool finite = encode_tile<encode_form<P>>(b, values, t, by, q, how);
    if (how.report != nullptr && !finite) count_non_finite(b, values, t.length, *how.report);
    first += t.length;
  }
}

/// The chosen parameters of groups [group, group + count), into q's planes; past the caches if nobody reads them soon.
template <backend B, class View>
constexpr void store_parameters(const B& b, const chosen_parameters& chosen, const View& q, std::size_t group,
                                std::size_t count, bool stream = false) {
  using P = typename View::precision_type;
  const encoding<nearest> how{.rounding = to_nearest, .stream = stream};
  const extents groups = P::grouping::groups(q.shape());
  encode_range(b, array_source{chosen.scale, group, groups}, q.scale(), group, group + count, how);
  if constexpr (has_shift<P> && !is_centered<P>) {
    encode_range(b, array_source{chosen.shift, group, groups}, q.shift(), group, group + count, how);
  }
  if constexpr (has_zero_point<P>) {
    encode_range(b, array_source{chosen.zero_f32, group, groups}, q.zero_point(), group, group + count, how);
  }
}

/// A tile of whole groups, or of a part of one, with the parameters of its window. Form is for tiles of finite groups.
template <affine Form, backend B, class View, class Rounding>
constexpr void encode_chosen(const B& b, const float* values, const tile& t, const group_factors& by, const View& q,
                             bool finite, const encoding<Rounding>& how) {
  using P = typename View::precision_type;
  if (finite) {
    encode_tile<Form>(b, values, t, by, q, how);
    return;
  }
  if (how.report != nullptr) count_non_finite(b, values, t.length, *how.report);
  alignas(cache_line) code_t<typename P::codec> codes[tile_elements];
  encode_any<encode_form<P>, typename P::codec>(b, values, t, by, how.rounding, codes);
  store_codes(b, codes, t, q, how.stream);
}

/// The tiles of a window, and how far ahead to ask while one is encoded, and while its scales are chosen.
struct tile_walk {
  std::size_t most;
  std::size_t ahead;
  std::size_t choosing;
};

/// For groups of `length`, whose window is of `all` elements. Where each tile is chosen and then encoded (`at_once`),
/// the next one is asked for meanwhile; from near, two fit the first-level cache, and the second-level one is asked,
/// too.
constexpr tile_walk walk_of(std::size_t length, std::size_t all, bool at_once, bool stream, asking asks) {
  const bool near_too = asks == asking::from_near;
  const std::size_t encoding = stream ? distance_of(asks, computed::codes_after) : 0;
  const std::size_t choosing = stream ? distance_of(asks, computed::parameters) : 0;
  if (at_once && stream && length <= streamed_tile) return {streamed_tile, encoding, choosing};
  if (asks == asking::never || !(stream || near_too)) return {tile_elements, 0, 0};
  const std::size_t most = length <= tile_elements / 2 ? tile_elements / 2 : tile_elements;
  if (at_once) return {most, most, choosing == 0 ? 0 : most};
  return {most, near_too && all <= tile_elements ? all : encoding, choosing};
}

/// Groups [group, group + count). Where codes follow the chosen scales, each tile is chosen and encoded while it is in
/// the first-level cache; else the scales of all are stored and read back first.
template <backend B, class Source, class View, class Rounding>
constexpr void encode_window(const B& b, const Source& x, const View& q, std::size_t group, std::size_t count,
                             const encoding<Rounding>& how) {
  using P = typename View::precision_type;
  using G = typename P::grouping;
  chosen_parameters chosen;
  tile_parameters stored;
  chosen.scale[0] = stored.factor[0] = 0;  // g++ 12 at -O3 does not see that the functions below fill them
  const std::size_t first = G::begin(x.shape(), group);
  const std::size_t end = G::begin(x.shape(), group + count);
  const bool in_tiles = groups_fit_tiles<P>(x.shape(), group);
  const bool at_once = codes_follow_chosen<P> && in_tiles;
  const tile_walk walk = walk_of(G::begin(x.shape(), group + 1) - first, end - first, at_once, how.stream, how.asks);
  group_factors by{.factor = chosen.factor, .shift = chosen.shift};
  bool ordinary = in_tiles;
  if (!in_tiles) choose<P>(b, x, group, count, chosen);
  for_each_tile<G>(b, x, first, in_tiles ? end : first, walk.most, [&](const tile& t, const float* values) {
    const std::size_t g = t.group - group;
    const bool more = t.first + t.length < x.shape().size();
    const bool usual = choose_tile<P>(b, values, t, chosen, g, more ? walk.choosing : 0);
    ordinary = ordinary && usual;
    if (!at_once) return;
    const bool finite = usual || all_true(chosen.finite + g, t.groups);
    by.ahead = more ? walk.ahead : 0;
    constexpr affine form = chosen_form<P>;  // nvcc takes no variable template here
    encode_chosen<form>(b, values, t, from_group(by, g), q, finite, how);
  });
  const bool counts = how.report != nullptr && !(ordinary && stores_exactly<P>);
  store_parameters(b, chosen, q, group, count, how.stream && at_once && !counts);
  if (!at_once || counts) {
    const group_factors read = read_parameters(b, q, group, count, stored);
    if (how.report != nullptr && !(ordinary && !encode_form<P>.shift && steps_of(b).ordinary(stored.factor, count))) {
      count_scales<P>(chosen, stored, count, *how.report);
    }
    if (at_once) return;
    by.zero = read.zero;
    if (!codes_follow_chosen<P>) by.shift = read.shift;
    for (std::size_t g = 0; P::rule::from_stored && g < count; ++g) {
      chosen.factor[g] = P::rule::template factor<P>(stored.factor[g]);
    }
  }
  if (at_once) return;
  for_each_tile<G>(b, x, first, end, walk.most, [&](const tile& t, const float* values) {
    const std::size_t g = t.group - group;
    const bool finite = ordinary || all_true(chosen.finite + g, t.groups);
    by.ahead = t.first + t.length < x.shape().size() ? walk.ahead : 0;
    encode_chosen<encode_form<P>>(b, values, t, from_group(by, g), q, finite, how);
  });
}

/// Quantizes groups [group, end), windows of them at a time.
template <backend B, class Source, class View, class Rounding>
constexpr void encode_groups(const B& b, const Source& x, const View& q, std::size_t group, std::size_t end,
                             const encoding<Rounding>& how) {
  using P = typename View::precision_type;
  constexpr std::size_t quantum = groups_in_quantum<P>;
  static_assert(quantum <= tile_groups, "nested groups are too long");
  while (group < end) {
    const std::size_t length = P::grouping::begin(x.shape(), group + 1) - P::grouping::begin(x.shape(), group);
    // What is stored before it is encoded should still be in the first-level cache then.
    const std::size_t elements = codes_follow_chosen<P> ? tile_elements * 8 : tile_elements;
    std::size_t count = length == 0 ? quantum : elements / length / quantum * quantum;
    count = least(count < quantum ? quantum : count, tile_groups);
    count = window_end<P>(x.shape(), group, count, end) - group;
    encode_window(b, x, q, group, count, how);
    group += count;
  }
}

/// Calls f with the source that P's elements are encoded from: minus the mean, if they are centered.
template <backend B, class Source, class View, class F>
constexpr void with_center(const B& b, const Source& x, const View& q, const F& f) {
  if constexpr (is_centered<typename View::precision_type>) {
    float center = 0;
    decode_range(b, q.shift(), 0, 1, &center);
    f(centered_source<Source>{x, center});
  } else {
    f(x);
  }
}

/// Encodes elements [first, end); they start and end at groups if groups lie in order.
template <backend B, class Source, class View, class Rounding>
constexpr void encode_range(const B& b, const Source& x, const View& q, std::size_t first, std::size_t end,
                            const encoding<Rounding>& how) {
  using P = typename View::precision_type;
  using G = typename P::grouping;
  if (first == end) return;
  if constexpr (unscaled_precision<P> || !G::in_order) {
    with_center(b, x, q, [&](const auto& centered) { encode_prepared(b, centered, q, first, end, how); });
  } else {
    const std::size_t group = G::at(x.shape(), first).group;
    const std::size_t last = end == x.shape().size() ? G::groups(x.shape()).size() : G::at(x.shape(), end).group;
    with_center(b, x, q, [&](const auto& centered) { encode_groups(b, centered, q, group, last, how); });
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

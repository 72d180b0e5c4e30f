// SPDX-License-Identifier: MIT
//
// Encoding ranges of a source, by windows of groups: choose the parameters, store them (each a quantized tensor of its
// own: the functions call themselves), encode the elements with them. Whatever concerns the whole tensor, such as a
// scale per tensor or a mean, has been prepared before (op/prepare.hpp).
#ifndef DETENT_OP_ENCODE_HPP
#define DETENT_OP_ENCODE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/random.hpp"
#include "detent/op/choose.hpp"
#include "detent/op/window.hpp"

namespace detent::inline v0 {

/// What quantizing met. Groups are those of the tensor itself, not of its scales.
struct quantize_report {
  std::size_t nan = 0;               ///< elements that are NaN
  std::size_t infinite = 0;          ///< elements that are infinite
  std::size_t zero_groups = 0;       ///< groups whose scale is 0, so that all of them decode to the same number
  std::size_t scale_overflows = 0;   ///< groups whose scale or shift became infinite or NaN when stored
  std::size_t scale_underflows = 0;  ///< groups whose scale became 0 when it was stored
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

template <is_precision P>
inline constexpr affine encode_form{.scaled = scaled_precision<P>,
                                    .divide = P::rule::divide,
                                    .shift = has_shift<P> && !is_centered<P>,
                                    .zero = has_zero_point<P>};

inline constexpr void count_non_finite(const float* x, std::size_t n, quantize_report& to) {
  for (std::size_t i = 0; i < n; ++i) {
    to.nan += std::size_t{is_nan(x[i])};
    to.infinite += std::size_t{is_infinite(x[i])};
  }
}

/// Codes of one tile, into their bytes. `Rounding` is nearest or stochastic.
template <backend B, class View, class Rounding>
constexpr void encode_tile(const B& b, const float* x, const tile& t, const group_factors& by, const View& q,
                           const Rounding& rounding) {
  using P = typename View::precision_type;
  using C = typename P::codec;
  constexpr affine form = encode_form<P>;
  code_t<C> codes[tile_elements];
  if constexpr (std::same_as<Rounding, stochastic>) {
    static_assert(stochastic_codec<C>, "this precision's codec cannot round at random");
    for (std::size_t i = 0; i < t.length; ++i) {
      const std::size_t g = i / t.size;
      const float y = normalized<form>(x[i], g, by);
      const std::uint32_t random = random_bits(rounding.seed, t.first + i);
      if constexpr (form.zero)
        codes[i] = static_cast<code_t<C>>(C::encode_stochastic(y, by.zero[g], random));
      else
        codes[i] = static_cast<code_t<C>>(C::encode_stochastic(y, random));
    }
  } else {
    b.template encode<C, form>(x, t.length, t.size, by, codes);
  }
  for_each_run(q, t.first, t.length, [&](std::uint8_t* to, std::size_t i, std::size_t n, std::size_t done) {
    b.template pack<typename P::packing, C::bits>(codes + done, n, to, i);
  });
}

/// Calls f for q and, if `Parts`, for the views of its scale, shift and zero point, and of theirs.
template <bool Parts, class View, class F>
constexpr void for_each_plane(const View& q, const F& f) {
  using P = typename View::precision_type;
  f(q);
  if constexpr (Parts && scaled_precision<P>) for_each_plane<true>(q.scale(), f);
  if constexpr (Parts && has_shift<P>) for_each_plane<true>(q.shift(), f);
  if constexpr (Parts && has_zero_point<P>) for_each_plane<true>(q.zero_point(), f);
}

/// True if codes may end within a byte.
template <class View>
inline constexpr bool is_padded = View::codec::bits % 8 != 0 && View::per_record == 0;

/// Before the first element: the last byte is 0, so that bits too few for a code are 0.
template <bool Parts, class View>
constexpr void clear_last_byte(const View& whole) {
  for_each_plane<Parts>(whole, []<class Q>(const Q& q) {
    if constexpr (is_padded<Q>) {
      const std::size_t bytes = Q::precision_type::packing::template bytes<Q::codec::bits>(q.size());
      if (bytes != 0) q.plane(0)[bytes - 1] = 0;
    }
  });
}

/// After the last element: the codes of 0 up to the end of the last byte.
template <bool Parts, class View>
constexpr void encode_padding(const View& whole) {
  for_each_plane<Parts>(whole, []<class Q>(const Q& q) {
    if constexpr (is_padded<Q>) {
      using C = typename Q::codec;
      using Packing = typename Q::precision_type::packing;
      const std::size_t bytes = Packing::template bytes<C::bits>(q.size());
      for (std::size_t i = q.size(); bytes != 0 && Packing::template bytes<C::bits>(i + 1) == bytes; ++i) {
        Packing::template put<C::bits>(q.plane(0), i, C::encode(0.0f));
      }
    }
  });
}

template <backend B, class Source, class View, class Rounding>
constexpr void encode_range(const B& b, const Source& x, const View& q, std::size_t first, std::size_t end,
                            const Rounding& rounding, quantize_report* report);

/// Elements [first, end) with parameters that are stored already.
template <backend B, class Source, class View, class Rounding>
constexpr void encode_prepared(const B& b, const Source& x, const View& q, std::size_t first, std::size_t end,
                               const Rounding& rounding, quantize_report* report) {
  using P = typename View::precision_type;
  float buffer[tile_elements];
  tile_parameters parameters;
  while (first < end) {
    const tile t = tile_at<typename P::grouping>(x.shape(), first, end);
    const float* values = x.fetch(b, t.first, t.length, buffer);
    if (report != nullptr) {
      statistic::none finite[tile_groups];
      b.template reduce<statistic::none>(values, t.length, t.length, finite);
      if (!finite[0].finite) count_non_finite(values, t.length, *report);
    }
    group_factors by = read_parameters(b, q, t.group, t.groups, parameters);
    if constexpr (scaled_precision<P>) {
      for (std::size_t g = 0; g < t.groups; ++g) {
        parameters.factor[g] = P::rule::template factor<P>(parameters.factor[g]);
      }
    }
    encode_tile(b, values, t, by, q, rounding);
    first += t.length;
  }
}

/// Stores the chosen parameters of groups [group, group + count) in the planes of q.
template <backend B, class View>
constexpr void store_parameters(const B& b, const chosen_parameters& chosen, const View& q, std::size_t group,
                                std::size_t count) {
  using P = typename View::precision_type;
  const extents groups = P::grouping::groups(q.shape());
  encode_range(b, array_source{chosen.scale, group, groups}, q.scale(), group, group + count, nearest{}, nullptr);
  if constexpr (has_shift<P> && !is_centered<P>) {
    encode_range(b, array_source{chosen.shift, group, groups}, q.shift(), group, group + count, nearest{}, nullptr);
  }
  if constexpr (has_zero_point<P>) {
    encode_range(b, array_source{chosen.zero_f32, group, groups}, q.zero_point(), group, group + count, nearest{},
                 nullptr);
  }
}

inline constexpr bool overflowed(float chosen, float stored) {
  return is_infinite(stored) || (is_nan(stored) && !is_nan(chosen));
}

template <is_precision P>
constexpr void count_scales(const chosen_parameters& chosen, const tile_parameters& stored, std::size_t count,
                            quantize_report& to) {
  for (std::size_t g = 0; g < count; ++g) {
    bool over = overflowed(chosen.scale[g], stored.factor[g]);
    if constexpr (has_shift<P> && !is_centered<P>) over = over || overflowed(chosen.shift[g], stored.shift[g]);
    to.zero_groups += std::size_t{chosen.scale[g] == 0};
    to.scale_overflows += std::size_t{over};
    to.scale_underflows += std::size_t{chosen.scale[g] != 0 && stored.factor[g] == 0};
  }
}

inline constexpr bool all_finite(const bool* finite, std::size_t count) {
  for (std::size_t g = 0; g < count; ++g) {
    if (!finite[g]) return false;
  }
  return true;
}

inline constexpr group_factors from_group(group_factors by, std::size_t g) {
  if (by.factor != nullptr) by.factor += g;
  if (by.shift != nullptr) by.shift += g;
  if (by.zero != nullptr) by.zero += g;
  return by;
}

/// Groups that follow one another: window by window, while the elements are still in the cache.
template <backend B, class Source, class View, class Rounding>
constexpr void encode_groups(const B& b, const Source& x, const View& q, std::size_t group, std::size_t end,
                             const Rounding& rounding, quantize_report* report) {
  using P = typename View::precision_type;
  constexpr std::size_t quantum = groups_in_quantum<P>;
  static_assert(quantum <= tile_groups, "nested groups are too long");
  chosen_parameters chosen;
  tile_parameters stored;
  float buffer[tile_elements];
  while (group < end) {
    const std::size_t length = P::grouping::begin(x.shape(), group + 1) - P::grouping::begin(x.shape(), group);
    std::size_t count = length == 0 ? quantum : tile_elements / length / quantum * quantum;
    count = least(count < quantum ? quantum : count, tile_groups);
    count = window_end<P>(x.shape(), group, count, end) - group;
    choose<P>(b, x, group, count, chosen);
    store_parameters(b, chosen, q, group, count);
    group_factors by = read_parameters(b, q, group, count, stored);
    if (report != nullptr) count_scales<P>(chosen, stored, count, *report);
    for (std::size_t g = 0; g < count; ++g) {
      if constexpr (P::rule::from_stored) chosen.factor[g] = P::rule::template factor<P>(stored.factor[g]);
    }
    by.factor = chosen.factor;
    if constexpr (!P::rule::from_stored && encode_form<P>.shift) by.shift = chosen.shift;

    std::size_t first = P::grouping::begin(x.shape(), group);
    const std::size_t last = P::grouping::begin(x.shape(), group + count);
    while (first < last) {
      const tile t = tile_at<typename P::grouping>(x.shape(), first, last);
      const float* values = x.fetch(b, t.first, t.length, buffer);
      const std::size_t g = t.group - group;
      if (report != nullptr && !all_finite(chosen.finite + g, t.groups)) count_non_finite(values, t.length, *report);
      encode_tile(b, values, t, from_group(by, g), q, rounding);
      first += t.length;
    }
    group += count;
  }
}

/// Elements [first, end) of a source into q: whole windows, or anything where all parameters are prepared.
template <backend B, class Source, class View, class Rounding>
constexpr void encode_range(const B& b, const Source& x, const View& q, std::size_t first, std::size_t end,
                            const Rounding& rounding, quantize_report* report) {
  using P = typename View::precision_type;
  using G = typename P::grouping;
  if (first == end) return;
  if constexpr (unscaled_precision<P> || !G::in_order) {
    encode_prepared(b, x, q, first, end, rounding, report);
  } else {
    const std::size_t group = G::at(x.shape(), first).group;
    const std::size_t last = end == x.shape().size() ? G::groups(x.shape()).size() : G::at(x.shape(), end).group;
    if constexpr (is_centered<P>) {
      float center = 0;
      decode_range(b, q.shift(), 0, 1, &center);
      encode_groups(b, centered_source<Source>{x, center}, q, group, last, rounding, report);
    } else {
      encode_groups(b, x, q, group, last, rounding, report);
    }
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

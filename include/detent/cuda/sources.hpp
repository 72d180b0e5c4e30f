// SPDX-License-Identifier: MIT
//
// Where a kernel reads elements from: a tensor, another quantized tensor, or either less its mean.
#ifndef DETENT_CUDA_SOURCES_HPP
#define DETENT_CUDA_SOURCES_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/level.hpp"

namespace detent::inline v0::detail::gpu {

/// Up to eight elements of a quantized tensor; of x those that are there.
template <bool Whole, class View>
DETENT_INLINE void values_at(const View& q, std::uint64_t i, unsigned count, const std::uint32_t* tables_at, float* x) {
  using P = typename View::precision_type;
  constexpr affine form = decoding<P>;
  const stretch s = P::grouping::at(q.shape(), i);
  if (unscaled_precision<P> || (s.skip % s.size + count <= s.size && count <= s.length)) {
    const parameters p = read_group(q, s.group, tables_at);
    std::uint32_t code[octet] = {};
    if (i % octet == 0) {
      octets<View>::template load<Whole>(q, i, count, code);
    } else {
      for (unsigned j = 0; j < count; ++j) set_entry<octet>(code, j, octets<View>::load_one(q, i + j));
    }
    const coder<typename P::codec> with{tables_at};
    unrolled<octet>([&](unsigned j) { x[j] = decoded<form>(with, code[j], p, P::rule::unit); });
  } else {
    for (unsigned j = 0; j < count; ++j) set_entry<octet>(x, j, value_at(q, i + j, tables_at));
  }
}

/// Sources of elements, as kernel parameters: `copy` brings their tables to shared memory, `bind` makes of that what a
/// lane loads from.
template <class T, std::size_t Rank>
struct tensor_input {
  elements<T, Rank> x;
  static constexpr std::size_t words = 0;

  template <class Team>
  DETENT_INLINE void copy(Team&, std::uint32_t*) const {}
  DETENT_INLINE const elements<T, Rank>& bind(const std::uint32_t*) const { return x; }
  DETENT_INLINE bool aligned() const { return x.aligned(); }
};

/// Another quantized tensor.
template <class View>
struct packed_input {
  using P = typename View::precision_type;
  View view;
  tables<P> table;
  static constexpr std::size_t words = tables<P>::words;

  struct bound {
    const View& view;
    const std::uint32_t* tables_at;
    template <bool Whole, bool = false>
    DETENT_INLINE void load(std::uint64_t i, unsigned count, float* x) const {
      unrolled<octet>([&](unsigned j) { x[j] = 0; });
      if (count != 0) values_at<Whole>(view, i, count, tables_at, x);
    }
    DETENT_INLINE parameters group_of(std::uint64_t i) const {
      return read_group(view, P::grouping::at(view.shape(), i).group, tables_at);
    }
  };
  DETENT_INLINE bool aligned() const { return octets<View>::aligned(view); }

  template <class Team>
  DETENT_INLINE void copy(Team& team, std::uint32_t* to) const {
    table.copy(team, to);
  }
  DETENT_INLINE bound bind(const std::uint32_t* at) const { return {view, at}; }
};

/// Another source minus its mean, which is stored already; that has no tables.
template <class Source, class Center>
struct centered_input {
  Source source;
  Center center;
  static constexpr std::size_t words = Source::words;
  static_assert(tables<typename Center::precision_type>::words == 0, "a mean is a number, not an entry of a table");

  template <class Bound>
  struct bound {
    Bound source;
    float center;
    template <bool Whole, bool AnyNan = false>
    DETENT_INLINE void load(std::uint64_t i, unsigned count, float* x) const {
      source.template load<Whole, AnyNan>(i, count, x);
      unrolled<octet>([&](unsigned j) { x[j] = rounded(subtract(x[j], center)); });
    }
  };

  template <class Team>
  DETENT_INLINE void copy(Team& team, std::uint32_t* to) const {
    source.copy(team, to);
  }
  DETENT_INLINE auto bind(const std::uint32_t* at) const {
    using Bound = decltype(source.bind(at));
    return bound<Bound>{source.bind(at), value_at(center, 0, at)};
  }
  DETENT_INLINE bool aligned() const { return source.aligned(); }
};

}  // namespace detent::inline v0::detail::gpu

#endif

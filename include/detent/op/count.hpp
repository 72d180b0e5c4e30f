// SPDX-License-Identifier: MIT
//
// Counting parameters: how many there are, how many are not zero, and what they cost with scales and all.
#ifndef DETENT_OP_COUNT_HPP
#define DETENT_OP_COUNT_HPP

#include <cstddef>

#include "detent/op/check.hpp"
#include "detent/op/prepare.hpp"

namespace detent::inline v0 {

struct parameter_count {
  std::size_t total = 0;
  std::size_t nonzero = 0;  ///< that decode to anything but +0 or -0; NaN counts
  std::size_t bytes = 0;    ///< exact: codes, scales, shifts, zero points
  double bits_per_parameter = 0;
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

template <backend B, class Source>
std::size_t count_nonzero(const B& b, const Source& x, const executor_ref& run) {
  const parts_of parts{x.shape().size()};
  std::size_t counts[parts_of::most] = {};
  run(parts.count(), [&](std::size_t i) {
    const float_environment same;
    alignas(cache_line) float buffer[tile_elements];
    for (std::size_t first = parts.begin(i); first < parts.begin(i + 1);) {
      const std::size_t n = least(tile_elements, parts.begin(i + 1) - first);
      const float* values = x.fetch(b, first, n, buffer);
      for (std::size_t j = 0; j < n; ++j) counts[i] += std::size_t{magnitude(values[j]) != 0 || is_nan(values[j])};
      first += n;
    }
  });
  std::size_t sum = 0;
  for (std::size_t i = 0; i < parts.count(); ++i) sum += counts[i];
  return sum;
}

inline constexpr parameter_count counted(std::size_t total, std::size_t nonzero, std::size_t bytes) {
  return {total, nonzero, bytes, total == 0 ? 0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(total)};
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

template <backend B, class T, std::size_t Rank>
parameter_count count_parameters(const B& b, const tensor_view<T, Rank>& x, const options& with = {}) {
  detail::check_view("count_parameters", x);
  return detail::counted(x.size(), detail::count_nonzero(b, detail::tensor_source<T, Rank>{x}, with.executor),
                         x.size() * sizeof(T));
}

template <backend B, is_precision P, class Byte>
parameter_count count_parameters(const B& b, const packed_view<P, Byte>& q, const options& with = {}) {
  detail::check_packed("count_parameters", q);
  return detail::counted(q.size(),
                         detail::count_nonzero(b, detail::packed_source<packed_view<P, Byte>>{q}, with.executor),
                         packed_bytes<P>(q.shape()));
}

/// Of a source of the caller's own that takes `bytes` bytes.
template <backend B, element_source S>
parameter_count count_parameters(const B& b, const S& source, std::size_t bytes, const options& with = {}) {
  const extents shape = source.shape();
  return detail::counted(shape.size(), detail::count_nonzero(b, detail::read_source<S>{&source}, with.executor), bytes);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

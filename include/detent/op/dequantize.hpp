// SPDX-License-Identifier: MIT
//
// dequantize, on views: the caller owns all memory, nothing is allocated.
//
//   dequantize(backend, q, y);                          // y = q
//   dequantize_add(backend, q, y);                      // y = y + q, in fp32
#ifndef DETENT_OP_DEQUANTIZE_HPP
#define DETENT_OP_DEQUANTIZE_HPP

#include <cstddef>

#include "detent/core/executor.hpp"
#include "detent/core/float_environment.hpp"
#include "detent/op/check.hpp"
#include "detent/op/source.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Writes a run of floats to a tensor, elements [first, first + n) in row-major order.
template <backend B, class T, std::size_t Rank>
constexpr void write_run(const B& b, const float* from, std::size_t first, std::size_t n,
                         const tensor_view<T, Rank>& to) {
  using codec = typename element_codec<T>::type;
  const std::size_t cols = to.shape().cols();
  const std::ptrdiff_t stride = to.stride(Rank - 1);
  for (std::size_t done = 0; done < n;) {
    const std::size_t col = (first + done) % cols;
    const std::size_t run = least(n - done, cols - col);
    T* at = to.row((first + done) / cols) + static_cast<std::ptrdiff_t>(col) * stride;
    bool written = false;
    if constexpr (!std::same_as<codec, void> && !std::same_as<T, float>) {
      if (stride == 1 && !__builtin_is_constant_evaluated()) {
        b.template encode<codec, affine{}>(from + done, run, run, {}, reinterpret_cast<code_t<codec>*>(at));
        written = true;
      }
    }
    for (std::size_t i = 0; i < run && !written; ++i) {
      at[static_cast<std::ptrdiff_t>(i) * stride] = static_cast<T>(from[done + i]);
    }
    done += run;
  }
}

template <bool Add, backend B, class View, class T, std::size_t Rank>
constexpr void dequantize_elements(const B& b, const View& q, const tensor_view<T, Rank>& y, std::size_t first,
                                   std::size_t end) {
  using G = typename View::precision_type::grouping;
  const bool in_place = !Add && std::same_as<T, float> && y.dense();
  float values[tile_elements];
  float before[tile_elements];
  while (first < end) {
    const tile t = tile_at<G>(q.shape(), first, end);
    if constexpr (std::same_as<T, float>) {
      if (in_place) {
        decode_tile(b, q, t, y.data() + t.first);
        first += t.length;
        continue;
      }
    }
    decode_tile(b, q, t, values);
    if constexpr (Add) {
      const float* old = tensor_source<T, Rank>{y}.fetch(b, t.first, t.length, before);
      for (std::size_t i = 0; i < t.length; ++i) values[i] = old[i] + rounded(values[i]);
    }
    write_run(b, values, t.first, t.length, y);
    first += t.length;
  }
}

/// All elements, as tasks. y has q's shape, or is flat with as many elements.
template <bool Add, backend B, class View, class T, std::size_t Rank>
constexpr void dequantize_all(const B& b, const View& q, const tensor_view<T, Rank>& y, const options& with) {
  const std::size_t elements = q.size();
  with.executor(task_count(elements), [&](std::size_t i) {
    const float_environment same;
    dequantize_elements<Add>(b, q, y, i * task_elements, least((i + 1) * task_elements, elements));
  });
}

template <class View, class T, std::size_t Rank>
constexpr void check_dequantize(const char* name, const View& q, const tensor_view<T, Rank>& y) {
  check_packed(name, q);
  check_view(name, y);
  check_same_shape(name, q.shape(), y.shape());
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// y = q, rounded to y's elements. Refuses shapes that differ and null pointers, with detent::error.
template <backend B, is_precision P, class Byte, class T, std::size_t Rank>
constexpr void dequantize(const B& b, const packed_view<P, Byte>& q, const tensor_view<T, Rank>& y,
                          const options& with = {}) {
  detail::check_dequantize("dequantize", q, y);
  detail::dequantize_all<false>(b, q, y, with);
}

/// y = y + q, summed in fp32 and rounded once to y's elements.
template <backend B, is_precision P, class Byte, class T, std::size_t Rank>
constexpr void dequantize_add(const B& b, const packed_view<P, Byte>& q, const tensor_view<T, Rank>& y,
                              const options& with = {}) {
  detail::check_dequantize("dequantize_add", q, y);
  detail::dequantize_all<true>(b, q, y, with);
}

/// Elements [first, first + count) of q, in row-major order, to plain floats: for callers that stream.
template <backend B, is_precision P, class Byte>
constexpr void dequantize_range(const B& b, const packed_view<P, Byte>& q, std::size_t first, std::size_t count,
                                float* to) {
  detail::check_packed("dequantize_range", q);
  if (first > q.size() || count > q.size() - first) {
    fail("dequantize_range: elements ", first, " to ", first + count, " of a tensor of ", q.size());
  }
  const detail::float_environment same;
  detail::decode_range(b, q, first, count, to);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

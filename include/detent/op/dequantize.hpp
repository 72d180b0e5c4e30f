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

/// n values to elements that lie one after another, past the caches if `stream`.
template <backend B, class T>
constexpr void write_dense(const B& b, const float* from, std::size_t n, T* to, bool stream) {
  using codec = typename element_codec<T>::type;
  if constexpr (!std::same_as<codec, void>) {
    if (!__builtin_is_constant_evaluated()) {
      if (!stream) {
        b.template encode<codec, affine{}>(from, n, n, {}, reinterpret_cast<code_t<codec>*>(to));
      } else if constexpr (std::same_as<T, float>) {
        steps_of(b).stream(from, n * sizeof(T), to);
      } else {
        alignas(cache_line) code_t<codec> codes[tile_elements];
        b.template encode<codec, affine{}>(from, n, n, {}, codes);
        steps_of(b).stream(codes, n * sizeof(T), to);
      }
      return;
    }
  }
  for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<T>(from[i]);
}

/// Elements [first, first + n) of a view, at most tile_elements.
template <backend B, class T, std::size_t Rank>
constexpr void write_run(const B& b, const float* from, std::size_t first, std::size_t n,
                         const tensor_view<T, Rank>& to, bool stream) {
  const std::size_t cols = to.shape().cols();
  const std::ptrdiff_t stride = to.stride(Rank - 1);
  for (std::size_t done = 0; done < n;) {
    const std::size_t col = (first + done) % cols;
    const std::size_t run = least(n - done, cols - col);
    T* at = to.row((first + done) / cols) + static_cast<std::ptrdiff_t>(col) * stride;
    if (stride == 1) {
      write_dense(b, from + done, run, at, stream);
    } else {
      for (std::size_t i = 0; i < run; ++i)
        at[static_cast<std::ptrdiff_t>(i) * stride] = static_cast<T>(from[done + i]);
    }
    done += run;
  }
}

/// A tile straight to elements that lie one after another; false where they have to be floats in a buffer first.
template <backend B, class View, class T>
constexpr bool decode_straight(const B& b, tile_decoder<View>& decode, const tile& t, T* to, bool stream) {
  using codec = typename element_codec<T>::type;
  if constexpr (std::same_as<T, float>) {
    if (stream && !passes_caches<View>(b, t, to)) return false;
    if constexpr (decodes_past_caches<B, typename View::precision_type>) {
      if (stream) {
        decode.past_caches(b, t, to);
        return true;
      }
    }
    decode(b, t, to);
    return true;
  } else if constexpr (decodes_as<B, typename View::precision_type, codec>) {
    if (__builtin_is_constant_evaluated()) return false;
    auto* elements = reinterpret_cast<code_t<codec>*>(to);
    if (!stream) {
      decode.template as<codec>(b, t, elements);
      return true;
    }
    alignas(cache_line) code_t<codec> codes[tile_elements];
    decode.template as<codec>(b, t, codes);
    steps_of(b).stream(codes, t.length * sizeof(T), elements);
    return true;
  } else {
    return false;
  }
}

/// Elements [first, end) of q to y; with `Add`, to y + q.
template <bool Add, backend B, class View, class T, std::size_t Rank>
constexpr void dequantize_elements(const B& b, const View& q, const tensor_view<T, Rank>& y, std::size_t first,
                                   std::size_t end, bool stream) {
  using G = typename View::precision_type::grouping;
  constexpr bool floats = std::same_as<T, float>;
  const bool dense = y.dense();
  const bool near_by = asks_near(b);
  const std::size_t most = largest_tile(stream);
  tile_decoder<View> decode(q, end);
  alignas(cache_line) float values[tile_elements];
  while (first < end) {
    const tile t = tile_at<G>(q.shape(), first, end, most);
    if (stream) ask_for_codes(near_by, q, first + 2 * prefetch_distance, t.length);
    if (!Add && dense && decode_straight(b, decode, t, y.data() + t.first, stream)) {
      first += t.length;
      continue;
    }
    decode(b, t, values);
    if constexpr (floats && Add) {
      if (dense) {  // Lines that have been read are in the caches anyway.
        steps_of(b).add(y.data() + t.first, values, t.length, y.data() + t.first);
        first += t.length;
        continue;
      }
    }
    if constexpr (Add) {
      alignas(cache_line) float before[tile_elements];
      steps_of(b).add(tensor_source<T, Rank>{y}.fetch(b, t.first, t.length, before), values, t.length, values);
    }
    if (dense)
      write_dense(b, values, t.length, y.data() + t.first, stream);
    else
      write_run(b, values, t.first, t.length, y, stream);
    first += t.length;
  }
}

template <bool Add, backend B, class View, class T, std::size_t Rank>
constexpr void dequantize_all(const B& b, const View& q, const tensor_view<T, Rank>& y, const options& with) {
  using P = typename View::precision_type;
  const std::size_t elements = q.size();
  const bool stream = packed_bytes<P>(q.shape()) + elements * sizeof(T) * (Add ? 2 : 1) >= with.stream_from;
  for_each_share(elements, 1, with.executor, [&](std::size_t first, std::size_t end) {
    const float_environment same;
    dequantize_elements<Add>(b, q, y, first, end, stream);
    if (stream) steps_of(b).fence();
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

// SPDX-License-Identifier: MIT
//
// Where quantizing reads from: anything that has a shape and gives a run of elements, in row-major order, as fp32:
// in place if it lies so in memory, else in the caller's buffer.
//
//   tensor_source     a tensor view, of any element type and strides
//   read_source       whatever the caller wrote (element_source)
//   packed_source     another quantized tensor (convert)
//   array_source      a part of a tensor, as plain floats
//   centered_source   another source minus a constant
#ifndef DETENT_OP_SOURCE_HPP
#define DETENT_OP_SOURCE_HPP

#include <concepts>
#include <cstddef>

#include "detent/core/view.hpp"
#include "detent/op/decode.hpp"

namespace detent::inline v0 {

/// A source of your own: its shape, and any run of its elements, in row-major order, as floats. `read` may be called by
/// several threads at once. If it also has `floats()`, that is a pointer to all of them, or null if there is none.
template <class S>
concept element_source = requires(const S& source, std::size_t first, std::size_t n, float* to) {
  { source.shape() } -> std::convertible_to<extents>;
  source.read(first, n, to);
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Floats that a buffer for `fetch` must hold.
template <class Source>
inline constexpr std::size_t buffer_of = [] {
  if constexpr (requires { Source::needs_buffer; }) return Source::needs_buffer ? tile_elements : std::size_t{1};
  return tile_elements;
}();

/// The caller's own source.
template <element_source S>
struct read_source {
  const S* source;
  extents whole = source->shape();

  constexpr const extents& shape() const { return whole; }

  template <backend B>
  constexpr const float* fetch(const B&, std::size_t first, std::size_t n, float* buffer) const {
    if constexpr (requires { source->floats(); }) {
      if (const float* all = source->floats()) return all + first;
    }
    source->read(first, n, buffer);
    return buffer;
  }
};

template <class T, std::size_t Rank>
struct tensor_source {
  tensor_view<T, Rank> view;

  using value_type = typename tensor_view<T, Rank>::value_type;
  using codec = typename element_codec<value_type>::type;

  constexpr const extents& shape() const { return view.shape(); }

  template <backend B>
  constexpr const float* fetch(const B& b, std::size_t first, std::size_t n, float* buffer) const {
    if constexpr (std::same_as<value_type, float>) {
      if (dense) return view.data() + first;
    }
    const std::size_t cols = view.shape().cols();
    for (std::size_t done = 0; done < n;) {
      const std::size_t col = (first + done) % cols;
      const std::size_t run = least(n - done, cols - col);
      const std::ptrdiff_t stride = view.stride(Rank - 1);
      convert(b, view.row((first + done) / cols) + static_cast<std::ptrdiff_t>(col) * stride, stride, run,
              buffer + done);
      done += run;
    }
    return buffer;
  }

  bool dense = view.dense();

 private:
  template <backend B>
  static constexpr void convert(const B& b, T* from, std::ptrdiff_t stride, std::size_t n, float* to) {
    if constexpr (!std::same_as<codec, void> && !std::same_as<value_type, float>) {
      if (stride == 1 && !__builtin_is_constant_evaluated()) {
        b.template decode<codec, affine{}>(reinterpret_cast<const code_t<codec>*>(from), n, n, {}, to);
        return;
      }
    }
    for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<float>(from[static_cast<std::ptrdiff_t>(i) * stride]);
  }
};

/// True if `fetch` gives the caller's own floats, one after another.
template <class Source>
constexpr bool lies_as_floats(const Source& x) {
  if constexpr (requires { requires std::same_as<typename Source::value_type, float>; })
    return x.dense;
  else
    return false;
}

template <class View>
struct packed_source {
  View view;

  constexpr const extents& shape() const { return view.shape(); }

  template <backend B>
  constexpr const float* fetch(const B& b, std::size_t first, std::size_t n, float* buffer) const {
    decode_range(b, view, first, n, buffer);
    return buffer;
  }
};

/// What an operation reads from that was given a view, or a source of the caller's own.
template <class T, std::size_t Rank>
constexpr tensor_source<T, Rank> source_of(const tensor_view<T, Rank>& x) {
  return {x};
}
template <element_source S>
constexpr read_source<S> source_of(const S& x) {
  return {&x};
}

/// values[0] is element `base` of a tensor of this shape.
struct array_source {
  static constexpr bool needs_buffer = false;
  const float* values;
  std::size_t base;
  extents whole;

  constexpr const extents& shape() const { return whole; }

  template <backend B>
  constexpr const float* fetch(const B&, std::size_t first, std::size_t, float*) const {
    return values + (first - base);
  }
};

template <class Source>
struct centered_source {
  Source source;
  float center;

  constexpr const extents& shape() const { return source.shape(); }

  template <backend B>
  constexpr const float* fetch(const B& b, std::size_t first, std::size_t n, float* buffer) const {
    const float* x = source.fetch(b, first, n, buffer);
    if (is_nan(center)) {  // whose sign stays what it is
      for (std::size_t i = 0; i < n; ++i) buffer[i] = rounded(x[i] - center);
      return buffer;
    }
    constexpr std::size_t most = 256;
    alignas(cache_line) float less[most];
    for (std::size_t i = 0; i < most && i < n; ++i) less[i] = -center;
    for (std::size_t i = 0; i < n; i += most) steps_of(b).add(x + i, less, least(most, n - i), buffer + i);
    return buffer;
  }
};

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// The operations on the fastest kernels of the processor that the program runs on, whatever the compiler's flags:
//
//   auto q = detent::quantize<detent::nf4>(w);          // packed_tensor<nf4>
//   auto y = detent::dequantize(q);                     // tensor<float>
//   detent::quantize(w, q_view);                        // on views, without allocating
#ifndef DETENT_NATIVE_HPP
#define DETENT_NATIVE_HPP

#include "detent/backend/native.hpp"
#include "detent/detent.hpp"

namespace detent::inline v0::inline DETENT_CHOICE {

template <is_precision P, class T, std::size_t Rank>
packed_tensor<P> quantize(const tensor_view<T, Rank>& x, const options& with = {}) {
  return quantize<P>(native{}, x, with);
}

template <is_precision P, class T, std::size_t Rank>
packed_tensor<P> quantize(const tensor_view<T, Rank>& x, const stochastic& rounding, const options& with = {}) {
  return quantize<P>(native{}, x, rounding, with);
}

template <class T, std::size_t Rank, is_precision P>
quantize_report quantize(const tensor_view<T, Rank>& x, const packed_view<P, std::uint8_t>& q,
                         const options& with = {}) {
  return quantize(native{}, x, q, with);
}

template <class T = float, is_precision P, class Allocator>
tensor<T> dequantize(const packed_tensor<P, Allocator>& q, const options& with = {}) {
  return dequantize<T>(native{}, q, with);
}

template <is_precision P, class Allocator, class T, std::size_t Rank>
void dequantize(const packed_tensor<P, Allocator>& q, const tensor_view<T, Rank>& y, const options& with = {}) {
  dequantize(native{}, q.view(), y, with);
}

template <is_precision P, class Byte, class T, std::size_t Rank>
void dequantize(const packed_view<P, Byte>& q, const tensor_view<T, Rank>& y, const options& with = {}) {
  dequantize(native{}, q, y, with);
}

template <is_precision To, is_precision From, class Allocator>
packed_tensor<To> convert(const packed_tensor<From, Allocator>& from, const options& with = {}) {
  return convert<To>(native{}, from, with);
}

/// Only the codes, with the scales that q already holds.
template <class T, std::size_t Rank, is_precision P>
quantize_report encode(const tensor_view<T, Rank>& x, const packed_view<P, std::uint8_t>& q, const options& with = {}) {
  return encode(native{}, x, q, with);
}

/// y = y + q.
template <is_precision P, class Byte, class T, std::size_t Rank>
void dequantize_add(const packed_view<P, Byte>& q, const tensor_view<T, Rank>& y, const options& with = {}) {
  dequantize_add(native{}, q, y, with);
}

template <is_precision P, class Allocator, class T, std::size_t Rank>
void dequantize_add(const packed_tensor<P, Allocator>& q, const tensor_view<T, Rank>& y, const options& with = {}) {
  dequantize_add(native{}, q.view(), y, with);
}

template <is_precision P, class Allocator>
parameter_count count_parameters(const packed_tensor<P, Allocator>& q, const options& with = {}) {
  return count_parameters(native{}, q.view(), with);
}

template <class T, std::size_t Rank>
parameter_count count_parameters(const tensor_view<T, Rank>& x, const options& with = {}) {
  return count_parameters(native{}, x, with);
}

template <class T, class U, std::size_t Rank>
error_metrics measure_error(const tensor_view<T, Rank>& reference, const tensor_view<U, Rank>& x,
                            const options& with = {}) {
  return measure_error(native{}, reference, x, with);
}

template <class T, std::size_t Rank, is_precision P, class Allocator>
error_metrics measure_error(const tensor_view<T, Rank>& reference, const packed_tensor<P, Allocator>& q,
                            const options& with = {}) {
  return measure_error(native{}, reference, q.view(), with);
}

}  // namespace detent::inline v0::inline DETENT_CHOICE

#endif

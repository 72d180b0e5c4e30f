// SPDX-License-Identifier: MIT
//
// A quantized tensor that owns its memory: one block, in which each plane starts at a multiple of 64 bytes.
//
//   packed_tensor<nf4> q({4096, 4096});                 // uninitialized: fill it through q.view()
//   auto q = quantize<nf4>(backend, x);                 // made from a tensor
//   auto y = dequantize(backend, q);                    // tensor<float>
#ifndef DETENT_STORE_PACKED_TENSOR_HPP
#define DETENT_STORE_PACKED_TENSOR_HPP

#include <cstddef>
#include <cstdint>

#include "detent/op/convert.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/quantize.hpp"
#include "detent/store/tensor.hpp"

namespace detent::inline v0 {

template <is_precision P, byte_allocator Allocator = heap>
class packed_tensor {
 public:
  using precision_type = P;

  packed_tensor() = default;

  /// Refuses shapes that the precision cannot hold, with detent::error.
  DETENT_INLINE explicit packed_tensor(const extents& shape, const Allocator& allocator = {})
      : shape_(checked(shape)), memory_(padded_bytes(shape), allocator) {}

  DETENT_INLINE const extents& shape() const { return shape_; }
  DETENT_INLINE std::size_t size() const { return shape_.size(); }

  /// Exact bytes of the codes and all scales, without the padding between planes.
  DETENT_INLINE std::size_t bytes() const { return packed_bytes<P>(shape_); }

  DETENT_INLINE packed_view<P, std::uint8_t> view() { return view_of<std::uint8_t>(); }
  DETENT_INLINE packed_view<P, const std::uint8_t> view() const { return view_of<const std::uint8_t>(); }

  /// What quantizing met, if `quantize` made this tensor.
  DETENT_INLINE const quantize_report& report() const { return report_; }
  DETENT_INLINE void set_report(const quantize_report& report) { report_ = report; }

 private:
  DETENT_INLINE static const extents& checked(const extents& shape) {
    detail::check_precision<P>("packed_tensor", shape);
    return shape;
  }

  DETENT_INLINE static std::size_t padded_bytes(const extents& shape) {
    const auto sizes = plane_bytes<P>(shape);
    std::size_t sum = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) sum += detail::aligned_up(sizes[i]);
    return sum;
  }

  template <class Byte>
  DETENT_INLINE packed_view<P, Byte> view_of() const {
    if constexpr (!detail::is_planar<P>) {
      return {shape_, memory_.data()};
    } else {
      const auto sizes = plane_bytes<P>(shape_);
      Byte* planes[detail::plane_count<P>] = {};
      Byte* at = memory_.data();
      for (std::size_t i = 0; i < sizes.size(); ++i) {
        planes[i] = at;
        at += detail::aligned_up(sizes[i]);
      }
      return {shape_, planes, std::size_t{0}};
    }
  }

  extents shape_;
  detail::memory<Allocator> memory_;
  quantize_report report_;
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Calls f(options) with a workspace, if P has a use for one and the caller gave none.
template <is_precision P, byte_allocator Allocator, class F>
quantize_report with_workspace(const extents& shape, const options& with, const Allocator& allocator, const F& f) {
  if (host_workspace_bytes<P>(shape) == 0 || with.workspace != nullptr) return f(with);
  const memory<Allocator> workspace(host_workspace_bytes<P>(shape), allocator);
  options all = with;
  all.workspace = workspace.data();
  all.workspace_bytes = workspace.size();
  return f(all);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// A new tensor of precision P. Its `report()` says what was met.
template <is_precision P, backend B, class T, std::size_t Rank, byte_allocator Allocator = heap>
packed_tensor<P, Allocator> quantize(const B& b, const tensor_view<T, Rank>& x, const options& with = {},
                                     const Allocator& allocator = {}) {
  detail::check_view("quantize", x);
  packed_tensor<P, Allocator> q(x.shape(), allocator);
  q.set_report(detail::with_workspace<P>(x.shape(), with, allocator,
                                         [&](const options& all) { return quantize(b, x, q.view(), all); }));
  return q;
}

/// The same, rounding at random.
template <is_precision P, backend B, class T, std::size_t Rank, byte_allocator Allocator = heap>
packed_tensor<P, Allocator> quantize(const B& b, const tensor_view<T, Rank>& x, const stochastic& rounding,
                                     const options& with = {}, const Allocator& allocator = {}) {
  detail::check_view("quantize", x);
  packed_tensor<P, Allocator> q(x.shape(), allocator);
  q.set_report(detail::with_workspace<P>(x.shape(), with, allocator,
                                         [&](const options& all) { return quantize(b, x, q.view(), rounding, all); }));
  return q;
}

/// A new tensor of precision To.
template <is_precision To, backend B, is_precision From, class FromAllocator, byte_allocator Allocator = heap>
packed_tensor<To, Allocator> convert(const B& b, const packed_tensor<From, FromAllocator>& from,
                                     const options& with = {}, const Allocator& allocator = {}) {
  packed_tensor<To, Allocator> q(from.shape(), allocator);
  q.set_report(detail::with_workspace<To>(from.shape(), with, allocator,
                                          [&](const options& all) { return convert(b, from.view(), q.view(), all); }));
  return q;
}

/// A new tensor of floats, or of T.
template <class T = float, backend B, is_precision P, class PackedAllocator, byte_allocator Allocator = heap>
tensor<T, Allocator> dequantize(const B& b, const packed_tensor<P, PackedAllocator>& q, const options& with = {},
                                const Allocator& allocator = {}) {
  tensor<T, Allocator> y(q.shape(), allocator);
  detail::dequantize_all<false>(b, q.view(), tensor_view<T, 1>(y.data(), extents(y.size())), with);
  return y;
}

/// y = q.
template <backend B, is_precision P, class Allocator, class T, std::size_t Rank>
void dequantize(const B& b, const packed_tensor<P, Allocator>& q, const tensor_view<T, Rank>& y,
                const options& with = {}) {
  dequantize(b, q.view(), y, with);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

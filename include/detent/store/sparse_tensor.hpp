// SPDX-License-Identifier: MIT
//
// A sparse tensor that owns its memory: one block, in which the index and each plane start at a multiple of 64 bytes.
//
//   auto s = compress<bitmask, fp32>(backend, x, keep);       // from a dense tensor and a mask
//   auto s = compress<two_of_four>(backend, q, keep);         // from a packed_tensor
//   auto y = dequantize(backend, s);                          // tensor<float>
#ifndef DETENT_STORE_SPARSE_TENSOR_HPP
#define DETENT_STORE_SPARSE_TENSOR_HPP

#include <cstddef>
#include <cstdint>

#include "detent/op/expand.hpp"
#include "detent/store/packed_tensor.hpp"

namespace detent::inline v0 {

template <class L, is_precision P, byte_allocator Allocator = heap>
class sparse_tensor {
 public:
  using layout = L;
  using precision_type = P;

  sparse_tensor() = default;

  /// Uninitialized, for `stored` stored elements. Refuses shapes that layout or precision cannot hold.
  DETENT_INLINE sparse_tensor(const extents& shape, std::size_t stored, const Allocator& allocator = {})
      : shape_(checked(shape, stored)), stored_(stored), memory_(padded_bytes(shape, stored), allocator) {}

  DETENT_INLINE const extents& shape() const { return shape_; }
  DETENT_INLINE std::size_t size() const { return shape_.size(); }
  DETENT_INLINE std::size_t stored() const { return stored_; }

  /// Exact bytes of the index and all planes, without the padding between them.
  DETENT_INLINE std::size_t bytes() const { return sparse_bytes<L, P>(shape_, stored_); }

  DETENT_INLINE sparse_view<L, P, std::uint8_t> view() { return view_of<std::uint8_t>(); }
  DETENT_INLINE sparse_view<L, P, const std::uint8_t> view() const { return view_of<const std::uint8_t>(); }

 private:
  using bytes_of_parts = detail::table<std::size_t, 2>;

  /// Bytes of the two arrays of the index, in the order of L's members; two_of_four has one.
  DETENT_INLINE static bytes_of_parts index_parts(const extents& shape, std::size_t stored) {
    const std::size_t all = L::index_bytes(shape, stored);
    if constexpr (std::same_as<L, two_of_four>) return {{all, 0}};
    if constexpr (std::same_as<L, bitmask>) {
      const std::size_t bits = shape.rows() * detail::bytes_of_bits(shape.cols());
      return {{bits, all - bits}};
    }
    const std::size_t offsets = (shape.rows() / L::block_rows + 1) * sizeof(std::uint64_t);
    return {{offsets, all - offsets}};
  }

  DETENT_INLINE static const extents& checked(const extents& shape, std::size_t stored) {
    detail::check_precision<P>("sparse_tensor", shape);
    detail::check_layout_shape<L>("sparse_tensor", shape);
    if (stored > shape.size()) {
      fail("sparse_tensor: ", stored, " stored elements of the shape ", shape, ", which has ", shape.size());
    }
    return shape;
  }

  DETENT_INLINE static std::size_t padded_bytes(const extents& shape, std::size_t stored) {
    const bytes_of_parts index = index_parts(shape, stored);
    const auto sizes = sparse_plane_bytes<P>(shape, stored);
    std::size_t sum = detail::aligned_up(index[0]) + detail::aligned_up(index[1]);
    for (std::size_t i = 0; i < sizes.size(); ++i) sum += detail::aligned_up(sizes[i]);
    return sum;
  }

  template <class Byte>
  DETENT_INLINE sparse_view<L, P, Byte> view_of() const {
    sparse_view<L, P, Byte> to{shape_, stored_, {}, {}};
    const bytes_of_parts index = index_parts(shape_, stored_);
    const auto sizes = sparse_plane_bytes<P>(shape_, stored_);
    Byte* at = memory_.data();
    Byte* second = at + detail::aligned_up(index[0]);
    using words = detail::index_of<Byte, std::uint64_t>;
    if constexpr (std::same_as<L, two_of_four>)
      to.index = {at};
    else if constexpr (std::same_as<L, bitmask>)
      to.index = {at, reinterpret_cast<words*>(second)};
    else
      to.index = {reinterpret_cast<words*>(at), reinterpret_cast<detail::index_of<Byte, typename L::column>*>(second)};
    at = second + detail::aligned_up(index[1]);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      to.plane[i] = at;
      at += detail::aligned_up(sizes[i]);
    }
    return to;
  }

  extents shape_;
  std::size_t stored_ = 0;
  detail::memory<Allocator> memory_;
};

}  // namespace detent::inline v0

namespace detent::inline v0::inline DETENT_ISA {

/// A new sparse tensor of what the mask keeps of q.
template <class L, backend B, is_precision P, class Byte, mask M, byte_allocator Allocator = heap>
sparse_tensor<L, P, Allocator> compress(const B& b, const packed_view<P, Byte>& q, const M& m, const options& with = {},
                                        const Allocator& allocator = {}) {
  sparse_tensor<L, P, Allocator> s(q.shape(), stored_elements<L>(m), allocator);
  compress(b, q, m, s.view(), with);
  return s;
}
template <class L, backend B, is_precision P, class PackedAllocator, mask M, byte_allocator Allocator = heap>
sparse_tensor<L, P, Allocator> compress(const B& b, const packed_tensor<P, PackedAllocator>& q, const M& m,
                                        const options& with = {}, const Allocator& allocator = {}) {
  return compress<L>(b, q.view(), m, with, allocator);
}

/// The same of a dense tensor whose elements are those of P.
template <class L, unscaled_precision P, backend B, class T, std::size_t Rank, mask M, byte_allocator Allocator = heap>
sparse_tensor<L, P, Allocator> compress(const B& b, const tensor_view<T, Rank>& x, const M& m, const options& with = {},
                                        const Allocator& allocator = {}) {
  sparse_tensor<L, P, Allocator> s(x.shape(), stored_elements<L>(m), allocator);
  compress(b, x, m, s.view(), with);
  return s;
}

/// A new dense tensor of floats, or of T.
template <class T = float, class L, backend B, is_precision P, class SparseAllocator, byte_allocator Allocator = heap>
tensor<T, Allocator> dequantize(const B& b, const sparse_tensor<L, P, SparseAllocator>& s, const options& with = {},
                                const Allocator& allocator = {}) {
  tensor<T, Allocator> y(s.shape(), allocator);
  detail::dequantize_sparse(b, s.view(), tensor_view<T, 1>(y.data(), extents(y.size())), with);
  return y;
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

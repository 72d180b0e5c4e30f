// SPDX-License-Identifier: MIT
//
// A pruned tensor of which only survivors are stored, in memory that somebody else owns: a layout says where they lie
// (core/sparse_layout.hpp), a precision what they are. Sparse and quantized is one type:
//
//   sparse_view<bitmask, fp16, std::uint8_t>          survivors as they were
//   sparse_view<two_of_four, int8, std::uint8_t>      codes of the survivors, scales of the dense tensor
//
// Scales, shifts and zero points are those of the dense tensor, whole: a scale for each row or block keeps its meaning,
// whatever was pruned. What is pruned decodes to +0.
#ifndef DETENT_CORE_SPARSE_HPP
#define DETENT_CORE_SPARSE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/packed.hpp"
#include "detent/core/sparse_layout.hpp"

namespace detent::inline v0 {

template <class L, is_precision P, class Byte>
struct sparse_view {
  static_assert(detail::is_planar<P>,
                "sparse storage needs planes that lie apart: a record holds its pruned codes too");
  using layout = L;
  using precision_type = P;
  using codec = typename P::codec;
  static constexpr std::size_t planes = detail::plane_count<P>;

  extents shape = {};      ///< of the dense tensor
  std::size_t stored = 0;  ///< elements that are stored
  typename L::template index<Byte> index = {};
  Byte* plane[planes] = {};  ///< the codes of what is stored, then the planes of the dense tensor's scales and so on

  DETENT_INLINE constexpr operator sparse_view<L, P, const std::uint8_t>() const
    requires std::same_as<Byte, std::uint8_t>
  {
    sparse_view<L, P, const std::uint8_t> to{shape, stored, index, {}};
    for (std::size_t i = 0; i < planes; ++i) to.plane[i] = plane[i];
    return to;
  }

  /// The parts of the dense tensor. Its codes are not there: plane 0 holds those that are stored.
  DETENT_INLINE constexpr packed_view<P, Byte> parts() const { return {shape, plane, std::size_t{0}}; }
};

/// Bytes of each plane of a sparse tensor: the codes of `stored` elements, scales and so on of the whole shape.
template <is_precision P>
DETENT_INLINE constexpr detail::table<std::size_t, detail::plane_count<P>> sparse_plane_bytes(const extents& shape,
                                                                                              std::size_t stored) {
  auto sizes = plane_bytes<P>(shape);
  sizes[0] = P::packing::template bytes<P::codec::bits>(stored);
  return sizes;
}

/// Exact bytes of a sparse tensor: index and all planes, without any padding.
template <class L, is_precision P>
DETENT_INLINE constexpr std::size_t sparse_bytes(const extents& shape, std::size_t stored) {
  std::size_t sum = L::index_bytes(shape, stored);
  const auto sizes = sparse_plane_bytes<P>(shape, stored);
  for (std::size_t i = 0; i < sizes.size(); ++i) sum += sizes[i];
  return sum;
}

}  // namespace detent::inline v0

#endif

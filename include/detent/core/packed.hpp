// SPDX-License-Identifier: MIT
//
// A quantized tensor in memory that somebody else owns. Its planes are the codes, then those of the scale, the shift
// and the zero point, each of them a quantized tensor in turn:
//
//   packed_view<nf4> q{{rows, cols}, codes, scales};        plane by plane
//   packed_view<ggml::q8_0> q{{rows, cols}, blocks};        block by block: one pointer
//
// `q.scale()` is the view of the tensor of scales: recursion ends at a precision without one.
#ifndef DETENT_CORE_PACKED_HPP
#define DETENT_CORE_PACKED_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/precision.hpp"

namespace detent::inline v0 {

namespace detail {

/// The shape of the tensor of shifts.
template <class P>
DETENT_INLINE constexpr extents shift_shape(const extents& shape) {
  static_assert(!has_shift<P> || is_centered<P> || std::same_as<typename P::shift_grouping, typename P::grouping>,
                "a precision has a shift for each group, or one for the whole tensor");
  static_assert(!std::same_as<typename P::grouping, unscaled> || (!has_shift<P> && !has_zero_point<P>),
                "only a precision with groups has a shift or a zero point");
  return P::shift_grouping::groups(shape);
}

/// Writes the bytes of each plane, in the order of planes.
template <class P>
struct plane_sizes {
  DETENT_INLINE static constexpr void write(const extents& shape, std::size_t*& to) {
    *to++ = P::packing::template bytes<P::codec::bits>(shape.size());
    plane_sizes<typename P::scale>::write(P::grouping::groups(shape), to);
    plane_sizes<typename P::shift>::write(shift_shape<P>(shape), to);
    plane_sizes<typename P::zero_point>::write(P::grouping::groups(shape), to);
  }
};
template <>
struct plane_sizes<none> {
  DETENT_INLINE static constexpr void write(const extents&, std::size_t*&) {}
};

template <class P>
inline constexpr bool is_planar = P::layout::elements == 0;

/// Groups in a record that holds `elements` elements of P; 0 where planes lie apart.
template <class P>
DETENT_INLINE constexpr std::size_t groups_in_record(std::size_t elements) {
  if constexpr (requires { P::grouping::block; }) return elements / P::grouping::block;
  return 0;
}

}  // namespace detail

/// Bytes of each plane of a tensor of this shape. Block by block: only the first is not 0, and it holds all.
template <is_precision P>
DETENT_INLINE constexpr detail::table<std::size_t, detail::plane_count<P>> plane_bytes(const extents& shape) {
  detail::table<std::size_t, detail::plane_count<P>> sizes{};
  if constexpr (detail::is_planar<P>) {
    std::size_t* to = sizes.data;
    detail::plane_sizes<P>::write(shape, to);
  } else {
    sizes[0] = shape.size() / P::layout::elements * P::layout::bytes;
  }
  return sizes;
}

/// Exact bytes of a quantized tensor of this shape: codes, scales, shifts and zero points, without any padding.
template <is_precision P>
DETENT_INLINE constexpr std::size_t packed_bytes(const extents& shape) {
  const auto sizes = plane_bytes<P>(shape);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) sum += sizes[i];
  return sum;
}

/// `Byte` is std::uint8_t or, for reading, const std::uint8_t. `PerRecord` codes lie in each record; 0: no records.
template <is_precision P, class Byte, std::size_t PerRecord = P::layout::elements>
class packed_view {
 public:
  using precision_type = P;
  using codec = typename P::codec;
  static constexpr std::size_t planes = detail::plane_count<P>;
  static constexpr std::size_t per_record = PerRecord;

  constexpr packed_view() = default;

  /// Planes that lie apart: a pointer to each, of bytes or of anything with a little-endian image in memory.
  template <class... Pointers>
    requires(PerRecord == 0 && sizeof...(Pointers) == planes)
  DETENT_INLINE constexpr packed_view(const extents& shape, Pointers*... pointers)
      : shape_(shape), data_{as_bytes(pointers)...} {}

  /// Block by block: the first byte of the first record. Rows must be whole records.
  template <class Pointer>
    requires(PerRecord != 0 && !detail::is_planar<P>)
  [[gnu::always_inline]] constexpr packed_view(const extents& shape, Pointer* first)
      : shape_(shape), stride_(P::layout::bytes) {
    for (std::size_t i = 0; i < planes; ++i) data_[i] = as_bytes(first) + P::layout::offsets[i];
  }

  /// A part of another view: its planes from `first` on.
  DETENT_INLINE constexpr packed_view(const extents& shape, Byte* const* data, std::size_t stride)
      : shape_(shape), stride_(stride) {
    for (std::size_t i = 0; i < planes; ++i) data_[i] = data[i];
  }

  /// Writable to read-only.
  template <std::same_as<Byte> B>
    requires std::same_as<B, std::uint8_t>
  DETENT_INLINE constexpr operator packed_view<P, const B, PerRecord>() const {
    const std::uint8_t* data[planes] = {};
    for (std::size_t i = 0; i < planes; ++i) data[i] = data_[i];
    return {shape_, data, stride_};
  }

  DETENT_INLINE constexpr const extents& shape() const { return shape_; }
  DETENT_INLINE constexpr std::size_t size() const { return shape_.size(); }
  DETENT_INLINE constexpr std::size_t stride() const { return stride_; }

  /// The first byte of plane i: 0 are the codes.
  DETENT_INLINE constexpr Byte* plane(std::size_t i) const { return data_[i]; }

  /// The bytes that hold code i, and the code's number among them.
  DETENT_INLINE constexpr Byte* bytes_of(std::size_t i) const {
    if constexpr (PerRecord == 0) return data_[0];
    return data_[0] + i / per_record_or_1 * stride_;
  }
  DETENT_INLINE static constexpr std::size_t index_in_bytes(std::size_t i) {
    return PerRecord == 0 ? i : i % per_record_or_1;
  }

  DETENT_INLINE constexpr std::uint32_t code(std::size_t i) const {
    return P::packing::template get<codec::bits>(bytes_of(i), index_in_bytes(i));
  }

  DETENT_INLINE constexpr auto scale() const {
    return part<typename P::scale, groups_per_record>(P::grouping::groups(shape_), 1);
  }
  DETENT_INLINE constexpr auto shift() const {
    return part<typename P::shift, groups_per_record>(detail::shift_shape<P>(shape_),
                                                      1 + detail::plane_count<typename P::scale>);
  }
  DETENT_INLINE constexpr auto zero_point() const {
    return part<typename P::zero_point, groups_per_record>(
        P::grouping::groups(shape_),
        1 + detail::plane_count<typename P::scale> + detail::plane_count<typename P::shift>);
  }

 private:
  static constexpr std::size_t per_record_or_1 = PerRecord == 0 ? 1 : PerRecord;
  static constexpr std::size_t groups_per_record = detail::groups_in_record<P>(PerRecord);

  template <class Part, std::size_t PartPerRecord>
  DETENT_INLINE constexpr auto part(const extents& shape, std::size_t first_plane) const {
    return packed_view<Part, Byte, PartPerRecord>(shape, data_ + first_plane, stride_);
  }

  template <class T>
  DETENT_INLINE static constexpr Byte* as_bytes(T* pointer) {
    if constexpr (std::convertible_to<T*, Byte*>)
      return pointer;
    else
      return reinterpret_cast<Byte*>(pointer);
  }

  extents shape_;
  Byte* data_[planes] = {};
  std::size_t stride_ = 0;
};

}  // namespace detent::inline v0

#endif

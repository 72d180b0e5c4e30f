// SPDX-License-Identifier: MIT
//
// A tensor in memory that somebody else owns: a pointer, a shape of rank 1 to 4, and strides in elements.
//
//   tensor_view<const float, 2> w{data, {rows, cols}};                  dense, row-major
//   tensor_view<const float, 2> t{data, {cols, rows}, {1, cols}};       its transpose
//   tensor_view<float, 1> v{vector};                                    anything with data() and size()
//   tensor_view<float, 2> m{mdspan};                                    anything like std::mdspan
//
// Elements: float, element<fp16>, element<bf16> and every other precision that is a codec alone, and any type that
// converts to float and back (double, _Float16, Eigen::half).
#ifndef DETENT_CORE_VIEW_HPP
#define DETENT_CORE_VIEW_HPP

#include <concepts>
#include <cstddef>

#include "detent/core/codec.hpp"
#include "detent/core/extents.hpp"
#include "detent/core/precision.hpp"

namespace detent::inline v0 {

/// One number of a precision that is a codec alone, in memory: element<fp16> is two bytes.
template <class P>
struct element {
  using codec = typename P::codec;
  static_assert(codec::bits == 8 || codec::bits == 16 || codec::bits == 32, "an element is one, two or four bytes");

  code_t<codec> bits;

  element() = default;
  DETENT_INLINE constexpr explicit element(float value) : bits(static_cast<code_t<codec>>(codec::encode(value))) {}
  DETENT_INLINE constexpr explicit operator float() const { return codec::decode(bits); }
};

/// The codec of an element type, where its bytes are codes; void where it is only convertible to float. Specialize it
/// for your own 16-bit types and they are converted many at a time.
template <class T>
struct element_codec {
  using type = void;
};
template <>
struct element_codec<float> {
  using type = fp32_codec;
};
template <class P>
struct element_codec<element<P>> {
  using type = typename P::codec;
};

namespace detail {
template <class T>
struct without_const {
  using type = T;
};
template <class T>
struct without_const<const T> {
  using type = T;
};
}  // namespace detail

template <class T, std::size_t Rank>
class tensor_view {
 public:
  static_assert(Rank >= 1 && Rank <= extents::max_rank, "a view has 1 to 4 axes");
  using element_type = T;
  using value_type = typename detail::without_const<T>::type;

  constexpr tensor_view() = default;

  /// Dense and row-major.
  [[gnu::always_inline]] constexpr tensor_view(T* data, const extents& shape) : data_(data), shape_(shape) {
    check_rank();
    for (std::size_t axis = 0; axis < Rank; ++axis) strides_[axis] = static_cast<std::ptrdiff_t>(shape.inner(axis));
  }

  /// With a stride for each axis, in elements; strides may be negative or 0.
  [[gnu::always_inline]] constexpr tensor_view(T* data, const extents& shape, const std::ptrdiff_t (&strides)[Rank])
      : data_(data), shape_(shape) {
    check_rank();
    for (std::size_t axis = 0; axis < Rank; ++axis) strides_[axis] = strides[axis];
  }

  /// std::span, std::vector, std::array: a row. Not another view, whose stride would be lost.
  template <class Range>
    requires(Rank == 1) &&
            requires(Range& range) {
              { range.data() } -> std::convertible_to<T*>;
              { range.size() } -> std::convertible_to<std::size_t>;
            } && (!requires(Range& range) { range.stride(std::size_t{}); })
  [[gnu::always_inline]] constexpr explicit tensor_view(Range&& range)
      : tensor_view(range.data(), extents(range.size())) {}

  /// std::mdspan with strides.
  template <class Span>
    requires(Span::rank() == Rank) && requires(const Span& span) {
      { span.data_handle() } -> std::convertible_to<T*>;
      span.extent(0);
      span.stride(0);
    }
  [[gnu::always_inline]] constexpr explicit tensor_view(const Span& span) : data_(span.data_handle()) {
    shape_.rank = Rank;
    for (std::size_t axis = 0; axis < Rank; ++axis) {
      shape_.extent[axis] = static_cast<std::size_t>(span.extent(axis));
      strides_[axis] = static_cast<std::ptrdiff_t>(span.stride(axis));
    }
  }

  /// Writable to read-only.
  template <std::same_as<T> U>
    requires(!std::same_as<U, const value_type>)
  [[gnu::always_inline]] constexpr operator tensor_view<const U, Rank>() const {
    return {data_, shape_, strides_};
  }

  DETENT_INLINE constexpr T* data() const { return data_; }
  DETENT_INLINE constexpr const extents& shape() const { return shape_; }
  DETENT_INLINE constexpr std::size_t size() const { return shape_.size(); }
  DETENT_INLINE constexpr std::ptrdiff_t stride(std::size_t axis) const { return strides_[axis]; }

  /// The element at these indices; they are not checked.
  template <std::convertible_to<std::size_t>... Indices>
    requires(sizeof...(Indices) == Rank)
  DETENT_INLINE constexpr T& operator()(Indices... indices) const {
    const std::size_t at[] = {static_cast<std::size_t>(indices)...};
    std::ptrdiff_t offset = 0;
    for (std::size_t axis = 0; axis < Rank; ++axis) offset += static_cast<std::ptrdiff_t>(at[axis]) * strides_[axis];
    return data_[offset];
  }

  /// The first element of a row, rows counted in row-major order.
  DETENT_INLINE constexpr T* row(std::size_t index) const {
    std::ptrdiff_t offset = 0;
    for (std::size_t axis = Rank - 1; axis-- > 0;) {
      offset += static_cast<std::ptrdiff_t>(index % shape_[axis]) * strides_[axis];
      index /= shape_[axis];
    }
    return data_ + offset;
  }

  /// True if elements lie one after another in row-major order.
  DETENT_INLINE constexpr bool dense() const {
    for (std::size_t axis = 0; axis < Rank; ++axis) {
      if (shape_[axis] > 1 && strides_[axis] != static_cast<std::ptrdiff_t>(shape_.inner(axis))) return false;
    }
    return true;
  }

 private:
  [[gnu::always_inline]] constexpr void check_rank() const {
    if (shape_.rank != Rank) fail("a view of rank ", Rank, " was given the shape ", shape_);
  }

  T* data_ = nullptr;
  extents shape_;
  std::ptrdiff_t strides_[Rank] = {};
};

}  // namespace detent::inline v0

#endif

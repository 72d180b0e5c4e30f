// SPDX-License-Identifier: MIT
//
// A dense tensor that owns its memory, row-major, aligned to 64 bytes.
#ifndef DETENT_STORE_TENSOR_HPP
#define DETENT_STORE_TENSOR_HPP

#include <cstddef>

#include "detent/core/view.hpp"
#include "detent/op/check.hpp"
#include "detent/store/memory.hpp"

namespace detent::inline v0 {

template <class T, byte_allocator Allocator = heap>
class tensor {
 public:
  using element_type = T;

  tensor() = default;

  /// Elements are not initialized.
  DETENT_INLINE explicit tensor(const extents& shape, const Allocator& allocator = {})
      : shape_(checked(shape)), memory_(shape.size() * sizeof(T), allocator) {}

  DETENT_INLINE const extents& shape() const { return shape_; }
  DETENT_INLINE std::size_t size() const { return shape_.size(); }

  DETENT_INLINE T* data() { return reinterpret_cast<T*>(memory_.data()); }
  DETENT_INLINE const T* data() const { return reinterpret_cast<const T*>(memory_.data()); }
  DETENT_INLINE T* begin() { return data(); }
  DETENT_INLINE T* end() { return data() + size(); }
  DETENT_INLINE const T* begin() const { return data(); }
  DETENT_INLINE const T* end() const { return data() + size(); }
  DETENT_INLINE T& operator[](std::size_t i) { return data()[i]; }
  DETENT_INLINE const T& operator[](std::size_t i) const { return data()[i]; }

  /// Refuses a rank that is not the shape's, with detent::error.
  template <std::size_t Rank>
  DETENT_INLINE tensor_view<T, Rank> view() {
    return {data(), shape_};
  }
  template <std::size_t Rank>
  DETENT_INLINE tensor_view<const T, Rank> view() const {
    return {data(), shape_};
  }

 private:
  DETENT_INLINE static const extents& checked(const extents& shape) {
    detail::check_shape("tensor", shape);
    return shape;
  }

  extents shape_;
  detail::memory<Allocator> memory_;
};

}  // namespace detent::inline v0

#endif

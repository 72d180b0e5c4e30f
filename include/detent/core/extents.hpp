// SPDX-License-Identifier: MIT
//
// The shape of a tensor of rank 1 to 4. Elements are counted in row-major order: the last axis is a row, and `flat`
// indices run along rows first.
#ifndef DETENT_CORE_EXTENTS_HPP
#define DETENT_CORE_EXTENTS_HPP

#include <concepts>
#include <cstddef>

#include "detent/core/error.hpp"

namespace detent::inline v0 {

struct extents {
  static constexpr std::size_t max_rank = 4;

  std::size_t extent[max_rank] = {};
  std::size_t rank = 0;

  constexpr extents() = default;

  template <std::convertible_to<std::size_t>... Sizes>
    requires(sizeof...(Sizes) >= 1 && sizeof...(Sizes) <= max_rank)
  DETENT_INLINE constexpr extents(Sizes... sizes)
      : extent{static_cast<std::size_t>(sizes)...}, rank(sizeof...(Sizes)) {}

  DETENT_INLINE constexpr std::size_t operator[](std::size_t axis) const { return extent[axis]; }

  /// Length of a row: the last extent.
  DETENT_INLINE constexpr std::size_t cols() const { return rank == 0 ? 0 : extent[rank - 1]; }

  /// Number of elements.
  DETENT_INLINE constexpr std::size_t size() const {
    std::size_t product = rank == 0 ? 0 : 1;
    for (std::size_t axis = 0; axis < rank; ++axis) product *= extent[axis];
    return product;
  }

  /// Number of rows: the product of all extents but the last. 0 if there are no elements.
  DETENT_INLINE constexpr std::size_t rows() const { return cols() == 0 ? 0 : size() / cols(); }

  /// Number of elements behind one step along `axis`: the product of the extents after it.
  DETENT_INLINE constexpr std::size_t inner(std::size_t axis) const {
    std::size_t product = 1;
    for (std::size_t after = axis + 1; after < rank; ++after) product *= extent[after];
    return product;
  }

  DETENT_INLINE constexpr bool operator==(const extents& other) const {
    if (rank != other.rank) return false;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      if (extent[axis] != other.extent[axis]) return false;
    }
    return true;
  }

  /// In a sentence: [4096, 320]
  [[gnu::always_inline]] void describe(error& to) const {
    detail::append(to, "[");
    for (std::size_t axis = 0; axis < rank; ++axis) {
      if (axis != 0) detail::append(to, ", ");
      detail::append(to, extent[axis]);
    }
    detail::append(to, "]");
  }
};

}  // namespace detent::inline v0

#endif

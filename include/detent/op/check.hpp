// SPDX-License-Identifier: MIT
//
// What is checked on entry of every operation, once for each call. A refusal names the operation and the numbers.
#ifndef DETENT_OP_CHECK_HPP
#define DETENT_OP_CHECK_HPP

#include <cstddef>

#include "detent/core/error.hpp"
#include "detent/core/packed.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// A shape has 1 to 4 axes, and its elements can be counted.
inline constexpr void check_shape(const char* operation, const extents& shape) {
  if (shape.rank == 0 || shape.rank > extents::max_rank) fail(operation, ": the shape has no axes");
  std::size_t product = 1;
  for (std::size_t axis = 0; axis < shape.rank; ++axis) {
    // 2^48 elements are more than any memory holds, and leave room for every product that follows.
    if (shape[axis] != 0 && product > (std::size_t{1} << 48) / shape[axis]) {
      fail(operation, ": the shape ", shape, " has more than 2^48 elements");
    }
    product *= shape[axis];
  }
}

inline constexpr void check_same_shape(const char* operation, const extents& a, const extents& b) {
  if (!(a == b)) fail(operation, ": the shapes ", a, " and ", b, " differ");
}

template <class G>
struct channel_axis {
  static constexpr std::size_t needed = 0;
};
template <std::size_t Axis>
struct channel_axis<per_channel<Axis>> {
  static constexpr std::size_t needed = Axis + 1;
};

/// The precision can hold this shape.
template <is_precision P>
constexpr void check_precision(const char* operation, const extents& shape) {
  check_shape(operation, shape);
  constexpr std::size_t needed = channel_axis<typename P::grouping>::needed;
  if constexpr (needed != 0) {
    if (shape.rank < needed) {
      fail(operation, ": ", P::name, " has a scale for each index of axis ", needed - 1, ", which the shape ", shape,
           " lacks");
    }
  }
  if constexpr (!is_planar<P>) {
    if (shape.cols() % P::layout::elements != 0) {
      fail(operation, ": ", P::name, " stores rows in blocks of ", P::layout::elements, ", which the shape ", shape,
           " cannot be divided into");
    }
  }
}

/// A packed tensor whose planes are there.
template <class View>
constexpr void check_packed(const char* operation, const View& q) {
  using P = typename View::precision_type;
  check_precision<P>(operation, q.shape());
  if (q.size() == 0) return;
  for (std::size_t i = 0; i < View::planes; ++i) {
    if (q.plane(i) == nullptr) fail(operation, ": plane ", i, " of the ", P::name, " tensor is a null pointer");
  }
}

/// A tensor whose elements are there.
template <class View>
constexpr void check_view(const char* operation, const View& x) {
  check_shape(operation, x.shape());
  if (x.size() != 0 && x.data() == nullptr) fail(operation, ": the data of the tensor is a null pointer");
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

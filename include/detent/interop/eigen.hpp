// SPDX-License-Identifier: MIT
//
// Views of Eigen matrices, vectors, maps and blocks: view(matrix) has the matrix's shape, in either storage order.
// Eigen::half and Eigen::bfloat16 are element types. Keep Eigen out of files that are compiled for different
// instruction sets and linked together: its own types change their alignment with the flags.
#ifndef DETENT_INTEROP_EIGEN_HPP
#define DETENT_INTEROP_EIGEN_HPP

#include <Eigen/Core>
#include <type_traits>

#include "detent/core/view.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/fp16.hpp"

namespace detent::inline v0 {

template <>
struct element_codec<Eigen::half> {
  using type = fp16_codec;
};
template <>
struct element_codec<Eigen::bfloat16> {
  using type = bf16_codec;
};

}  // namespace detent::inline v0

namespace detent::inline v0::inline DETENT_ISA {

/// A matrix [rows, cols], without a copy. Eigen stores columns one after another unless told otherwise: the view's
/// strides say so, and quantizing along rows then reads with a stride.
template <class Derived>
auto view(Eigen::DenseBase<Derived>& matrix) {
  using T = std::remove_reference_t<decltype(matrix.derived().coeffRef(0))>;
  const std::ptrdiff_t strides[] = {matrix.derived().rowStride(), matrix.derived().colStride()};
  return tensor_view<T, 2>(matrix.derived().data(),
                           {static_cast<std::size_t>(matrix.rows()), static_cast<std::size_t>(matrix.cols())}, strides);
}

template <class Derived>
auto view(const Eigen::DenseBase<Derived>& matrix) {
  using T = const typename Derived::Scalar;
  const std::ptrdiff_t strides[] = {matrix.derived().rowStride(), matrix.derived().colStride()};
  return tensor_view<T, 2>(matrix.derived().data(),
                           {static_cast<std::size_t>(matrix.rows()), static_cast<std::size_t>(matrix.cols())}, strides);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

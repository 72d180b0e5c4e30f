// SPDX-License-Identifier: MIT
//
// A grouping: which neighbours share a scale. It describes a shape by stretches, so that an operation meets every
// grouping in the same way:
//
//   groups(shape)        the shape of the tensor of scales; its size is the number of groups
//   at(shape, flat)      the stretch that begins at an element: consecutive elements whose groups are `size` long and
//                        follow one another; of the first group `skip` elements lie before
//   in_order             true if every group is one run and groups follow one another in row-major order: then they
//                        can be quantized one after another; else all scales are found first
//   begin(shape, group)  the first element of a group (if in_order); begin(shape, groups) is the size
#ifndef DETENT_CORE_GROUPING_HPP
#define DETENT_CORE_GROUPING_HPP

#include <concepts>
#include <cstddef>

#include "detent/core/extents.hpp"

namespace detent::inline v0 {

/// Elements [flat, flat + length): the first belongs to `group`, as its element number `skip`; every group is `size`
/// long.
struct stretch {
  std::size_t group = 0;
  std::size_t skip = 0;
  std::size_t size = 0;
  std::size_t length = 0;
};

template <class G>
concept grouping = requires(const extents& shape, std::size_t flat) {
  { G::groups(shape) } -> std::same_as<extents>;
  { G::at(shape, flat) } -> std::same_as<stretch>;
  { G::in_order } -> std::convertible_to<bool>;
} && (!G::in_order || requires(const extents& shape, std::size_t group) {
                     { G::begin(shape, group) } -> std::same_as<std::size_t>;
                   });

/// No scale: the codec alone.
struct unscaled {
  static constexpr bool in_order = true;
  DETENT_INLINE static constexpr extents groups(const extents&) { return extents(std::size_t{0}); }
  DETENT_INLINE static constexpr stretch at(const extents& shape, std::size_t flat) {
    return {0, flat, shape.size(), shape.size() - flat};
  }
  DETENT_INLINE static constexpr std::size_t begin(const extents& shape, std::size_t group) {
    return group == 0 ? 0 : shape.size();
  }
};

/// One scale for all.
struct per_tensor {
  static constexpr bool in_order = false;
  DETENT_INLINE static constexpr extents groups(const extents& shape) { return extents(shape.size() == 0 ? 0 : 1); }
  DETENT_INLINE static constexpr stretch at(const extents& shape, std::size_t flat) {
    return {0, flat, shape.size(), shape.size() - flat};
  }
};

/// One scale for each index of an axis: per_channel<0> is a scale for each row of a weight [out, in].
template <std::size_t Axis>
struct per_channel {
  static constexpr bool in_order = Axis == 0;
  DETENT_INLINE static constexpr extents groups(const extents& shape) {
    return extents(shape.size() == 0 ? 0 : shape[Axis]);
  }
  DETENT_INLINE static constexpr stretch at(const extents& shape, std::size_t flat) {
    const std::size_t inner = shape.inner(Axis);
    const std::size_t group = flat / inner % shape[Axis];
    const std::size_t skip = flat % inner;
    return {group, skip, inner, (shape[Axis] - group) * inner - skip};
  }
  DETENT_INLINE static constexpr std::size_t begin(const extents& shape, std::size_t group)
    requires in_order
  {
    return group * shape.inner(0);
  }
};

/// Blocks of N along a row; the last block of a row may be short. Blocks never cross rows.
template <std::size_t N>
struct blocks_of {
  static constexpr bool in_order = true;
  static constexpr std::size_t block = N;
  DETENT_INLINE static constexpr extents groups(const extents& shape) {
    extents g = shape;
    g.extent[g.rank - 1] = (shape.cols() + N - 1) / N;
    return g;
  }
  DETENT_INLINE static constexpr stretch at(const extents& shape, std::size_t flat) {
    const std::size_t cols = shape.cols();
    if (cols % N == 0) return {flat / N, flat % N, N, shape.size() - flat};
    const std::size_t col = flat % cols;
    return {flat / cols * ((cols + N - 1) / N) + col / N, col % N, N, cols - col};
  }
  DETENT_INLINE static constexpr std::size_t begin(const extents& shape, std::size_t group) {
    const std::size_t in_row = (shape.cols() + N - 1) / N;
    return in_row == 0 ? 0 : group / in_row * shape.cols() + group % in_row * N;
  }
};

/// Blocks of N along the flattened tensor: they may cross rows; only the last may be short.
template <std::size_t N>
struct flat_blocks_of {
  static constexpr bool in_order = true;
  static constexpr std::size_t block = N;
  DETENT_INLINE static constexpr extents groups(const extents& shape) { return extents((shape.size() + N - 1) / N); }
  DETENT_INLINE static constexpr stretch at(const extents& shape, std::size_t flat) {
    return {flat / N, flat % N, N, shape.size() - flat};
  }
  DETENT_INLINE static constexpr std::size_t begin(const extents& shape, std::size_t group) {
    const std::size_t first = group * N;
    return first < shape.size() ? first : shape.size();
  }
};

static_assert(grouping<unscaled> && grouping<per_tensor> && grouping<per_channel<0>> && grouping<per_channel<1>>);
static_assert(grouping<blocks_of<64>> && grouping<flat_blocks_of<64>>);

}  // namespace detent::inline v0

#endif

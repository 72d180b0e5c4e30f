// SPDX-License-Identifier: MIT
//
// What quantizing keeps between its kernels, in the caller's workspace, level by level; and how a tensor is cut.
#ifndef DETENT_CUDA_WORKSPACE_HPP
#define DETENT_CUDA_WORKSPACE_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/cuda/encode.hpp"
#include "detent/op/prepare.hpp"

namespace detent::inline v0::detail::gpu::inline DETENT_ISA {

/// Parts of a whole tensor that are reduced by themselves: enough for every multiprocessor, and few enough for one warp
/// to merge.
inline constexpr std::uint64_t most_parts = 1024;

/// Hands out memory of the workspace; without one it counts.
struct arena {
  std::uint8_t* memory = nullptr;
  std::size_t used = 0;

  template <class T>
  T* take(std::uint64_t count) {
    T* const at = memory == nullptr ? nullptr : reinterpret_cast<T*>(memory + used);
    used += (static_cast<std::size_t>(count) * sizeof(T) + 15) / 16 * 16;
    return at;
  }
};

/// A level's part of the workspace.
template <class P>
struct level_memory {
  chosen_arrays chosen;
  typename P::rule::statistic* parts = nullptr;
  double* sums = nullptr;

  level_memory(const extents& shape, arena& from) {
    if constexpr (scaled_precision<P>) {
      const std::uint64_t groups = P::grouping::groups(shape).size();
      chosen.scale = from.take<float>(refits<P> ? 2 * groups : groups);
      if constexpr (encoding<P>.shift) chosen.shift = from.take<float>(groups);
      if constexpr (has_zero_point<P>) chosen.zero = from.take<float>(groups);
      if constexpr (!P::grouping::in_order) parts = from.take<typename P::rule::statistic>(most_parts);
      if constexpr (is_centered<P>) sums = from.take<double>(parts_of::most);
    }
  }
};

template <class P>
void count_workspace(const extents& shape, arena& a) {
  if constexpr (scaled_precision<P>) {
    level_memory<P>(shape, a);
    const extents groups = P::grouping::groups(shape);
    count_workspace<typename P::scale>(groups, a);
    if constexpr (encoding<P>.shift) count_workspace<typename P::shift>(groups, a);
    if constexpr (has_zero_point<P>) count_workspace<typename P::zero_point>(groups, a);
  }
}

template <class P>
constexpr geometry pieces_of(const extents& shape, bool& regular) {
  using G = typename P::grouping;
  geometry g{1, shape.size()};
  regular = unscaled_precision<P> || std::same_as<G, per_tensor>;
  if constexpr (with_blocks<P>) {
    constexpr std::size_t block = G::block;
    g.groups = G::groups(shape).size();
    if (block % octet != 0 || g.groups == 0) return g;
    if constexpr (G::in_order) {
      // If the last group begins where it would if all were full, all before it are.
      regular = G::begin(shape, g.groups - 1) == (g.groups - 1) * block && g.groups * block >= shape.size();
    }
    if constexpr (std::same_as<G, blocks_of<block>>) {
      if (!regular && shape.cols() % octet == 0) {
        g = {shape.rows(), shape.cols(), (shape.cols() + block - 1) / block};
        regular = true;
      }
    }
  } else if constexpr (std::same_as<G, per_channel<0>>) {
    regular = shape.inner(0) % octet == 0 || shape[0] == 1;
    if (regular) g = {shape[0], shape.inner(0), 1};
  }
  return g;
}

}  // namespace detent::inline v0::detail::gpu::inline DETENT_ISA

#endif

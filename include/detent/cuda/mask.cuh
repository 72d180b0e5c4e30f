// SPDX-License-Identifier: MIT
//
// Masks on a CUDA device: a bit for each element in row-major order, the lowest bit of a byte first, 1 keeps;
// mask_bytes(shape) bytes, whose last bits are 0.
//
//   magnitude_mask(on, x, threshold, mask)      |x| >= threshold; NaN is kept
//   n_of_m_mask<2, 4>(on, x, mask)              the greatest N of every M along a row, among equals the first
//   channel_mask<0>(on, keep, shape, mask)      whole indices of an axis, by a bit for each
//   channel_squares<0>(on, x, to)               … and by what to choose them: sums of squares, as doubles
//   apply_mask(on, x, mask, y)                  y = x where kept, else 0; y may be x
//   compress(on, x, mask, values, count)        what is kept, in order; count: a number in device memory, or null
//   expand(on, values, mask, y)                 and back
#ifndef DETENT_CUDA_MASK_CUH
#define DETENT_CUDA_MASK_CUH

#include <cstddef>
#include <cstdint>

#include "detent/cuda/kept.hpp"
#include "detent/cuda/quantize.cuh"

namespace detent::inline v0::inline DETENT_ISA {

inline std::size_t mask_bytes(const extents& shape) { return (shape.size() + 7) / 8; }

/// Bytes of workspace that compress and expand need.
inline std::size_t compress_workspace_bytes(const extents& shape) {
  const std::uint64_t tiles = (shape.size() + detail::gpu::mask_tile - 1) / detail::gpu::mask_tile;
  return (tiles + detail::gpu::kept_begins::runs(tiles)) * sizeof(std::uint64_t);
}

}  // namespace detent::inline v0::inline DETENT_ISA

namespace detent::inline v0::detail::gpu::inline DETENT_ISA {

inline std::uint64_t mask_tiles(std::uint64_t elements) { return (elements + mask_tile - 1) / mask_tile; }

inline void check_mask(const char* operation, const extents& shape, const void* mask) {
  check_shape(operation, shape);
  if (shape.size() != 0 && mask == nullptr) fail(operation, ": the mask is a null pointer");
}

/// Whether what is kept of a tensor can be moved many at a time: its eights, and what it is kept as.
template <class Tensor, class Values>
bool moves_whole(const Tensor& x, const Values* values) {
  constexpr std::size_t bytes = sizeof(Values);
  return x.dense && is_aligned(x.data, bytes < 2 ? 8 : 16) && is_aligned(values, bytes);
}

}  // namespace detent::inline v0::detail::gpu::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

template <class T, std::size_t Rank>
[[nodiscard]] cudaError_t magnitude_mask(const cuda& on, const tensor_view<T, Rank>& x, float threshold,
                                         std::uint8_t* mask) {
  detail::check_view("magnitude_mask", x);
  detail::gpu::check_mask("magnitude_mask", x.shape(), mask);
  using input = detail::gpu::elements<T, Rank>;
  const input from = input::of(x);
  detail::gpu::stream_launcher launch(on.stream);
  launch.run<detail::gpu::threshold_tile<input>>({from, threshold, mask, x.size(), from.aligned()},
                                                 detail::gpu::mask_tiles(x.size()));
  return launch.status();
}

/// M: 2, 4, 8, 16 or 32; rows must be whole groups.
template <unsigned N, unsigned M, class T, std::size_t Rank>
[[nodiscard]] cudaError_t n_of_m_mask(const cuda& on, const tensor_view<T, Rank>& x, std::uint8_t* mask) {
  detail::check_view("n_of_m_mask", x);
  detail::gpu::check_mask("n_of_m_mask", x.shape(), mask);
  if (x.shape().cols() % M != 0) {
    fail("n_of_m_mask: the rows of ", x.shape(), " cannot be divided into groups of ", M);
  }
  using input = detail::gpu::elements<T, Rank>;
  using body = detail::gpu::n_of_m_tile<N, M, input>;
  const input from = input::of(x);
  detail::gpu::stream_launcher launch(on.stream);
  launch.run<body>({from, mask, x.size(), from.aligned()}, (x.size() + body::tile_elements - 1) / body::tile_elements);
  return launch.status();
}

template <std::size_t Axis>
[[nodiscard]] cudaError_t channel_mask(const cuda& on, const std::uint8_t* keep, const extents& shape,
                                       std::uint8_t* mask) {
  detail::gpu::check_mask("channel_mask", shape, mask);
  if (Axis >= shape.rank) fail("channel_mask: the shape ", shape, " has no axis ", Axis);
  detail::gpu::stream_launcher launch(on.stream);
  launch.run<detail::gpu::channels_tile>({keep, shape[Axis], shape.inner(Axis), mask, shape.size()},
                                         detail::gpu::mask_tiles(shape.size()));
  return launch.status();
}

template <std::size_t Axis, class T, std::size_t Rank>
[[nodiscard]] cudaError_t channel_squares(const cuda& on, const tensor_view<T, Rank>& x, double* to) {
  static_assert(Axis < Rank, "there is no such axis");
  detail::check_view("channel_squares", x);
  using input = detail::gpu::elements<T, Rank>;
  const extents& shape = x.shape();
  const std::uint64_t members = x.size() == 0 ? 0 : x.size() / shape[Axis];
  detail::gpu::stream_launcher launch(on.stream);
  launch.run<detail::gpu::channel_squares<input>>({input::of(x), shape[Axis], shape.inner(Axis), members, to},
                                                  shape[Axis]);
  return launch.status();
}

template <class T, std::size_t Rank>
[[nodiscard]] cudaError_t apply_mask(const cuda& on, const tensor_view<const T, Rank>& x, const std::uint8_t* mask,
                                     const tensor_view<T, Rank>& y) {
  detail::check_view("apply_mask", x);
  detail::check_view("apply_mask", y);
  detail::check_same_shape("apply_mask", x.shape(), y.shape());
  detail::gpu::check_mask("apply_mask", x.shape(), mask);
  using input = detail::gpu::elements<const T, Rank>;
  using output = detail::gpu::elements<T, Rank>;
  const auto aligned = [](const auto& e) { return e.dense && detail::gpu::is_aligned(e.data, 16); };
  const input from = input::of(x);
  const output to = output::of(y);
  detail::gpu::stream_launcher launch(on.stream);
  launch.run<detail::gpu::apply_mask_tile<input, output>>({from, mask, to, x.size(), aligned(from) && aligned(to)},
                                                          detail::gpu::mask_tiles(x.size()));
  return launch.status();
}

/// `values` has room for what is kept.
template <class T, std::size_t Rank>
[[nodiscard]] cudaError_t compress(const cuda& on, const tensor_view<const T, Rank>& x, const std::uint8_t* mask,
                                   T* values, std::uint64_t* count) {
  detail::check_view("compress", x);
  detail::gpu::check_mask("compress", x.shape(), mask);
  detail::gpu::check_workspace("compress", on, compress_workspace_bytes(x.shape()));
  using input = detail::gpu::elements<const T, Rank>;
  using output = detail::gpu::elements<T, 1>;
  const std::uint64_t n = x.size();
  const std::uint64_t tiles = detail::gpu::mask_tiles(n);
  auto* const numbers = static_cast<std::uint64_t*>(on.workspace);
  const detail::gpu::kept_begins begins{numbers, numbers + tiles};
  detail::gpu::stream_launcher launch(on.stream);
  begins.find(launch, mask, n, tiles, count);
  const input from = input::of(x);
  const output to{values, true, extents(n), {1}};
  const bool whole = detail::gpu::moves_whole(from, values);
  launch.run<detail::gpu::move_kept<input, output, false>>({from, mask, begins, to, n, whole}, tiles);
  return launch.status();
}

template <class T, std::size_t Rank>
[[nodiscard]] cudaError_t expand(const cuda& on, const T* values, const std::uint8_t* mask,
                                 const tensor_view<T, Rank>& y) {
  detail::check_view("expand", y);
  detail::gpu::check_mask("expand", y.shape(), mask);
  detail::gpu::check_workspace("expand", on, compress_workspace_bytes(y.shape()));
  using input = detail::gpu::elements<const T, 1>;
  using output = detail::gpu::elements<T, Rank>;
  const std::uint64_t n = y.size();
  const std::uint64_t tiles = detail::gpu::mask_tiles(n);
  auto* const numbers = static_cast<std::uint64_t*>(on.workspace);
  const detail::gpu::kept_begins begins{numbers, numbers + tiles};
  detail::gpu::stream_launcher launch(on.stream);
  begins.find(launch, mask, n, tiles, nullptr);
  const input from{values, true, extents(n), {1}};
  const output to = output::of(y);
  const bool whole = detail::gpu::moves_whole(to, values);
  launch.run<detail::gpu::move_kept<input, output, true>>({from, mask, begins, to, n, whole}, tiles);
  return launch.status();
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// measure_error on a CUDA device: sums are left in device memory, so that nothing waits; the caller copies them.
//
//   measure_error(on, x, q, totals);                    // totals: error_totals in device memory
//   …
//   copied.metrics(x.size());                           // what the host's operation returns
#ifndef DETENT_CUDA_ERROR_CUH
#define DETENT_CUDA_ERROR_CUH

#include <cstddef>
#include <cstdint>

#include "detent/cuda/quantize.cuh"
#include "detent/cuda/totals.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// Bytes of workspace that measure_error needs, for every shape.
inline constexpr std::size_t error_workspace_bytes = 2 * detail::gpu::most_totals * sizeof(error_totals);

/// Between two tensors of the same shape.
template <class T, class U, std::size_t Rank>
[[nodiscard]] cudaError_t measure_error(const cuda& on, const tensor_view<T, Rank>& reference,
                                        const tensor_view<U, Rank>& x, error_totals* to) {
  detail::check_view("measure_error", reference);
  detail::check_view("measure_error", x);
  detail::check_same_shape("measure_error", reference.shape(), x.shape());
  detail::gpu::check_workspace("measure_error", on, error_workspace_bytes);
  detail::gpu::stream_launcher launch(on.stream);
  detail::gpu::measure_all(launch, detail::gpu::input_of(reference), detail::gpu::input_of(x), x.size(),
                           static_cast<error_totals*>(on.workspace), to);
  return launch.status();
}

/// Between a tensor and its quantized form, with the counts of saturated elements and zero groups.
template <class T, std::size_t Rank, is_precision P, class Byte>
[[nodiscard]] cudaError_t measure_error(const cuda& on, const tensor_view<T, Rank>& reference,
                                        const packed_view<P, Byte>& q, error_totals* to) {
  detail::check_view("measure_error", reference);
  detail::check_packed("measure_error", q);
  detail::check_same_shape("measure_error", reference.shape(), q.shape());
  detail::gpu::check_workspace("measure_error", on, error_workspace_bytes);
  detail::gpu::stream_launcher launch(on.stream);
  detail::gpu::measure_packed(launch, detail::gpu::input_of(reference), packed_view<P, const std::uint8_t>(q),
                              static_cast<error_totals*>(on.workspace), to);
  return launch.status();
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

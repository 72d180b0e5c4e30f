// SPDX-License-Identifier: MIT
//
// dequantize on a CUDA device, on views of its memory. No workspace is needed.
//
//   dequantize(cuda{stream}, q, y);                     // y = q
//   dequantize_add(cuda{stream}, q, y);                 // y = y + q, in fp32
#ifndef DETENT_CUDA_DEQUANTIZE_CUH
#define DETENT_CUDA_DEQUANTIZE_CUH

#include <cstddef>
#include <cstdint>

#include "detent/cuda/launcher.cuh"
#include "detent/cuda/operate.hpp"
#include "detent/op/check.hpp"

namespace detent::inline v0::detail::gpu::inline DETENT_ISA {

template <bool Add, class P, class Byte, class T, std::size_t Rank>
cudaError_t dequantize_on(const char* operation, const cuda& on, const packed_view<P, Byte>& q,
                          const tensor_view<T, Rank>& y) {
  check_packed(operation, q);
  check_view(operation, y);
  check_same_shape(operation, q.shape(), y.shape());
  stream_launcher launch(on.stream);
  dequantize_all<Add>(launch, packed_view<P, const std::uint8_t>(q), y);
  return launch.status();
}

}  // namespace detent::inline v0::detail::gpu::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// y = q, rounded to y's elements.
template <is_precision P, class Byte, class T, std::size_t Rank>
[[nodiscard]] cudaError_t dequantize(const cuda& on, const packed_view<P, Byte>& q, const tensor_view<T, Rank>& y) {
  return detail::gpu::dequantize_on<false>("dequantize", on, q, y);
}

/// y = y + q, summed in fp32 and rounded once to y's elements.
template <is_precision P, class Byte, class T, std::size_t Rank>
[[nodiscard]] cudaError_t dequantize_add(const cuda& on, const packed_view<P, Byte>& q, const tensor_view<T, Rank>& y) {
  return detail::gpu::dequantize_on<true>("dequantize_add", on, q, y);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

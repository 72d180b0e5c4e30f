// SPDX-License-Identifier: MIT
//
// convert on a CUDA device: from any precision to any other, without a whole fp32 copy. The workspace is that of
// quantizing to the target.
#ifndef DETENT_CUDA_CONVERT_CUH
#define DETENT_CUDA_CONVERT_CUH

#include <cstdint>

#include "detent/cuda/quantize.cuh"

namespace detent::inline v0::inline DETENT_ISA {

template <is_precision From, class Byte, is_precision To>
[[nodiscard]] cudaError_t convert(const cuda& on, const packed_view<From, Byte>& from,
                                  const packed_view<To, std::uint8_t>& to) {
  detail::check_packed("convert", from);
  detail::check_same_shape("convert", from.shape(), to.shape());
  using view = packed_view<From, const std::uint8_t>;
  const detail::gpu::packed_input<view> input{view(from), detail::gpu::tables<From>::make()};
  return detail::gpu::quantize_on("convert", on, input, to, nearest{});
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

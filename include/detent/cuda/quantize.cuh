// SPDX-License-Identifier: MIT
//
// quantize on a CUDA device, on views of its memory: the bytes of the host's operation, in the order of a stream.
//
//   cuda on{stream, workspace, bytes};                  // bytes: at least workspace_bytes<P>(shape)
//   quantize(on, x, q);                                 // x: tensor_view, q: packed_view of the same shape
//   quantize(on, x, q, stochastic{seed});               // rounding at random, the host's numbers
//   encode(on, x, q);                                   // with the scales that q already holds
//
// A call that is wrong is refused as everywhere in detent, before anything is launched; what CUDA reports is returned.
#ifndef DETENT_CUDA_QUANTIZE_CUH
#define DETENT_CUDA_QUANTIZE_CUH

#include <cstddef>
#include <cstdint>

#include "detent/cuda/launcher.cuh"
#include "detent/cuda/operate.hpp"
#include "detent/op/check.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// Bytes of device memory that quantizing a tensor of this shape needs besides its planes; 0 for codecs alone.
template <is_precision P>
std::size_t workspace_bytes(const extents& shape) {
  detail::check_precision<P>("workspace_bytes", shape);
  detail::gpu::arena needed;
  detail::gpu::count_workspace<P>(shape, needed);
  return needed.used;
}

}  // namespace detent::inline v0::inline DETENT_ISA

namespace detent::inline v0::detail::gpu::inline DETENT_ISA {

inline void check_workspace(const char* operation, const cuda& on, std::size_t needed) {
  if (needed == 0) return;
  if (on.workspace == nullptr || on.workspace_bytes < needed) {
    fail(operation, ": the workspace has ", on.workspace == nullptr ? 0 : on.workspace_bytes, " bytes, ", needed,
         " are needed");
  }
  if (!is_aligned(on.workspace, 16)) fail(operation, ": the workspace is not aligned to 16 bytes");
}

template <class Source, class P, class Rounding>
cudaError_t quantize_on(const char* operation, const cuda& on, const Source& x, const packed_view<P, std::uint8_t>& q,
                        const Rounding& rounding) {
  check_packed(operation, q);
  check_workspace(operation, on, workspace_bytes<P>(q.shape()));
  stream_launcher launch(on.stream);
  quantize_all(launch, x, q, rounding, static_cast<std::uint8_t*>(on.workspace));
  return launch.status();
}

template <class T, std::size_t Rank>
tensor_input<T, Rank> input_of(const tensor_view<T, Rank>& x) {
  return {elements<T, Rank>::of(x)};
}

}  // namespace detent::inline v0::detail::gpu::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Writes every byte of q's planes. Elements: float, element<P>, or any type that converts to float in device code.
template <class T, std::size_t Rank, is_precision P>
[[nodiscard]] cudaError_t quantize(const cuda& on, const tensor_view<T, Rank>& x,
                                   const packed_view<P, std::uint8_t>& q) {
  detail::check_view("quantize", x);
  detail::check_same_shape("quantize", x.shape(), q.shape());
  return detail::gpu::quantize_on("quantize", on, detail::gpu::input_of(x), q, nearest{});
}

template <class T, std::size_t Rank, is_precision P>
[[nodiscard]] cudaError_t quantize(const cuda& on, const tensor_view<T, Rank>& x, const packed_view<P, std::uint8_t>& q,
                                   const stochastic& rounding) {
  static_assert(stochastic_codec<typename P::codec>, "this precision's codec cannot round at random");
  detail::check_view("quantize", x);
  detail::check_same_shape("quantize", x.shape(), q.shape());
  return detail::gpu::quantize_on("quantize", on, detail::gpu::input_of(x), q, rounding);
}

/// Only the codes, with the scales, shifts and zero points that q already holds. No workspace is needed.
template <class T, std::size_t Rank, is_precision P>
[[nodiscard]] cudaError_t encode(const cuda& on, const tensor_view<T, Rank>& x, const packed_view<P, std::uint8_t>& q) {
  detail::check_view("encode", x);
  detail::check_packed("encode", q);
  detail::check_same_shape("encode", x.shape(), q.shape());
  detail::gpu::stream_launcher launch(on.stream);
  if (q.size() != 0) detail::gpu::encode_all(launch, detail::gpu::input_of(x), q, nearest{});
  return launch.status();
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// The kernels that are tuned, instantiated: kernels.py looks at what nvcc makes of them.
#include <detent/backend/scalar.hpp>
#include <detent/cuda.cuh>
#include <detent/format/bf16.hpp>
#include <detent/format/bitsandbytes.hpp>
#include <detent/format/fp8_e4m3fn.hpp>
#include <detent/format/int4.hpp>
#include <detent/format/int8.hpp>
#include <detent/format/ocp.hpp>
#include <detent/op/dequantize.hpp>
#include <detent/op/quantize.hpp>

namespace hot {

using half = detent::element<detent::bf16>;

template <class T>
using input = detent::tensor_view<const T, 2>;
template <class P>
using packed = detent::packed_view<P, std::uint8_t>;

template <class P, class T>
cudaError_t quantize(const detent::cuda& on, const input<T>& x, const packed<P>& q) {
  return detent::quantize(on, x, q);
}
template <class P, class T>
cudaError_t dequantize(const detent::cuda& on, const packed<P>& q, const detent::tensor_view<T, 2>& y) {
  const cudaError_t set = detent::dequantize(on, q, y);
  return set == cudaSuccess ? detent::dequantize_add(on, q, y) : set;
}

template cudaError_t quantize(const detent::cuda&, const input<float>&, const packed<detent::bnb::nf4>&);
template cudaError_t quantize(const detent::cuda&, const input<half>&, const packed<detent::bnb::nf4>&);
template cudaError_t quantize(const detent::cuda&, const input<half>&, const packed<detent::bnb::nf4_double_quant>&);
template cudaError_t quantize(const detent::cuda&, const input<half>&, const packed<detent::int8_rows>&);
template cudaError_t quantize(const detent::cuda&, const input<half>&, const packed<detent::int4>&);
template cudaError_t quantize(const detent::cuda&, const input<half>&, const packed<detent::ocp::mxfp8_e4m3>&);
template cudaError_t quantize(const detent::cuda&, const input<half>&, const packed<detent::fp8_e4m3fn>&);
template cudaError_t quantize(const detent::cuda&, const input<float>&, const packed<detent::bf16>&);

template cudaError_t dequantize(const detent::cuda&, const packed<detent::bnb::nf4>&,
                                const detent::tensor_view<half, 2>&);
template cudaError_t dequantize(const detent::cuda&, const packed<detent::bnb::nf4_double_quant>&,
                                const detent::tensor_view<half, 2>&);
template cudaError_t dequantize(const detent::cuda&, const packed<detent::int8_rows>&,
                                const detent::tensor_view<half, 2>&);

cudaError_t masks(const detent::cuda& on, const input<half>& x, std::uint8_t* mask,
                  const detent::tensor_view<half, 2>& y) {
  if (const cudaError_t e = detent::n_of_m_mask<2, 4>(on, x, mask); e != cudaSuccess) return e;
  if (const cudaError_t e = detent::magnitude_mask(on, x, 0.5f, mask); e != cudaSuccess) return e;
  return detent::apply_mask(on, x, mask, y);
}

/// The operations of the host, in a file that nvcc compiles: without a warning.
void on_the_host(const input<float>& x, const packed<detent::bnb::nf4>& q, const detent::tensor_view<float, 2>& y) {
  detent::quantize(detent::scalar{}, x, q);
  detent::dequantize(detent::scalar{}, q, y);
}

}  // namespace hot

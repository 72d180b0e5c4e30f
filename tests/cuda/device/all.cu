// SPDX-License-Identifier: MIT
//
// Every precision of the list, every operation: kernels.py compiles it for all architectures at night.
#include <detent/cuda.cuh>
#include <detent/formats.hpp>

namespace every {

template <class P>
cudaError_t both_ways(const detent::cuda& on, const detent::tensor_view<float, 2>& x, std::uint8_t* const* planes) {
  const detent::packed_view<P, std::uint8_t> q(x.shape(), planes, 0);
  const detent::tensor_view<const float, 2> from(x.data(), x.shape());
  if (const cudaError_t e = detent::quantize(on, from, q); e != cudaSuccess) return e;
  return detent::dequantize(on, q, x);
}

cudaError_t instantiate(const detent::cuda& on, const detent::tensor_view<float, 2>& x, std::uint8_t* const* planes,
                        detent::error_totals* totals, double* squares) {
  cudaError_t status = cudaSuccess;
  const auto one = [&]<class P>() {
    if (status == cudaSuccess) status = both_ways<P>(on, x, planes);
  };
  [&]<class... P>(detent::type_list<P...>) { (one.template operator()<P>(), ...); }(detent::all_formats{});
  const detent::tensor_view<const float, 2> from(x.data(), x.shape());
  const detent::packed_view<detent::int4, std::uint8_t> q(x.shape(), planes, 0);
  const detent::packed_view<detent::int8_rows, std::uint8_t> other(x.shape(), planes, 0);
  if (status == cudaSuccess) status = detent::convert(on, q, other);
  if (status == cudaSuccess) status = detent::encode(on, from, q);
  if (status == cudaSuccess) status = detent::quantize(on, from, q, detent::stochastic{1});
  if (status == cudaSuccess) status = detent::measure_error(on, from, q, totals);
  if (status == cudaSuccess) status = detent::measure_error(on, from, from, totals);
  if (status == cudaSuccess) status = detent::channel_mask<0>(on, planes[0], x.shape(), planes[1]);
  if (status == cudaSuccess) status = detent::channel_squares<0>(on, from, squares);
  if (status == cudaSuccess) status = detent::compress(on, from, planes[0], x.data(), nullptr);
  if (status == cudaSuccess) status = detent::expand(on, x.data(), planes[0], x);
  return status;
}

}  // namespace every

// SPDX-License-Identifier: MIT
//
// Compiled several times with different -m flags into one program; FUNCTION is the name of its entry. All that the
// objects have in common is detent.
#include <detent/detent.hpp>
#include <detent/format/fp16.hpp>
#include <detent/format/int8.hpp>
#include <detent/format/nf4.hpp>
#include <detent/format/ocp.hpp>
#include <detent/format/uint4.hpp>
#include <detent/native.hpp>

float FUNCTION(const float* weights, std::size_t rows, std::size_t columns);

namespace {

template <class Precision, class Backend>
float sum(Backend backend, const float* weights, std::size_t rows, std::size_t columns) {
  const detent::tensor_view<const float, 2> view{weights, {rows, columns}};
  const auto quantized = detent::quantize<Precision>(backend, view);
  const auto back = detent::dequantize(backend, quantized);
  float total = 0;
  for (std::size_t i = 0; i < rows * columns; ++i) total += back.data()[i];
  return total;
}

/// One precision of each kind of code and of each kind of rule; with FEW, a table and integers with a shift.
template <class Backend>
float sums(Backend backend, const float* weights, std::size_t rows, std::size_t columns) {
  float total = sum<detent::nf4>(backend, weights, rows, columns) + sum<detent::uint4>(backend, weights, rows, columns);
#if !defined(FEW)
  total += sum<detent::int8>(backend, weights, rows, columns) + sum<detent::fp16>(backend, weights, rows, columns) +
           sum<detent::ocp::mxfp4>(backend, weights, rows, columns);
#endif
  return total;
}

}  // namespace

float FUNCTION(const float* weights, std::size_t rows, std::size_t columns) {
  const auto by_default = detent::quantize<detent::nf4>(detent::tensor_view<const float, 2>{weights, {rows, columns}});
  return sums(detent::scalar{}, weights, rows, columns) + sums(detent::native{}, weights, rows, columns) +
         detent::dequantize(by_default).data()[0];
}

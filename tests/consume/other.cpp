// SPDX-License-Identifier: MIT
//
// The other file; see main.cpp.
#include <detent/detent.hpp>
#include <detent/format/int8.hpp>
#include <detent/format/nf4.hpp>
#include <detent/native.hpp>

#include <cstddef>

float other_sum(const float* weights, std::size_t rows, std::size_t columns);

namespace {

template <class Precision>
float sum(const float* weights, std::size_t rows, std::size_t columns) {
  const detent::tensor_view<const float, 2> view{weights, {rows, columns}};
  const auto back = detent::dequantize(detent::quantize<Precision>(view));
  float total = 0;
  for (std::size_t i = 0; i < rows * columns; ++i) total += back.data()[i];
  return total;
}

}  // namespace

float other_sum(const float* weights, std::size_t rows, std::size_t columns) {
  return sum<detent::nf4>(weights, rows, columns) + sum<detent::int8>(weights, rows, columns);
}

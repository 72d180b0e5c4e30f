// SPDX-License-Identifier: MIT
//
// One of two files of a user's program; both use the same parts of detent, and must agree.
#include <detent/detent.hpp>
#include <detent/format/int8.hpp>
#include <detent/format/nf4.hpp>
#include <detent/native.hpp>

#include <cstddef>
#include <cstdio>

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

int main() {
  float weights[4 * 100];
  for (int i = 0; i < 400; ++i) weights[i] = static_cast<float>(i % 37 - 11) / 16;
  const float here = sum<detent::nf4>(weights, 4, 100) + sum<detent::int8>(weights, 4, 100);
  const float there = other_sum(weights, 4, 100);
  std::printf("%g and %g\n", static_cast<double>(here), static_cast<double>(there));
  return here == there && here > 0 ? 0 : 1;
}

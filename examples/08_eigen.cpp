// SPDX-License-Identifier: MIT
//
// Eigen's matrices as views, without a copy.
#include <cstdio>
#include <detent/format/int8.hpp>
#include <detent/interop/eigen.hpp>
#include <detent/native.hpp>

int main() {
  // [eigen]
  using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const matrix weights = matrix::Random(96, 128);
  const auto q = detent::quantize<detent::int8_rows>(detent::view(weights));  // a scale for each of 96 rows

  matrix restored(96, 128);
  detent::dequantize(q, detent::view(restored));
  // [/eigen]
  const float greatest = (weights - restored).cwiseAbs().maxCoeff();
  std::printf("greatest error %.5f\n", static_cast<double>(greatest));
  return greatest <= 0.5f / 127 + 1e-6f ? 0 : 1;
}

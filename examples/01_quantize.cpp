// SPDX-License-Identifier: MIT
//
// Quantizing a matrix, reading it back, and measuring what was lost.
// [program]
#include <cstdio>
#include <detent/format/nf4.hpp>
#include <detent/native.hpp>
#include <vector>

int main() {
  std::vector<float> weights(256 * 1024);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i * 7919 % 2001) / 1000 - 1;
  const detent::tensor_view<const float, 2> w(weights.data(), {256, 1024});

  const auto q = detent::quantize<detent::nf4>(w);           // detent::packed_tensor<detent::nf4>
  const detent::tensor<float> back = detent::dequantize(q);  // 256 × 1024 floats
  const detent::error_metrics lost = detent::measure_error(w, q);

  std::printf("%zu bytes instead of %zu, SQNR %.2f dB\n", q.bytes(), back.size() * sizeof(float), lost.sqnr_db);
  return lost.sqnr_db > 19 ? 0 : 1;
}
// [/program]

// SPDX-License-Identifier: MIT
//
// Calls the functions of flags.cpp as two files define them: one with all instruction sets, one that leaves some out.
#include <cstddef>
#include <cstdio>

float use_all(const float* weights, std::size_t rows, std::size_t columns);
float use_few(const float* weights, std::size_t rows, std::size_t columns);

int main() {
  float weights[4 * 100];
  for (int i = 0; i < 400; ++i) weights[i] = static_cast<float>(i % 37 - 11) / 16;
  const float all = use_all(weights, 4, 100), few = use_few(weights, 4, 100);
  std::printf("%g %s\n", static_cast<double>(all), all == few ? "agree" : "differ");
  return all == few ? 0 : 1;
}

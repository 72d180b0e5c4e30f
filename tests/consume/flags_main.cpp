// SPDX-License-Identifier: MIT
//
// Calls, of the functions of flags.cpp, those that this processor can run. Includes nothing of detent.
#include <cstddef>
#include <cstdio>

float use_none(const float* weights, std::size_t rows, std::size_t columns);
float use_sse41(const float* weights, std::size_t rows, std::size_t columns);
float use_avx2(const float* weights, std::size_t rows, std::size_t columns);
float use_avx512(const float* weights, std::size_t rows, std::size_t columns);

int main() {
  __builtin_cpu_init();
  float weights[4 * 100];
  for (int i = 0; i < 400; ++i) weights[i] = static_cast<float>(i % 37 - 11) / 16;
  const float first = use_none(weights, 4, 100);
  bool same = true;
  std::printf("%g", static_cast<double>(first));
  if (__builtin_cpu_supports("sse4.1")) {
    same = same && use_sse41(weights, 4, 100) == first;
    std::printf(" sse41");
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    same = same && use_avx2(weights, 4, 100) == first;
    std::printf(" avx2");
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd")) {
    same = same && use_avx512(weights, 4, 100) == first;
    std::printf(" avx512");
  }
  std::puts(same ? " agree" : " differ");
  return same ? 0 : 1;
}

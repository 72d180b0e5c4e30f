// SPDX-License-Identifier: MIT
//
// The peer "loop": what one writes at first, a plain loop over groups, left to the compiler's vectorizer and OpenMP,
// for the machine that it is compiled on.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "peer.hpp"

namespace {

using bench::request;
using bench::peer::bytes;
using bench::peer::copies;
using bench::peer::floats;

constexpr float given_scale = 0.005f;

std::size_t size(const request& r) { return r.rows * r.cols; }

/// Calls f(first, end) for each thread's part of n elements, in whole groups of 4096.
template <class F>
void in_parts(const request& r, const F& f) {
  const auto parts = static_cast<std::size_t>(r.threads);
  const std::size_t units = size(r) / 4096;
#pragma omp parallel for schedule(static) num_threads(r.threads)
  for (std::size_t i = 0; i < parts; ++i) f(units * i / parts * 4096, units * (i + 1) / parts * 4096);
}

std::uint16_t to_bf16(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return static_cast<std::uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

float from_bf16(std::uint16_t code) {
  const std::uint32_t bits = static_cast<std::uint32_t>(code) << 16;
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

void quantize_bf16(const request& r) {
  const float* x = floats(r);
  auto* q = static_cast<std::uint16_t*>(r.to);
  in_parts(r, [=](std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) q[i] = to_bf16(x[i]);
  });
}

void dequantize_bf16(const request& r) {
  const auto* q = static_cast<const std::uint16_t*>(r.from);
  auto* y = static_cast<float*>(r.to);
  in_parts(r, [=](std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) y[i] = from_bf16(q[i]);
  });
}

#if defined(__FLT16_MAX__)
void quantize_fp16(const request& r) {
  const float* x = floats(r);
  auto* q = static_cast<_Float16*>(r.to);
  in_parts(r, [=](std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) q[i] = static_cast<_Float16>(x[i]);
  });
}

void dequantize_fp16(const request& r) {
  const auto* q = static_cast<const _Float16*>(r.from);
  auto* y = static_cast<float*>(r.to);
  in_parts(r, [=](std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) y[i] = static_cast<float>(q[i]);
  });
}
#endif

std::int8_t to_int8(float x) {
  return static_cast<std::int8_t>(static_cast<int>(std::nearbyint(std::min(127.0f, std::max(-127.0f, x)))));
}

void quantize_int8_given(const request& r) {
  const float* x = floats(r);
  auto* q = static_cast<std::int8_t*>(r.to);
  in_parts(r, [=](std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) q[i] = to_int8(x[i] * (1 / given_scale));
  });
}

float greatest(const float* x, std::size_t n) {
  float amax = 0;
  for (std::size_t i = 0; i < n; ++i) amax = std::max(amax, std::abs(x[i]));
  return amax;
}

template <std::size_t Group>
void quantize_int8_groups(const request& r) {
  const float* x = floats(r);
  auto* q = static_cast<std::int8_t*>(r.to);
  auto* scales = reinterpret_cast<float*>(q + bench::peer::scales_at(size(r)));
  in_parts(r, [=](std::size_t first, std::size_t end) {
    for (std::size_t g = first / Group; g < end / Group; ++g) {
      const float amax = greatest(x + g * Group, Group);
      const float inverse = amax == 0 ? 0 : 127 / amax;
      scales[g] = amax / 127;
      for (std::size_t i = g * Group; i < (g + 1) * Group; ++i) q[i] = to_int8(x[i] * inverse);
    }
  });
}

template <std::size_t Group>
void dequantize_int8_groups(const request& r) {
  const auto* q = static_cast<const std::int8_t*>(r.from);
  const auto* scales = reinterpret_cast<const float*>(q + bench::peer::scales_at(size(r)));
  auto* y = static_cast<float*>(r.to);
  in_parts(r, [=](std::size_t first, std::size_t end) {
    for (std::size_t g = first / Group; g < end / Group; ++g) {
      const float scale = scales[g];
      for (std::size_t i = g * Group; i < (g + 1) * Group; ++i) y[i] = static_cast<float>(q[i]) * scale;
    }
  });
}

void quantize_int4(const request& r) {
  constexpr std::size_t group = 32;
  const float* x = floats(r);
  auto* q = static_cast<std::uint8_t*>(r.to);
  auto* scales = reinterpret_cast<float*>(q + bench::peer::scales_at(size(r) / 2));
  in_parts(r, [=](std::size_t first, std::size_t end) {
    for (std::size_t g = first / group; g < end / group; ++g) {
      const float amax = greatest(x + g * group, group);
      const float inverse = amax == 0 ? 0 : 7 / amax;
      scales[g] = amax / 7;
      for (std::size_t i = g * group; i < (g + 1) * group; i += 2) {
        const int low = static_cast<int>(std::nearbyint(x[i] * inverse));
        const int high = static_cast<int>(std::nearbyint(x[i + 1] * inverse));
        q[i / 2] = static_cast<std::uint8_t>((low & 15) | (high & 15) << 4);
      }
    }
  });
}

void dequantize_int4(const request& r) {
  constexpr std::size_t group = 32;
  const auto* q = static_cast<const std::uint8_t*>(r.from);
  const auto* scales = reinterpret_cast<const float*>(q + bench::peer::scales_at(size(r) / 2));
  auto* y = static_cast<float*>(r.to);
  in_parts(r, [=](std::size_t first, std::size_t end) {
    for (std::size_t g = first / group; g < end / group; ++g) {
      for (std::size_t i = g * group; i < (g + 1) * group; i += 2) {
        y[i] = static_cast<float>(static_cast<std::int8_t>(q[i / 2] << 4) >> 4) * scales[g];
        y[i + 1] = static_cast<float>(static_cast<std::int8_t>(q[i / 2]) >> 4) * scales[g];
      }
    }
  });
}

constexpr float nf4_values[16] = {-1.0f,
                                  -0.6961928009986877f,
                                  -0.5250730514526367f,
                                  -0.39491748809814453f,
                                  -0.28444138169288635f,
                                  -0.18477343022823334f,
                                  -0.09105003625154495f,
                                  0.0f,
                                  0.07958029955625534f,
                                  0.16093020141124725f,
                                  0.24611230194568634f,
                                  0.33791524171829224f,
                                  0.44070982933044434f,
                                  0.5626170039176941f,
                                  0.7229568362236023f,
                                  1.0f};

unsigned to_nf4(float x) {
  unsigned code = 0;
  for (int k = 0; k < 15; ++k) code += x > (nf4_values[k] + nf4_values[k + 1]) / 2 ? 1 : 0;
  return code;
}

void quantize_nf4(const request& r) {
  constexpr std::size_t group = 64;
  const float* x = floats(r);
  auto* q = static_cast<std::uint8_t*>(r.to);
  auto* scales = reinterpret_cast<float*>(q + bench::peer::scales_at(size(r) / 2));
  in_parts(r, [=](std::size_t first, std::size_t end) {
    for (std::size_t g = first / group; g < end / group; ++g) {
      const float amax = greatest(x + g * group, group);
      const float inverse = amax == 0 ? 0 : 1 / amax;
      scales[g] = amax;
      for (std::size_t i = g * group; i < (g + 1) * group; i += 2) {
        q[i / 2] = static_cast<std::uint8_t>(to_nf4(x[i] * inverse) | to_nf4(x[i + 1] * inverse) << 4);
      }
    }
  });
}

void dequantize_nf4(const request& r) {
  constexpr std::size_t group = 64;
  const auto* q = static_cast<const std::uint8_t*>(r.from);
  const auto* scales = reinterpret_cast<const float*>(q + bench::peer::scales_at(size(r) / 2));
  auto* y = static_cast<float*>(r.to);
  in_parts(r, [=](std::size_t first, std::size_t end) {
    for (std::size_t g = first / group; g < end / group; ++g) {
      for (std::size_t i = g * group; i < (g + 1) * group; i += 2) {
        y[i] = nf4_values[q[i / 2] & 15] * scales[g];
        y[i + 1] = nf4_values[q[i / 2] >> 4] * scales[g];
      }
    }
  });
}

constexpr auto threads = bench::peer::take_threads;
const bench::kernel kernels[] = {
    {"quantize", "bf16", "loop", nullptr, bytes<16, 0, true>, quantize_bf16, threads, copies},
    {"dequantize", "bf16", "loop", "bf16", bytes<16, 0, false>, dequantize_bf16, threads, copies},
#if defined(__FLT16_MAX__)
    {"quantize", "fp16", "loop", nullptr, bytes<16, 0, true>, quantize_fp16, threads, copies},
    {"dequantize", "fp16", "loop", "fp16", bytes<16, 0, false>, dequantize_fp16, threads, copies},
#endif
    {"quantize", "int8_given", "loop", nullptr, bytes<8, 0, true>, quantize_int8_given, threads, copies},
    {"quantize", "int8_blocks", "loop", nullptr, bytes<8, 32, true>, quantize_int8_groups<32>, threads, copies},
    {"quantize", "int8_rows", "loop", nullptr, bytes<8, 4096, true>, quantize_int8_groups<4096>, threads, copies},
    {"dequantize", "int8_blocks", "loop", "int8_blocks", bytes<8, 32, false>, dequantize_int8_groups<32>, threads,
     copies},
    {"dequantize", "int8_rows", "loop", "int8_rows", bytes<8, 4096, false>, dequantize_int8_groups<4096>, threads,
     copies},
    {"quantize", "int4", "loop", nullptr, bytes<4, 32, true>, quantize_int4, threads, copies},
    {"dequantize", "int4", "loop", "int4", bytes<4, 32, false>, dequantize_int4, threads, copies},
    {"quantize", "nf4", "loop", nullptr, bytes<4, 64, true>, quantize_nf4, threads, copies},
    {"dequantize", "nf4", "loop", "nf4", bytes<4, 64, false>, dequantize_nf4, threads, copies},
};
const bench::registration here{kernels, sizeof kernels / sizeof *kernels};

}  // namespace

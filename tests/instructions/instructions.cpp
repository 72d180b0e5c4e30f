// SPDX-License-Identifier: MIT
//
// The program that instructions.py counts under callgrind: each operation on few and on many rows. Before each it
// clears callgrind's counters, after it dumps them under the operation's name and number of elements. Outside of
// valgrind the requests do nothing.
#include <valgrind/callgrind.h>

#include <cstdint>
#include <cstdio>
#include <vector>

#include "detent/format/bf16.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/fp8_e4m3fn.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/int3.hpp"
#include "detent/format/int4.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/nf4.hpp"
#include "detent/format/nvidia.hpp"
#include "detent/format/ocp.hpp"
#include "detent/native.hpp"

namespace {

constexpr std::size_t cols = 1024;
constexpr std::size_t few = 16, many = 48;

/// Sums of four draws, nearly normal, as in tests/support/data.hpp.
std::vector<float> weights(std::size_t n) {
  std::vector<float> x(n);
  std::uint32_t state = 7;
  for (float& element : x) {
    std::int64_t sum = 0;
    for (int draw = 0; draw < 4; ++draw) {
      state = 1664525u * state + 1013904223u;
      sum += state >> 12;
    }
    element = static_cast<float>(sum - 2097152) / 1048576.0f;
  }
  return x;
}

template <class F>
void count(const char* operation, const char* precision, std::size_t rows, const F& f) {
  char name[96];
  std::snprintf(name, sizeof name, "%s/%s %zu", operation, precision, rows * cols);
  CALLGRIND_ZERO_STATS;
  f();
  CALLGRIND_DUMP_STATS_AT(name);
}

template <class P>
void count_precision(const std::vector<float>& elements) {
  for (const std::size_t rows : {few, many}) {
    const detent::tensor_view<const float, 2> x(elements.data(), {rows, cols});
    std::vector<float> y(rows * cols);
    const detent::tensor_view<float, 2> to(y.data(), {rows, cols});
    detent::packed_tensor<P> q({rows, cols});
    count("quantize", P::name, rows, [&] { detent::quantize(x, q.view()); });
    count("dequantize", P::name, rows, [&] { detent::dequantize(q.view(), to); });
  }
}

/// What only some precisions are counted for.
void count_variants(const std::vector<float>& elements) {
  for (const std::size_t rows : {few, many}) {
    const detent::tensor_view<const float, 2> x(elements.data(), {rows, cols});
    std::vector<float> y(rows * cols);
    std::vector<detent::element<detent::bf16>> halves(rows * cols);
    const detent::tensor_view<float, 2> to(y.data(), {rows, cols});
    const detent::tensor_view<detent::element<detent::bf16>, 2> to_halves(halves.data(), {rows, cols});
    detent::packed_tensor<detent::nf4> q({rows, cols});
    detent::packed_tensor<detent::int8> whole({rows, cols});
    detent::packed_tensor<detent::int8_blocks> blocks({rows, cols});
    detent::quantize(x, q.view());
    detent::quantize(x, whole.view());
    count("encode", "int8", rows, [&] { detent::encode(x, whole.view()); });
    count("quantize_stochastic", "int8_blocks", rows,
          [&] { detent::quantize(detent::native{}, x, blocks.view(), detent::stochastic{1}); });
    count("dequantize_bf16", "nf4", rows, [&] { detent::dequantize(q.view(), to_halves); });
    count("dequantize_add", "nf4", rows, [&] { detent::dequantize_add(q.view(), to); });
  }
}

template <class... P>
void count_all(const std::vector<float>& elements) {
  (count_precision<P>(elements), ...);
}

}  // namespace

int main() {
  std::printf("%s\n", detent::native::chosen());
  const std::vector<float> elements = weights(many * cols);
  count_all<detent::fp16, detent::bf16, detent::fp8_e4m3fn, detent::int8, detent::int8_blocks, detent::int4,
            detent::int3, detent::nf4, detent::bnb::nf4_double_quant, detent::ocp::mxfp4, detent::nvidia::nvfp4,
            detent::ggml::q8_0, detent::ggml::q6_k>(elements);
  count_variants(elements);
}

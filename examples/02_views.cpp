// SPDX-License-Identifier: MIT
//
// The caller owns all memory and all threads: views, an executor, and the operations that allocate nothing.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <detent/format/bf16.hpp>
#include <detent/format/bitsandbytes.hpp>
#include <detent/format/int4.hpp>
#include <detent/format/int8.hpp>
#include <detent/native.hpp>
#include <thread>
#include <vector>

namespace {

// [executor]
/// Hands out tasks one by one to a fixed number of threads.
struct my_pool {
  std::size_t threads = 4;

  void operator()(std::size_t tasks, detent::task_ref task) const {
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> workers;
    for (std::size_t t = 0; t < threads; ++t) {
      workers.emplace_back([&] {
        for (std::size_t i = next++; i < tasks; i = next++) task(i);
      });
    }
    for (std::thread& worker : workers) worker.join();
  }
};

static_assert(detent::executor<my_pool>);
// [/executor]

std::vector<float> ramp(std::size_t size) {
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(i * 7919 % 2001) / 1000 - 1;
  return values;
}

bool caller_owned_memory() {
  constexpr std::size_t rows = 1200;
  constexpr std::size_t cols = 1000;
  const std::vector<float> weights = ramp(rows * cols);
  std::vector<float> restored(rows * cols);

  // [views]
  const detent::extents shape(rows, cols);
  const auto bytes = detent::plane_bytes<detent::int4>(shape);  // of the codes, of the scales
  std::vector<std::uint8_t> codes(bytes[0]);
  std::vector<float> scales(bytes[1] / sizeof(float));
  const detent::packed_view<detent::int4, std::uint8_t> q(shape, codes.data(), scales.data());

  const my_pool pool;
  const detent::tensor_view<const float, 2> w(weights.data(), shape);
  const detent::tensor_view<float, 2> y(restored.data(), shape);
  const detent::quantize_report met = detent::quantize(detent::native{}, w, q, {.executor = pool});
  detent::dequantize(detent::native{}, q, y, {.executor = pool});
  // [/views]

  // The same bytes on one thread, from the reference.
  std::vector<std::uint8_t> expected(bytes[0]);
  std::vector<float> expected_scales(scales.size());
  detent::quantize(detent::scalar{}, w,
                   detent::packed_view<detent::int4, std::uint8_t>(shape, expected.data(), expected_scales.data()));
  std::printf("%zu + %zu bytes, %zu NaN, code 0 is %u\n", bytes[0], bytes[1], met.nan, q.code(0));
  return codes == expected && scales == expected_scales && met.nan == 0;
}

bool other_operations() {
  constexpr std::size_t rows = 64;
  constexpr std::size_t cols = 96;
  const std::vector<float> weights = ramp(rows * cols);
  std::vector<float> sum(rows * cols, 1.0f);

  // [operations]
  // A transposed view: strides in elements. Groups of 32 lie along the view's rows, wherever they are in memory.
  const detent::tensor_view<const float, 2> transposed(weights.data(), {cols, rows}, {1, cols});
  const auto q = detent::quantize<detent::int4>(transposed);

  const auto wider = detent::convert<detent::int8_rows>(q);                  // without a whole fp32 copy
  const auto halves = detent::dequantize<detent::element<detent::bf16>>(q);  // two bytes an element
  float part[10];
  detent::dequantize_range(detent::native{}, q.view(), 100, 10, part);  // ten elements from number 100 on
  const detent::tensor_view<float, 2> y(sum.data(), {cols, rows});
  detent::dequantize_add(detent::native{}, q.view(), y);  // y = y + q

  const detent::parameter_count count = detent::count_parameters(detent::native{}, q.view());
  // [/operations]

  std::printf("%zu of %zu are not zero, %.3f bits each\n", count.nonzero, count.total, count.bits_per_parameter);
  return part[0] + 1 == sum[100] && wider.size() == halves.size() && count.bits_per_parameter == 5;
}

bool codes_alone() {
  const std::vector<float> weights = ramp(4096);
  const detent::tensor_view<const float, 1> w(weights);
  std::vector<std::uint8_t> codes(weights.size());
  std::vector<float> scale(1, 0.5f);
  const detent::packed_view<detent::int8, std::uint8_t> q({weights.size()}, codes.data(), scale.data());

  // [encode]
  detent::encode(detent::native{}, w, q);  // only the codes, by the scale that q holds already
  // [/encode]
  // Nothing is beyond ±1, so no code is beyond ±2.
  for (const std::uint8_t code : codes) {
    if (code > 2 && code < 254) return false;
  }
  return scale[0] == 0.5f;
}

bool at_random() {
  const std::vector<float> weights = ramp(4096);
  const detent::tensor_view<const float, 1> w(weights);
  std::vector<std::uint8_t> codes(weights.size());
  std::vector<std::uint8_t> again(weights.size());
  std::vector<float> scale(1);
  const detent::packed_view<detent::int8, std::uint8_t> q({weights.size()}, codes.data(), scale.data());
  const detent::packed_view<detent::int8, std::uint8_t> r({weights.size()}, again.data(), scale.data());

  // [stochastic]
  detent::quantize(detent::native{}, w, q, detent::stochastic{.seed = 42});
  detent::quantize(detent::scalar{}, w, r, detent::stochastic{.seed = 42});  // the same bytes
  // [/stochastic]
  return codes == again;
}

bool read_once() {
  using nf4 = detent::bnb::nf4_double_quant;
  const std::vector<float> weights = ramp(64 * 1024);
  const detent::extents shape(64, 1024);
  const detent::tensor_view<const float, 2> w(weights.data(), shape);
  const auto q = detent::quantize<nf4>(w);  // owns its memory, and a workspace for as long as it is made
  detent::packed_tensor<nf4> r(shape);

  // [workspace]
  std::vector<std::uint8_t> workspace(detent::host_workspace_bytes<nf4>(shape));
  detent::quantize(detent::native{}, w, r.view(), {.workspace = workspace.data(), .workspace_bytes = workspace.size()});
  // [/workspace]
  return q.view().code(4711) == r.view().code(4711) && q.view().scale().code(17) == r.view().scale().code(17);
}

}  // namespace

int main() {
  return caller_owned_memory() && other_operations() && codes_alone() && at_random() && read_once() ? 0 : 1;
}

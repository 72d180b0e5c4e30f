// SPDX-License-Identifier: MIT
#include "interop/check.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#include "detent/format/bitsandbytes.hpp"
#include "detent/format/int3.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/nvidia.hpp"
#include "detent/native.hpp"
#include "support/data.hpp"

namespace test {
namespace {

constexpr std::size_t cols = 1040;
constexpr std::size_t rows = 1100;  // more than four tasks of 2^18 elements

const std::vector<float>& elements() {
  static const std::vector<float> x = vec(11, rows * cols, 0.5f);
  return x;
}

/// What an operation made: the planes, the floats, the error.
template <class P>
struct outcome {
  detent::packed_tensor<P> q;
  std::vector<float> y;
  double rmse;

  explicit outcome(const detent::options& with) : y(rows * cols) {
    const detent::tensor_view<const float, 2> x(elements().data(), {rows, cols});
    q = detent::quantize<P>(x, with);
    detent::dequantize(q, detent::tensor_view<float, 2>(y.data(), {rows, cols}), with);
    rmse = detent::measure_error(x, q, with).rmse;
  }
};

template <class P>
void check_precision(detent::executor_ref executor) {
  INFO(P::name);
  static const outcome<P> alone{detent::options{}};
  const outcome<P> together{detent::options{.executor = executor}};
  const auto sizes = detent::plane_bytes<P>({rows, cols});
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    REQUIRE(std::memcmp(alone.q.view().plane(i), together.q.view().plane(i), sizes[i]) == 0);
  }
  REQUIRE(std::memcmp(alone.y.data(), together.y.data(), alone.y.size() * sizeof(float)) == 0);
  REQUIRE(alone.rmse == together.rmse);
}

}  // namespace

void check_tasks(detent::executor_ref executor) {
  for (const std::size_t tasks : {0, 1, 2, 3, 64, 5000}) {
    INFO(tasks << " tasks");
    const std::unique_ptr<std::atomic<int>[]> runs(new std::atomic<int>[tasks + 1]());
    executor(tasks, [&](std::size_t i) { ++runs[i]; });
    for (std::size_t i = 0; i < tasks; ++i) REQUIRE(runs[i] == 1);
    REQUIRE(runs[tasks] == 0);
  }
}

void check_operations(detent::executor_ref executor) {
  check_precision<detent::int8>(executor);
  check_precision<detent::int3>(executor);
  check_precision<detent::bnb::nf4_double_quant>(executor);
  check_precision<detent::nvidia::nvfp4>(executor);
}

}  // namespace test

// SPDX-License-Identifier: MIT
//
// Error metrics against a loop in double precision, and exact counts of parameters.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "detent/backend/scalar.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/int6.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/uint4.hpp"
#include "detent/op/count.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/error.hpp"
#include "detent/op/quantize.hpp"
#include "detent/store/packed_tensor.hpp"
#include "support/data.hpp"
#include "support/executors.hpp"
#include "support/packed_buffer.hpp"

namespace {

using detent::extents;
using detent::scalar;
using detent::tensor_view;

template <class P>
void check_metrics(const extents& shape) {
  INFO(P::name);
  std::vector<float> x = test::vec(21, shape.size(), 1);
  x[3] = std::numeric_limits<float>::quiet_NaN();
  x[9] = -std::numeric_limits<float>::infinity();
  const tensor_view<const float, 2> view(x.data(), shape);
  const test::packed_buffer<P> q(shape);
  detent::quantize(scalar{}, view, q.view());
  std::vector<float> y(x.size());
  detent::dequantize(scalar{}, q.view(), tensor_view<float, 2>(y.data(), shape));
  double signal = 0, noise = 0, product = 0, other = 0, most = 0;
  std::size_t counted = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i])) continue;
    const auto a = static_cast<double>(x[i]);
    const auto b = static_cast<double>(y[i]);
    ++counted;
    signal += a * a;
    other += b * b;
    product += a * b;
    noise += (a - b) * (a - b);
    most = std::max(most, std::fabs(a - b));
  }
  const test::thread_executor threads{3};
  const auto m = detent::measure_error(scalar{}, view, q.view());
  const auto same = detent::measure_error(scalar{}, view, q.view(), {.executor = threads});
  const auto views = detent::measure_error(scalar{}, view, tensor_view<const float, 2>(y.data(), shape));
  REQUIRE(m.elements == x.size());
  REQUIRE(m.nan == 1);
  REQUIRE(m.infinite == 1);
  REQUIRE(m.lost == 0);
  REQUIRE(m.max == most);
  REQUIRE(m.rmse == Approx(std::sqrt(noise / static_cast<double>(counted))).epsilon(1e-12));
  REQUIRE(m.sqnr_db == Approx(10 * std::log10(signal / noise)).epsilon(1e-12));
  REQUIRE(m.cosine == Approx(product / std::sqrt(signal * other)).epsilon(1e-12));
  REQUIRE(m.rmse == same.rmse);
  REQUIRE(m.cosine == same.cosine);
  REQUIRE(m.rmse == views.rmse);
  REQUIRE(m.saturated == 0);
  REQUIRE(m.zero_groups == 0);
}

template <class P>
std::size_t bytes_of(const extents& shape) {
  const test::packed_buffer<P> q(shape, 0);
  return detent::count_parameters(scalar{}, q.view()).bytes;
}

}  // namespace

TEST_CASE("metrics are those of a plain loop", "[op]") {
  check_metrics<detent::int8>(extents(30, 77));
  check_metrics<detent::int8>(extents(300, 1037));
  check_metrics<detent::uint4>(extents(30, 77));
  check_metrics<detent::bnb::nf4_double_quant>(extents(300, 1037));
}

TEST_CASE("no error and no elements", "[op]") {
  const std::vector<float> x = {1, 2, 3, 4};
  const tensor_view<const float, 1> view(x.data(), {4});
  const auto m = detent::measure_error(scalar{}, view, view);
  REQUIRE(m.max == 0);
  REQUIRE(m.rmse == 0);
  REQUIRE(m.sqnr_db > 1e6);
  REQUIRE(m.cosine == Approx(1));
  const auto empty = detent::measure_error(scalar{}, tensor_view<const float, 1>(x.data(), {0}),
                                           tensor_view<const float, 1>(x.data(), {0}));
  REQUIRE(empty.elements == 0);
  REQUIRE(empty.rmse == 0);
}

TEST_CASE("saturated elements and groups of zeros are counted", "[op]") {
  const extents shape(4, 64);
  std::vector<float> x = test::vec(21, shape.size(), 1);
  std::fill(x.begin() + 64, x.begin() + 128, 0.0f);
  const tensor_view<const float, 2> view(x.data(), shape);
  const test::packed_buffer<detent::int8_rows> q(shape);
  const auto report = detent::quantize(scalar{}, view, q.view());
  REQUIRE(report.zero_groups == 1);
  auto m = detent::measure_error(scalar{}, view, q.view());
  REQUIRE(m.zero_groups == 1);
  REQUIRE(m.saturated == 0);

  const float scale = 0.01f;  // reaches 1.27, and 1.275 is the last to round down
  for (std::size_t row = 0; row < 4; ++row) {
    detent::low_bits_first::put<32>(q.plane(1).data(), row, test::as_bits(scale));
  }
  x[0] = 1.2749f;
  x[1] = -1.2749f;
  x[2] = 1.276f;
  x[3] = -5.0f;
  std::size_t expected = 0;
  for (const float element : x) expected += std::fabs(element) > 1.2755f ? 1 : 0;
  detent::encode(scalar{}, view, q.view());
  m = detent::measure_error(scalar{}, view, q.view());
  REQUIRE(m.saturated == expected);
  REQUIRE(expected >= 2);
  REQUIRE(m.zero_groups == 0);
}

TEST_CASE("a scale too small or too large for its type is counted", "[op]") {
  const extents shape(1, 64);
  std::vector<float> x(64, 1e-9f);
  std::fill(x.begin() + 32, x.end(), 1e9f);
  const test::packed_buffer<detent::ggml::q8_0> q(shape);
  const auto report = detent::quantize(scalar{}, tensor_view<const float, 2>(x.data(), shape), q.view());
  REQUIRE(report.scale_underflows == 1);
  REQUIRE(report.scale_overflows == 1);
  REQUIRE(report.zero_groups == 0);
}

TEST_CASE("bytes are exact, for shapes that nothing divides", "[op]") {
  using namespace detent;
  REQUIRE(bytes_of<fp16>(extents(7, 3)) == 42);
  REQUIRE(bytes_of<int8>(extents(7, 3)) == 21 + 4);
  REQUIRE(bytes_of<int8_rows>(extents(7, 3)) == 21 + 28);
  REQUIRE(bytes_of<int6>(extents(7, 33)) == (231 * 6 + 7) / 8 + 4 * 7 * 2);
  REQUIRE(bytes_of<uint4>(extents(7, 33)) == 116 + 5 * 7 * 2);
  REQUIRE(bytes_of<bnb::nf4>(extents(7, 33)) == 116 + 4 * 4);
  REQUIRE(bytes_of<bnb::nf4_double_quant>(extents(700, 33)) == 11550 + 361 + 4 * 2 + 4);
  REQUIRE(bytes_of<ggml::q6_k>(extents(2, 512)) == 4 * 210);
  REQUIRE(bytes_of<uint4>(extents(0, 33)) == 0);
}

TEST_CASE("what is not zero is counted", "[op]") {
  const extents shape(3, 100);
  std::vector<float> x(300, 0.0f);
  for (std::size_t i = 0; i < 300; i += 3) x[i] = -2;
  x[1] = -0.0f;
  const tensor_view<const float, 2> view(x.data(), shape);
  const auto of_view = detent::count_parameters(scalar{}, view);
  REQUIRE(of_view.total == 300);
  REQUIRE(of_view.nonzero == 100);
  REQUIRE(of_view.bytes == 1200);
  REQUIRE(of_view.bits_per_parameter == 32);
  const test::packed_buffer<detent::int8> q(shape);
  detent::quantize(scalar{}, view, q.view());
  const auto counted = detent::count_parameters(scalar{}, q.view());
  REQUIRE(counted.nonzero == 100);
  REQUIRE(counted.bits_per_parameter == Approx(304 * 8 / 300.0));
  x[5] = std::numeric_limits<float>::quiet_NaN();
  REQUIRE(detent::count_parameters(scalar{}, view).nonzero == 101);
  const test::packed_buffer<detent::int8> empty(extents(0, 3));
  REQUIRE(detent::count_parameters(scalar{}, empty.view()).bits_per_parameter == 0);
}

namespace {

struct by_column : detent::precision<detent::int8_codec, detent::per_channel<1>> {
  static constexpr const char* name = "by_column";
};

}  // namespace

TEST_CASE("a group of zeros counts once, wherever its elements lie", "[op]") {
  const std::vector<float> zeros(50);
  const detent::tensor_view<const float, 2> x(zeros.data(), {10, 5});
  const auto q = detent::quantize<by_column>(detent::scalar{}, x);
  CHECK(q.report().zero_groups == 5);
  CHECK(detent::measure_error(detent::scalar{}, x, q.view()).zero_groups == 5);
}

TEST_CASE("groups near the least normal number keep their accuracy", "[op]") {
  std::vector<float> tiny;
  for (int i = 0; i < 64; ++i) tiny.push_back(-1e-38f * static_cast<float>(i % 7 + 1));
  const detent::tensor_view<const float, 2> x(tiny.data(), {2, 32});
  const auto q = detent::quantize<detent::int8_blocks>(detent::scalar{}, x);
  const detent::tensor<float> y = detent::dequantize(detent::scalar{}, q);
  for (std::size_t i = 0; i < tiny.size(); ++i) CHECK(std::abs(tiny[i] - y[i]) <= 0x1p-128f);
  CHECK(q.report().zero_groups == 0);
}

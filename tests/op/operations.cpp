// SPDX-License-Identifier: MIT
//
// Operations against their plain definitions: views of all kinds, adding, given scales, rounding at random, conversion.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "detent/backend/scalar.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/uint4.hpp"
#include "detent/op/convert.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/quantize.hpp"
#include "support/data.hpp"
#include "support/executors.hpp"
#include "support/naive.hpp"
#include "support/packed_buffer.hpp"

namespace {

using detent::extents;
using detent::scalar;
using detent::tensor_view;

template <class P>
test::packed_buffer<P> quantized(const std::vector<float>& x, const extents& shape) {
  test::packed_buffer<P> q(shape);
  detent::quantize(scalar{}, tensor_view<const float, 2>(x.data(), shape), q.view());
  return q;
}

template <class P>
std::vector<float> dequantized(const test::packed_buffer<P>& q, const extents& shape) {
  std::vector<float> y(shape.size());
  detent::dequantize(scalar{}, q.view(), tensor_view<float, 2>(y.data(), shape));
  return y;
}

template <class From, class To>
void check_convert() {
  INFO(From::name << " to " << To::name);
  for (const extents& shape : {extents(3, 256), extents(700, 512)}) {
    const auto from = quantized<From>(test::vec(9, shape.size(), 1), shape);
    const auto expected = quantized<To>(dequantized(from, shape), shape);
    const test::packed_buffer<To> to(shape);
    const test::thread_executor threads{2};
    detent::convert(scalar{}, from.read(), to.view(), {.executor = threads});
    REQUIRE(to == expected);
    REQUIRE(to.intact());
  }
}

}  // namespace

TEST_CASE("convert is dequantize and quantize, bit for bit", "[op]") {
  using namespace detent;
  check_convert<bnb::nf4_double_quant, int8>();
  check_convert<int8, bnb::nf4_double_quant>();
  check_convert<ggml::q4_k, uint4>();
  check_convert<uint4, ggml::q8_0>();
  check_convert<bf16, bnb::nf4_double_quant>();
}

TEST_CASE("views of every rank and stride give the same codes", "[op]") {
  const extents flat(24, 30);
  const std::vector<float> x = test::vec(4, flat.size(), 1);
  const auto expected = quantized<detent::uint4>(x, flat);
  const auto same_codes = [&](const auto& view) {
    const test::packed_buffer<detent::uint4> q(view.shape());
    detent::quantize(scalar{}, view, q.view());
    REQUIRE(q == expected);
    REQUIRE(q.intact());
  };
  same_codes(tensor_view<const float, 3>(x.data(), {4, 6, 30}));
  same_codes(tensor_view<const float, 4>(x.data(), {2, 4, 3, 30}));

  std::vector<float> transposed(x.size());
  std::vector<float> reversed(x.size());
  std::vector<double> wide(x.size());
  for (std::size_t row = 0; row < 24; ++row) {
    for (std::size_t col = 0; col < 30; ++col) {
      const std::size_t i = row * 30 + col;
      transposed[col * 24 + row] = x[i];
      reversed[x.size() - 1 - i] = x[i];
      wide[i] = static_cast<double>(x[i]);
    }
  }
  same_codes(tensor_view<const float, 2>(transposed.data(), flat, {1, 24}));
  same_codes(tensor_view<const float, 2>(reversed.data() + x.size() - 1, flat, {-30, -1}));
  same_codes(tensor_view<const double, 2>(wide.data(), flat));
  same_codes(tensor_view<const float, 3>(transposed.data(), {4, 6, 30}, {6, 1, 24}));

  // One number, repeated by strides of 0.
  const float one = 0.75f;
  const test::packed_buffer<detent::uint4> repeated(flat);
  detent::quantize(scalar{}, tensor_view<const float, 2>(&one, flat, {0, 0}), repeated.view());
  REQUIRE(repeated == quantized<detent::uint4>(std::vector<float>(flat.size(), one), flat));

  // And back into a view with gaps, which are left alone.
  std::vector<float> gaps(24 * 61, -99);
  detent::dequantize(scalar{}, expected.view(), tensor_view<float, 2>(gaps.data(), flat, {61, 2}));
  const std::vector<float> y = dequantized(expected, flat);
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const bool inside = i % 61 < 60 && i % 61 % 2 == 0;
    REQUIRE(gaps[i] == (inside ? y[i / 61 * 30 + i % 61 / 2] : -99));
  }
}

TEST_CASE("dequantize_add sums in fp32 and rounds once", "[op]") {
  const extents shape(5, 77);
  const auto q = quantized<detent::bnb::nf4>(test::vec(6, shape.size(), 1), shape);
  const std::vector<float> y = dequantized(q, shape);
  const std::vector<float> before = test::vec(7, shape.size(), 4);
  std::vector<float> sum = before;
  detent::dequantize_add(scalar{}, q.view(), tensor_view<float, 2>(sum.data(), shape));
  for (std::size_t i = 0; i < sum.size(); ++i) REQUIRE(sum[i] == before[i] + y[i]);

  using half = detent::element<detent::bf16>;
  std::vector<half> narrow;
  for (const float b : before) narrow.emplace_back(b);
  const std::vector<half> old = narrow;
  detent::dequantize_add(scalar{}, q.view(), tensor_view<half, 2>(narrow.data(), shape));
  for (std::size_t i = 0; i < sum.size(); ++i) REQUIRE(narrow[i].bits == half(static_cast<float>(old[i]) + y[i]).bits);
}

TEST_CASE("a range of a tensor is that part of the whole", "[op]") {
  const extents shape(40, 77);
  const auto q = quantized<detent::bnb::nf4_double_quant>(test::vec(6, shape.size(), 1), shape);
  const std::vector<float> y = dequantized(q, shape);
  for (const std::size_t first : {0u, 1u, 63u, 64u, 1000u, 3079u, 3080u}) {
    for (const std::size_t count : {0u, 1u, 5u, 64u, 1500u}) {
      if (first + count > shape.size()) continue;
      std::vector<float> part(count + 1, 5);
      detent::dequantize_range(scalar{}, q.view(), first, count, part.data());
      for (std::size_t i = 0; i < count; ++i) REQUIRE(part[i] == y[first + i]);
      REQUIRE(part[count] == 5);
    }
  }
}

TEST_CASE("encode keeps the scales that are there", "[op]") {
  const extents shape(6, 50);
  const std::vector<float> x = test::vec(6, shape.size(), 1);
  const tensor_view<const float, 2> view(x.data(), shape);
  const auto check = [&]<class P>() {
    INFO(P::name);
    const auto expected = quantized<P>(x, shape);
    const auto q = quantized<P>(x, shape);
    std::memset(q.plane(0).data(), 0xEE, q.plane(0).size());
    const auto report = detent::encode(scalar{}, view, q.view());
    REQUIRE(q == expected);
    REQUIRE(report.nan == 0);
  };
  check.operator()<detent::uint4>();
  check.operator()<detent::int8_rows>();
  check.operator()<detent::bnb::nf4>();
  check.operator()<detent::bnb::quantized_absmax>();  // a mean is subtracted first

  std::vector<float> with_nan = x;
  with_nan[70] = std::numeric_limits<float>::quiet_NaN();
  const auto q = quantized<detent::int8_rows>(x, shape);
  const auto report = detent::encode(scalar{}, tensor_view<const float, 2>(with_nan.data(), shape), q.view());
  REQUIRE(report.nan == 1);
  REQUIRE(q.view().code(70) == 0);
}

TEST_CASE("rounding at random: reproducible, without bias, on the caller's threads", "[op]") {
  const extents shape(300, 1037);
  const std::vector<float> x = test::vec(6, shape.size(), 1);
  const tensor_view<const float, 2> view(x.data(), shape);
  const auto check = [&]<class P>() {
    INFO(P::name);
    const test::packed_buffer<P> one(shape);
    const test::packed_buffer<P> two(shape);
    const test::packed_buffer<P> other(shape);
    const test::thread_executor threads{3};
    detent::quantize(scalar{}, view, one.view(), detent::stochastic{5});
    detent::quantize(scalar{}, view, two.view(), detent::stochastic{5}, {.executor = threads});
    detent::quantize(scalar{}, view, other.view(), detent::stochastic{6});
    REQUIRE(one == two);
    REQUIRE(!(one == other));
    const std::vector<float> y = dequantized(one, shape);
    const auto nearest = dequantized(quantized<P>(x, shape), shape);
    double bias = 0;
    double square = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double e = static_cast<double>(y[i]) - static_cast<double>(x[i]);
      bias += e;
      square += e * e;
    }
    const auto n = static_cast<double>(x.size());
    REQUIRE(std::fabs(bias) < 5 * std::sqrt(square));
    REQUIRE(square / n < 0.05);
  };
  check.operator()<detent::uint4>();
  check.operator()<detent::bnb::nf4>();
  check.operator()<detent::bf16>();
}

TEST_CASE("documented results of NaN and infinity", "[op]") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {1, -2, nan, inf, -inf, 0.5f, 4, -4};
  const extents shape(1, 8);
  const std::vector<float> ints = dequantized(quantized<detent::int8>(x, shape), shape);
  REQUIRE(ints[2] == 0);
  REQUIRE(ints[3] == ints[6]);
  REQUIRE(ints[4] == ints[7]);
  const std::vector<float> nf4 = dequantized(quantized<detent::bnb::nf4>(x, shape), shape);
  REQUIRE(nf4[2] == -4);
  REQUIRE(nf4[3] == 4);
  REQUIRE(nf4[4] == -4);
  const std::vector<float> all_nan = dequantized(quantized<detent::int8>({nan, nan}, extents(1, 2)), extents(1, 2));
  REQUIRE(all_nan == std::vector<float>{0, 0});
}

// SPDX-License-Identifier: MIT
//
// A codec, a grouping, a rule and element types that the library has never heard of, as a user writes them, through
// every operation.
#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "detent/backend/scalar.hpp"
#include "detent/core/type_list.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/int8.hpp"
#include "detent/op/convert.hpp"
#include "detent/op/count.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/error.hpp"
#include "detent/op/quantize.hpp"
#include "exercise.hpp"

namespace mine {

/// Sign and a power of two: 0, or ±2^(1 - k) for k = 1 … 7.
struct log_codec {
  static constexpr int bits = 4;
  using kind = detent::kind::any;
  static constexpr float min = -1;
  static constexpr float max = 1;

  static constexpr std::uint32_t encode(float x) {
    const float m = x < 0 ? -x : x;
    const std::uint32_t sign = x < 0 ? 8 : 0;
    float step = 0.75f;
    for (std::uint32_t k = 1; k <= 7; ++k, step /= 2) {
      if (m > step) return sign | k;
    }
    return 0;
  }
  static constexpr float decode(std::uint32_t code) {
    if ((code & 7) == 0) return 0;
    const float m = 1.0f / static_cast<float>(1u << ((code & 7) - 1));
    return (code & 8) != 0 ? -m : m;
  }
};

/// Tiles of 4 × 8 of the last two axes: a group is no single run.
struct tiles {
  static constexpr bool in_order = false;
  static constexpr detent::extents groups(const detent::extents& shape) {
    if (shape.size() == 0) return detent::extents(std::size_t{0}, std::size_t{0});
    return detent::extents((shape.rows() + 3) / 4, (shape.cols() + 7) / 8);
  }
  static constexpr detent::stretch at(const detent::extents& shape, std::size_t flat) {
    const std::size_t row = flat / shape.cols();
    const std::size_t col = flat % shape.cols();
    return {row / 4 * ((shape.cols() + 7) / 8) + col / 8, col % 8, 8, shape.cols() - col};
  }
};

/// The scale is the greatest power of two that is not above amax.
struct power_below : detent::basic_rule {
  using statistic = detent::statistic::absmax;

  template <class P>
  static constexpr detent::group_parameters choose(const statistic& known) {
    return {.scale = known.amax == 0 ? 0 : std::ldexp(1.0f, std::ilogb(known.amax))};
  }
};

struct log4 : detent::precision<log_codec, detent::blocks_of<24>> {
  static constexpr const char* name = "mine::log4";
};
struct log4_tiles : detent::precision<log_codec, tiles> {
  static constexpr const char* name = "mine::log4_tiles";
  using scale = detent::fp16;
  using rule = power_below;
};
struct int8_tiles : detent::precision<detent::int8_codec, tiles> {
  static constexpr const char* name = "mine::int8_tiles";
};

using detent::detail::rounded;  // no product is fused with a sum

/// Stores the least error's scale of the codes that follow amax / 127, as ggml's codebook format does.
struct refitted : detent::absmax {
  static constexpr bool from_stored = false;

  template <class P>
  static constexpr float refit(const float* x, std::size_t n, float factor) {
    float products = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const float value = P::codec::decode(P::codec::encode(x[i] * factor));
      products += rounded(x[i] * value);
      squares += rounded(value * value);
    }
    return squares == 0 ? 0 : products / squares;
  }
};
/// The same from what the codes stand for.
struct refitted_from_values : refitted {
  using refitted::refit;
  template <class P>
  static constexpr float refit(const float* x, const float* values, std::size_t n, float) {
    float products = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      products += rounded(x[i] * values[i]);
      squares += rounded(values[i] * values[i]);
    }
    return squares == 0 ? 0 : products / squares;
  }
};
template <class Rule>
struct int4_refitted : detent::precision<detent::symmetric_codec<4>, detent::blocks_of<32>> {
  static constexpr const char* name = "mine::int4_refitted";
  using rule = Rule;
};

/// A scale of 6 bits that is itself quantized by blocks, planar, which rows do not divide into.
struct scale6 : detent::precision<detent::unsigned_codec<6>, detent::blocks_of<16>> {
  static constexpr const char* name = "mine::scale6";
  using scale = detent::fp16;
};
struct nested : detent::precision<detent::symmetric_codec<5>, detent::blocks_of<8>> {
  static constexpr const char* name = "mine::nested";
  using scale = scale6;
};
/// Split halves without records: the last block is not whole.
struct halves : detent::precision<detent::symmetric_codec<4>, detent::blocks_of<20>> {
  static constexpr const char* name = "mine::halves";
  using packing = detent::split_halves<32>;
};
/// A scale per column.
struct columns : detent::precision<detent::symmetric_codec<3>, detent::per_channel<1>> {
  static constexpr const char* name = "mine::columns";
};

/// 16 bits, of which the library knows the codec …
struct half {
  std::uint16_t bits;
  half() = default;
  explicit half(float x) : bits(static_cast<std::uint16_t>(detent::fp16_codec::encode(x))) {}
  explicit operator float() const { return detent::fp16_codec::decode(bits); }
};
/// … and a type that is only convertible.
struct fixed {
  std::int16_t units;
  fixed() = default;
  explicit fixed(float x) : units(static_cast<std::int16_t>(std::lrint(x * 256))) {}
  explicit operator float() const { return static_cast<float>(units) / 256; }
};

}  // namespace mine

template <>
struct detent::element_codec<mine::half> {
  using type = detent::fp16_codec;
};

namespace {

using detent::extents;
using detent::tensor_view;

template <class T>
void check_elements() {
  const std::vector<float> x = test::vec(3, 5 * 37, 1);
  std::vector<T> typed;
  std::vector<float> widened;
  for (const float element : x) {
    typed.emplace_back(element);
    widened.push_back(static_cast<float>(typed.back()));
  }
  const extents shape(5, 37);
  const test::packed_buffer<mine::log4> q(shape);
  const test::packed_buffer<mine::log4> expected(shape);
  detent::quantize(detent::scalar{}, tensor_view<const T, 2>(typed.data(), shape), q.view());
  detent::quantize(detent::scalar{}, tensor_view<const float, 2>(widened.data(), shape), expected.view());
  REQUIRE(q == expected);

  std::vector<T> back(x.size());
  std::vector<float> y(x.size());
  detent::dequantize(detent::scalar{}, q.view(), tensor_view<T, 2>(back.data(), shape));
  detent::dequantize(detent::scalar{}, q.view(), tensor_view<float, 2>(y.data(), shape));
  for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(static_cast<float>(back[i]) == static_cast<float>(T(y[i])));

  // Every second column, last row first.
  const tensor_view<const T, 2> strided(typed.data() + 4 * 37, {5, 18}, {-37, 2});
  std::vector<float> gathered;
  for (std::size_t row = 0; row < 5; ++row) {
    for (std::size_t col = 0; col < 18; ++col) gathered.push_back(static_cast<float>(strided(row, col)));
  }
  const extents part(5, 18);
  const test::packed_buffer<mine::log4> a(part);
  const test::packed_buffer<mine::log4> b(part);
  detent::quantize(detent::scalar{}, strided, a.view());
  detent::quantize(detent::scalar{}, tensor_view<const float, 2>(gathered.data(), part), b.view());
  REQUIRE(a == b);
}

}  // namespace

TEST_CASE("a user's codec, grouping and rule, through quantize and dequantize", "[op]") {
  test::exercise_all(
      detent::type_list<mine::log4, mine::log4_tiles, mine::int8_tiles, mine::columns, mine::halves, mine::nested>{});
}

TEST_CASE("tiles have the greatest magnitude of their elements", "[op]") {
  const extents shape(10, 21);
  const std::vector<float> x = test::vec(8, shape.size(), 1);
  const test::packed_buffer<mine::int8_tiles> q(shape);
  detent::quantize(detent::scalar{}, tensor_view<const float, 2>(x.data(), shape), q.view());
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      float amax = 0;
      for (std::size_t row = 4 * i; row < std::min<std::size_t>(10, 4 * i + 4); ++row) {
        for (std::size_t col = 8 * j; col < std::min<std::size_t>(21, 8 * j + 8); ++col) {
          amax = std::max(amax, std::fabs(x[row * 21 + col]));
        }
      }
      REQUIRE(test::naive_value(q.read().scale(), 3 * i + j) == amax / 127.0f);
    }
  }
}

TEST_CASE("a rule's better scales are stored, whichever way it computes them", "[op]") {
  const extents shape(7, 90);
  const std::vector<float> x = test::vec(9, shape.size(), 1);
  const tensor_view<const float, 2> view(x.data(), shape);
  const test::packed_buffer<mine::int4_refitted<mine::refitted>> a(shape);
  const test::packed_buffer<mine::int4_refitted<mine::refitted_from_values>> b(shape);
  detent::quantize(detent::scalar{}, view, a.view());
  detent::quantize(detent::scalar{}, view, b.view());
  const std::size_t groups = 7 * 3;
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t first = g / 3 * 90 + g % 3 * 32, n = g % 3 == 2 ? 26 : 32;
    float amax = 0;
    for (std::size_t i = first; i < first + n; ++i) amax = std::max(amax, std::fabs(x[i]));
    const float factor = 1.0f / (amax / 7.0f);
    const float expected = mine::refitted::refit<mine::int4_refitted<mine::refitted>>(x.data() + first, n, factor);
    REQUIRE(expected != amax / 7.0f);
    REQUIRE(test::naive_value(a.read().scale(), g) == expected);
    REQUIRE(test::naive_value(b.read().scale(), g) == expected);
  }
}

TEST_CASE("a user's element types", "[op]") {
  check_elements<mine::half>();
  check_elements<mine::fixed>();
  check_elements<double>();
}

TEST_CASE("a user's precision through the other operations", "[op]") {
  const extents shape(9, 50);
  const std::vector<float> x = test::vec(12, shape.size(), 1);
  const tensor_view<const float, 2> view(x.data(), shape);
  const test::packed_buffer<mine::log4_tiles> q(shape);
  detent::quantize(detent::scalar{}, view, q.view());

  std::vector<float> y(x.size());
  detent::dequantize(detent::scalar{}, q.view(), tensor_view<float, 2>(y.data(), shape));
  const test::packed_buffer<mine::int8_tiles> converted(shape);
  const test::packed_buffer<mine::int8_tiles> expected(shape);
  detent::convert(detent::scalar{}, q.view(), converted.view());
  detent::quantize(detent::scalar{}, tensor_view<const float, 2>(y.data(), shape), expected.view());
  REQUIRE(converted == expected);

  const detent::error_metrics m = detent::measure_error(detent::scalar{}, view, q.view());
  double square = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    square += std::pow(static_cast<double>(x[i]) - static_cast<double>(y[i]), 2);
  }
  REQUIRE(m.rmse == Approx(std::sqrt(square / static_cast<double>(x.size()))));

  const detent::parameter_count count = detent::count_parameters(detent::scalar{}, q.view());
  REQUIRE(count.total == 450);
  REQUIRE(count.bytes == 225 + 2 * 3 * 7);

  std::string seen;
  detent::visit_precision<mine::log4, mine::log4_tiles>("mine::log4_tiles", [&]<class P>() { seen = P::name; });
  REQUIRE(seen == "mine::log4_tiles");
}

// SPDX-License-Identifier: MIT
//
// What every format must survive, through quantize and dequantize.
#ifndef DETENT_TESTS_OP_EXERCISE_HPP
#define DETENT_TESTS_OP_EXERCISE_HPP

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "detent/backend/scalar.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/quantize.hpp"
#include "support/data.hpp"
#include "support/executors.hpp"
#include "support/naive.hpp"
#include "support/packed_buffer.hpp"

namespace test {

inline bool same_bits(float a, float b) { return as_bits(a) == as_bits(b) || (std::isnan(a) && std::isnan(b)); }

template <class P>
class exercise {
 public:
  exercise() {
    INFO(P::name);
    lengths();
    rows();
    zeros();
    greatest();
    subnormals();
    not_finite();
    executors();
  }

 private:
  using extents = detent::extents;
  static constexpr bool planar = P::layout::elements == 0;
  static constexpr std::size_t step = planar ? 1 : P::layout::elements;

  struct result {
    packed_buffer<P> q;
    std::vector<float> y;
    detent::quantize_report report;
  };

  static detent::quantize_report quantize(const std::vector<float>& x, const extents& shape, const packed_buffer<P>& q,
                                          const detent::options& with = {}) {
    return detent::quantize(detent::scalar{}, detent::tensor_view<const float, 2>(x.data(), shape), q.view(), with);
  }

  static result run(const std::vector<float>& x, const extents& shape, const detent::options& with = {}) {
    result r{packed_buffer<P>(shape), std::vector<float>(x.size()), {}};
    r.report = quantize(x, shape, r.q, with);
    detent::dequantize(detent::scalar{}, r.q.read(), detent::tensor_view<float, 2>(r.y.data(), shape), with);
    REQUIRE(r.q.intact());
    return r;
  }

  /// Every byte is written, none beyond; padding codes are those of 0; values are those of the definition.
  static void check(const std::vector<float>& x, const extents& shape) {
    INFO("shape " << shape[0] << " × " << shape[1]);
    const result r = run(x, shape);
    const packed_buffer<P> other(shape, 0x5A);
    quantize(x, shape, other);
    REQUIRE(other == r.q);
    if constexpr (planar && P::codec::bits < 8) check_padding(r.q.plane(0), x.size());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) wrong += same_bits(r.y[i], naive_value(r.q.read(), i)) ? 0 : 1;
    REQUIRE(wrong == 0);
    if constexpr (detent::scaled_precision<P>) {
      float amax = 0;
      for (const float element : x) amax = std::max(amax, std::fabs(element));
      for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(std::fabs(x[i] - r.y[i]) <= 0.51f * amax);
    }
  }

  static void check_padding(const guarded_bytes& codes, std::size_t n) {
    using packing = typename P::packing;
    constexpr int bits = P::codec::bits;
    for (std::size_t i = n; n != 0 && packing::template bytes<bits>(i + 1) == codes.size(); ++i) {
      REQUIRE(packing::template get<bits>(codes.data(), i) == P::codec::encode(0.0f));
    }
  }

  static void lengths() {
    const std::vector<float> x = vec(41, 1280, 1);
    for (std::size_t n = 0; n <= 1025 || (!planar && n <= 1280); n += step) {
      check(std::vector<float>(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n)), extents(std::size_t{1}, n));
    }
  }

  static void rows() {
    for (const std::size_t cols : {1u, 5u, 33u, 64u, 100u, 513u}) {
      check(vec(42, 7 * cols * step, 1), extents(std::size_t{7}, cols * step));
    }
    check({}, extents(std::size_t{0}, std::size_t{256}));
    check({}, extents(std::size_t{3}, std::size_t{0}));
  }

  static constexpr std::size_t height = 3;
  static constexpr std::size_t width = 512;
  static extents field() { return extents(height, width); }

  static void zeros() {
    for (const float zero : {0.0f, -0.0f}) {
      const result r = run(std::vector<float>(height * width, zero), field());
      for (const float y : r.y)
        REQUIRE(y == P::codec::decode(P::codec::encode(0)) * (detent::scaled_precision<P> ? 0 : 1));
      REQUIRE(r.report.nan + r.report.infinite + r.report.scale_overflows + r.report.scale_underflows == 0);
    }
  }

  /// No group becomes NaN because something overflowed on the way. Where the scale's own type cannot hold the scale
  /// (fp16), the report says so.
  static void greatest() {
    constexpr float most = std::numeric_limits<float>::max();
    std::vector<float> x(height * width);
    for (const int pattern : {0, 1, 2, 3, 4}) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        const bool minus = pattern == 1 || (pattern == 2 && i % 2 == 0) || (pattern == 3 && i % 7 == 0);
        x[i] = pattern == 4 && i % 5 != 0 ? 1e-30f : minus ? -most : most;
      }
      const result r = run(x, field());
      std::size_t nan = 0;
      for (const float y : r.y) nan += std::isnan(y) ? 1 : 0;
      INFO("pattern " << pattern);
      if constexpr (detent::scaled_precision<P>) {
        if (std::is_same_v<typename P::scale, detent::fp32> || r.report.scale_overflows == 0) CHECK(nan == 0);
      }
      REQUIRE(r.report.nan + r.report.infinite == 0);
    }
  }

  static void subnormals() {
    for (const float tiny : {1e-45f, 3e-45f, 1e-42f, 1e-39f, 1.2e-38f, 1e-37f}) {
      std::vector<float> x(height * width);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(static_cast<int>(i % 9) - 4) * tiny;
      const result r = run(x, field());
      INFO("steps of " << tiny);
      std::size_t wrong = 0;
      if constexpr (detent::scaled_precision<P>) {
        // Twice the range: scales have a least value.
        for (const float y : r.y) wrong += std::fabs(y) <= 8 * tiny || std::fabs(y) < 1e-6f ? 0 : 1;
      }
      CHECK(wrong == 0);
    }
  }

  /// One NaN and one infinity are counted, and destroy nothing but, at most, their own group.
  static void not_finite() {
    const std::vector<float> clean = vec(43, height * width, 1);
    std::vector<float> x = clean;
    x[5] = std::numeric_limits<float>::quiet_NaN();
    x[600] = -std::numeric_limits<float>::infinity();
    x[601] = std::numeric_limits<float>::infinity();
    const result r = run(x, field());
    REQUIRE(r.report.nan == 1);
    REQUIRE(r.report.infinite == 2);
    std::size_t lost = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t group = P::grouping::at(field(), i).group;
      const bool own = group == P::grouping::at(field(), 5).group || group == P::grouping::at(field(), 600).group;
      if (!own || detent::unscaled_precision<P>) lost += std::isfinite(x[i]) && !std::isfinite(r.y[i]) ? 1 : 0;
    }
    if (std::string(P::name) != "e8m0" && std::string(P::name) != "e8m0_down" && std::string(P::name) != "e8m0_nearest")
      CHECK(lost == 0);
  }

  /// More than two tasks, and columns that end in the middle of bytes.
  static void executors() {
    const extents shape(std::size_t{607}, planar ? std::size_t{1037} : std::size_t{1024});
    const std::vector<float> x = vec(44, shape.size(), 1);
    const result one = run(x, shape);
    const shuffled_executor shuffled{7};
    const thread_executor threads{3};
    const result two = run(x, shape, {.executor = shuffled});
    const result three = run(x, shape, {.executor = threads});
    REQUIRE(one.q == two.q);
    REQUIRE(one.q == three.q);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      wrong += same_bits(one.y[i], two.y[i]) && same_bits(one.y[i], three.y[i]) ? 0 : 1;
    }
    REQUIRE(wrong == 0);
    for (std::size_t i = 0; i < x.size(); i += 997) REQUIRE(same_bits(one.y[i], naive_value(one.q.read(), i)));
    REQUIRE(one.report.zero_groups == three.report.zero_groups);
  }
};

template <class List>
void exercise_all(List) {
  List::for_each([]<class P>() { exercise<P>(); });
}

}  // namespace test

#endif

// SPDX-License-Identifier: MIT
//
// Rounding at random: one of the two neighbours, the mean of many is the value, what is exact stays, and the same seed
// gives the same codes.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "detent/core/random.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/fp4_e2m1.hpp"
#include "detent/format/fp6_e2m3.hpp"
#include "detent/format/fp6_e3m2.hpp"
#include "detent/format/fp8_e4m3fn.hpp"
#include "detent/format/fp8_e4m3fnuz.hpp"
#include "detent/format/fp8_e5m2.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/nf4.hpp"
#include "detent/format/tf32.hpp"
#include "support/data.hpp"

namespace {

template <class Codec>
std::vector<float> finite_values() {
  std::set<float> values;
  const int bits = Codec::bits > 16 ? 16 : Codec::bits;
  for (std::uint32_t code = 0; code < 1u << bits; ++code) {
    const float value = Codec::decode(Codec::bits > 16 ? code << 16 : code);
    if (std::isfinite(value) && value >= Codec::min && value <= Codec::max) values.insert(value);
  }
  return {values.begin(), values.end()};
}

template <class Codec>
void check_at(const std::vector<float>& values, std::size_t lower, float fraction) {
  const float low = values[lower];
  const float high = values[lower + 1];
  const auto x =
      static_cast<float>(static_cast<double>(low) +
                         static_cast<double>(fraction) * (static_cast<double>(high) - static_cast<double>(low)));
  if (x <= low || x >= high) return;
  constexpr int draws = 4000;
  int up = 0;
  for (int seed = 0; seed < draws; ++seed) {
    const auto random = detent::detail::random_bits(static_cast<std::uint64_t>(seed), lower);
    const float y = Codec::decode(Codec::encode_stochastic(x, random));
    INFO("x = " << x << " between " << low << " and " << high << ", became " << y);
    if (y != low) REQUIRE(y == high);
    up += y == high ? 1 : 0;
  }
  const double p =
      (static_cast<double>(x) - static_cast<double>(low)) / (static_cast<double>(high) - static_cast<double>(low));
  const double sigma = std::sqrt(p * (1 - p) / draws);
  INFO("x = " << x << " between " << low << " and " << high);
  REQUIRE(std::fabs(static_cast<double>(up) / draws - p) <= 5 * sigma + 1e-9);
}

template <class Codec>
void check_codec() {
  const std::vector<float> values = finite_values<Codec>();
  const std::size_t step = std::max<std::size_t>(1, values.size() / 40);
  for (std::size_t i = 0; i + 1 < values.size(); i += step) {
    for (const float fraction : {0.03125f, 0.5f, 0.8f}) check_at<Codec>(values, i, fraction);
  }
  for (const float value : values) {
    for (const std::uint32_t random : {0u, 1u, 0x12345678u, 0x80000000u, 0xFFFFFFFFu}) {
      INFO("exact value " << value);
      REQUIRE(Codec::decode(Codec::encode_stochastic(value, random)) == value);
    }
  }
  for (const std::uint32_t random : {0u, 0x9ABCDEF0u, 0xFFFFFFFFu}) {
    REQUIRE(Codec::encode_stochastic(test::as_float(0x7FC00000), random) == Codec::encode(test::as_float(0x7FC00000)));
    REQUIRE(Codec::encode_stochastic(HUGE_VALF, random) == Codec::encode(HUGE_VALF));
    REQUIRE(Codec::encode_stochastic(-HUGE_VALF, random) == Codec::encode(-HUGE_VALF));
  }
}

}  // namespace

TEST_CASE("small floats round at random without bias", "[format]") {
  check_codec<detent::fp16_codec>();
  check_codec<detent::fp8_e4m3fn::codec>();
  check_codec<detent::fp8_e4m3fn_nonsaturating::codec>();
  check_codec<detent::fp8_e4m3fnuz::codec>();
  check_codec<detent::fp8_e5m2::codec>();
  check_codec<detent::fp6_e3m2_codec>();
  check_codec<detent::fp6_e2m3_codec>();
  check_codec<detent::fp4_e2m1_codec>();
  check_codec<detent::bf16_codec>();
}

TEST_CASE("integers round at random without bias", "[format]") {
  check_codec<detent::int8_codec>();
  check_codec<detent::signed_codec<4>>();
  check_codec<detent::unsigned_codec<3>>();
  check_codec<detent::ggml::q4_0::codec>();
  check_codec<detent::ggml::q6_k::codec>();
}

TEST_CASE("codebooks round at random without bias", "[format]") {
  check_codec<detent::nf4_codec>();
  check_codec<detent::bnb::fp4_codec>();
  check_codec<detent::bnb::dynamic_codec>();
  check_codec<detent::ggml::iq4_nl_codec>();
  check_codec<detent::ggml::doubled_fp4_codec>();
}

TEST_CASE("a zero point does not change how an integer rounds at random", "[format]") {
  using codec = detent::unsigned_codec<8>;
  for (const float x : {-3.25f, 0.0f, 0.5f, 7.0f, 7.75f, 400.0f, -400.0f}) {
    int up = 0;
    for (std::uint64_t seed = 0; seed < 4000; ++seed) {
      const auto code = codec::encode_stochastic(x, 100, detent::detail::random_bits(seed, 5));
      const float y = codec::decode(code, 100);
      const float low = std::fmin(std::fmax(std::floor(x), -100.0f), 155.0f);
      if (y != low) REQUIRE(y == low + 1);
      up += y != low ? 1 : 0;
    }
    const double p = x > 155 || x < -100 ? 0 : static_cast<double>(x - std::floor(x));
    REQUIRE(std::fabs(up / 4000.0 - p) <= 5 * std::sqrt(p * (1 - p) / 4000));
  }
}

TEST_CASE("the second zero of ggml's doubled table is never written", "[format]") {
  using codec = detent::ggml::doubled_fp4_codec;
  for (const float x : {0.0f, -0.0f, 0.25f, -0.25f, 0.99f}) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      REQUIRE(codec::encode_stochastic(x, detent::detail::random_bits(seed, 0)) != 8);
    }
  }
}

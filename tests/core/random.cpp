// SPDX-License-Identifier: MIT
//
// The random bits depend on seed and index alone, and look random enough for rounding.
#include "detent/core/random.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using detent::detail::random_bits;
using detent::detail::unit_interval;

TEST_CASE("random bits are a function of seed and index", "[core]") {
  static_assert(random_bits(std::uint64_t{1}, std::uint64_t{2}) == random_bits(std::uint64_t{1}, std::uint64_t{2}));
  REQUIRE(random_bits(std::uint64_t{1}, std::uint64_t{2}) != random_bits(std::uint64_t{1}, std::uint64_t{3}));
  REQUIRE(random_bits(std::uint64_t{1}, std::uint64_t{2}) != random_bits(std::uint64_t{2}, std::uint64_t{2}));
  // Beyond 2^32 elements the sequence is another one.
  REQUIRE(random_bits(std::uint64_t{1}, std::uint64_t{2}) !=
          random_bits(std::uint64_t{1}, (std::uint64_t{1} << 32) + 2));
}

TEST_CASE("each bit is set half of the time, along indices and along seeds", "[core]") {
  constexpr std::uint64_t n = 1 << 14;
  for (const bool along_seeds : {false, true}) {
    std::uint32_t ones[32] = {};
    double sum = 0;
    double product = 0;
    double before = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::uint32_t bits = along_seeds ? random_bits(i, std::uint64_t{7}) : random_bits(std::uint64_t{7}, i);
      for (unsigned b = 0; b < 32; ++b) ones[b] += bits >> b & 1;
      const double u = static_cast<double>(unit_interval(bits)) - 0.5;
      sum += u;
      product += u * before;
      before = u;
    }
    const double sigma = std::sqrt(n / 4.0);
    for (const std::uint32_t count : ones) REQUIRE(std::fabs(count - n / 2.0) < 5 * sigma);
    REQUIRE(std::fabs(sum) < 5 * std::sqrt(n / 12.0));
    REQUIRE(std::fabs(product) < 5 * std::sqrt(n) / 12);
  }
}

TEST_CASE("the unit interval is half open", "[core]") {
  REQUIRE(unit_interval(0) == 0);
  REQUIRE(unit_interval(0xFFFFFFFF) < 1);
  REQUIRE(unit_interval(0x80000000) == 0.5f);
}

// SPDX-License-Identifier: MIT
//
// Books of 17 to 256 values of many shapes, in every instruction set, at and around all thresholds: those whose bins
// have one threshold each, and those that have none such.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "detent/backend/native.hpp"
#include "detent/backend/scalar.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/codebook.hpp"

namespace {

using detent::native;

enum class shape { even, even_without_zero, powers, positive, together, subnormal, huge };

constexpr float unit(std::uint32_t& state) {
  state = state * 1664525u + 1013904223u;
  return static_cast<float>(state >> 8) * (2.0f / 16777216.0f) - 1;
}

/// N values, in an order that a book may have them in.
template <std::size_t N, shape Shape>
struct book {
  static constexpr float value(std::size_t i, std::uint32_t& state) {
    const float place = 2.0f * static_cast<float>(i) / static_cast<float>(N - 1) - 1;
    float power = 1;
    for (std::size_t k = 0; k < i / 2 % 40; ++k) power *= 0.6f;
    switch (Shape) {
      case shape::even:
        return place;
      case shape::even_without_zero:
        return place + (place < 0 ? -0.01f : 0.013f);
      case shape::powers:
        return (i % 2 == 0 ? power : -power) * (1 + static_cast<float>(i / 80) * 0.1f);
      case shape::positive:
        return 3 + unit(state);
      case shape::together:
        return 1 + static_cast<float>(i / 3) * 1.1920929e-7f;  // neighbours, and thrice the same
      case shape::subnormal:
        return unit(state) * 1e-40f;
      default:
        return unit(state) * 1.6e38f;
    }
  }
  static constexpr detent::constant_table<float, N> values = [] {
    detent::constant_table<float, N> made{};
    std::uint32_t state = 5;
    for (std::size_t i = 0; i < N; ++i) made[i] = value(i, state);
    return made;
  }();
};

template <class C>
void same_codes(const char* name) {
  INFO(name << ", " << C::size << " values");
  std::vector<float> x{0.0f, -0.0f, 1e-45f, -1e-45f, 3.4e38f, -3.4e38f};
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float special : {infinity, std::numeric_limits<float>::quiet_NaN()}) {
    x.push_back(special);
    x.push_back(-special);
  }
  for (std::size_t i = 0; i + 1 < C::size; ++i) {
    float below = C::thresholds[i], above = C::thresholds[i];
    x.push_back(below);
    for (int step = 0; step < 2; ++step) {
      x.push_back(below = std::nextafter(below, -infinity));
      x.push_back(above = std::nextafter(above, infinity));
    }
  }
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    x.push_back(detent::detail::float_of(static_cast<std::uint32_t>(random())));
    x.push_back(C::min + (C::max / 2 - C::min / 2) * 2 * static_cast<float>(random() % 65536) / 65535);
  }
  std::vector<detent::code_t<C>> codes(x.size());
  for (const char* set : detent::detail::instruction_set_names) {
    if (!native::limit(set) || std::string(native::chosen()) != set) continue;
    INFO("at " << set);
    native::encode<C, detent::affine{}>(x.data(), x.size(), x.size(), {}, codes.data());
    std::size_t differ = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (codes[i] != C::encode(x[i]) && ++differ == 1)
        UNSCOPED_INFO(x[i] << ": " << int{codes[i]} << ", not " << C::encode(x[i]));
    }
    CHECK(differ == 0);
  }
  native::limit("");
}

}  // namespace

TEST_CASE("books of up to 256 values encode as they are defined") {
  same_codes<detent::table_codec<book<256, shape::even>>>("even");
  same_codes<detent::table_codec<book<256, shape::even_without_zero>>>("even, without zero");
  same_codes<detent::table_codec<book<17, shape::powers>>>("powers");
  same_codes<detent::table_codec<book<256, shape::powers>>>("powers");
  same_codes<detent::table_codec<book<101, shape::positive>>>("positive");
  same_codes<detent::table_codec<book<64, shape::together>>>("together");
  same_codes<detent::table_codec<book<33, shape::subnormal>>>("subnormal");
  same_codes<detent::table_codec<book<256, shape::huge>>>("huge");
  same_codes<detent::bnb::dynamic_codec>("bnb::dynamic8");
}

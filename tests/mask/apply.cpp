// SPDX-License-Identifier: MIT
//
// Applying masks: every element type, strides, the bits of what is kept, +0.0 elsewhere.
#include <cstring>
#include <limits>

#include "detent/backend/native.hpp"
#include "detent/backend/scalar.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/fp8_e4m3fnuz.hpp"
#include "mask/support.hpp"
#include "support/executors.hpp"

namespace {

using namespace detent;

/// Converts to float and back, and is no word.
struct odd {
  float value[3] = {};
  odd() = default;
  explicit odd(float x) : value{x, 1, 2} {}
  explicit operator float() const { return value[0]; }
};

template <class T>
T nth(std::size_t i) {
  if constexpr (std::is_integral_v<T>) return static_cast<T>(i * 37 + 1);
  return static_cast<T>(static_cast<float>(i % 251) - 125.25f);
}

template <class T>
bool same(const T& a, const T& b) {
  return std::memcmp(static_cast<const void*>(&a), static_cast<const void*>(&b), sizeof(T)) == 0;
}

template <class T, std::size_t Rank, class B>
void check(const B& b, const extents& shape, const options& with) {
  std::vector<T> x, y(shape.size(), nth<T>(5));
  for (std::size_t i = 0; i < shape.size(); ++i) x.push_back(nth<T>(i));
  bit_mask m(shape);
  test::words random(shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (random() % 3 == 0) m.data()[i / 64] &= ~(std::uint64_t{1} << (i % 64));
  }
  apply(b, m.view(), tensor_view<const T, Rank>(x.data(), shape), tensor_view<T, Rank>(y.data(), shape), with);
  const T zero(0.0f);
  for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(same(y[i], m[i] ? x[i] : zero));
  const std::vector<T> before = x;
  const std::size_t zeroed = make_permanent(b, m.view(), tensor_view<T, Rank>(x.data(), shape), with);
  REQUIRE(zeroed == x.size() - count_kept(m.view()));
  for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(same(x[i], y[i]));
}

template <class T>
void check_all() {
  const test::thread_executor threads{3};
  for (const std::size_t n : {1u, 63u, 64u, 65u, 4095u, 4096u, 4097u}) {
    check<T, 1>(native{}, extents(n), {});
    check<T, 1>(scalar{}, extents(n), {});
  }
  check<T, 2>(native{}, extents(600, 1001), {.executor = threads, .stream_from = 0});
  check<T, 3>(native{}, extents(3, 50, 77), {.executor = threads});
}

}  // namespace

TEST_CASE("apply to every element type") {
  check_all<float>();
  check_all<double>();
  check_all<element<fp16>>();
  check_all<element<bf16>>();
  check_all<element<fp8_e4m3fnuz>>();
  check_all<std::int8_t>();
  check_all<std::int64_t>();
  check_all<odd>();
}

TEST_CASE("apply to strides") {
  std::vector<float> x = test::vec(3, 24, 1), untouched = x;
  const tensor_view<float, 2> turned(x.data(), {3, 4}, {1, 6});  // every second of [4, 6], turned
  const bit_mask m = prune(scalar{}, turned, magnitude(5));
  apply(native{}, m.view(), turned);
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < 24; ++i) {
    const std::size_t row = i % 6, col = i / 6;
    const bool inside = row < 3;
    const bool kept = !inside || m[row * 4 + col];
    REQUIRE(x[i] == (kept ? untouched[i] : 0.0f));
    zeros += std::size_t{x[i] == 0};
  }
  REQUIRE(zeros == 5);
}

TEST_CASE("pruned places hold +0.0, whatever they held") {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> x{-1, -0.0f, inf, -inf, std::nanf(""), -0.0f};
  std::uint64_t words[1] = {0b100000};
  apply(native{}, mask_view(words, extents(6)), tensor_view<float, 1>(x));
  for (std::size_t i = 0; i < 5; ++i) REQUIRE(test::as_bits(x[i]) == 0);
  REQUIRE(test::as_bits(x[5]) == 0x80000000u);
}

TEST_CASE("apply takes any mask, nothing and everything") {
  std::vector<float> x = test::vec(3, 100, 1);
  const std::vector<float> before = x;
  const extents shape(100);
  apply(native{}, keep_all{shape}, tensor_view<float, 1>(x));
  REQUIRE(x == before);
  apply(native{}, !keep_all{shape}, tensor_view<float, 1>(x));
  REQUIRE(x == std::vector<float>(100, 0.0f));
  std::vector<float> none;
  apply(native{}, keep_all{extents(0)}, tensor_view<float, 1>(none));
  REQUIRE_THROWS_WITH(apply(native{}, keep_all{extents(99)}, tensor_view<float, 1>(x)),
                      Catch::Equals("apply: the shapes [99] and [100] differ"));
}

TEST_CASE("counts before and after") {
  std::vector<float> x = test::vec(3, 1000, 1);
  x[7] = 0;
  const tensor_view<const float, 1> w(x.data(), extents(1000));
  const bit_mask m = prune(native{}, w, magnitude(0.3));
  REQUIRE_FALSE(m[7]);
  pruning_count all = count_pruned(native{}, w, m.view());
  REQUIRE(all.before.total == 1000);
  REQUIRE(all.before.nonzero == 999);
  REQUIRE(all.before.bytes == 4000);
  REQUIRE(all.before.bits_per_parameter == 32);
  REQUIRE(all.kept == 700);
  REQUIRE(all.after.nonzero == 700);
  REQUIRE(all.after.bytes == 700 * 4 + 125);
  REQUIRE(all.after.bits_per_parameter == Approx(23.4));
  REQUIRE(all.dense_bytes == 4000);
  all += all;
  REQUIRE(all.before.total == 2000);
  REQUIRE(all.after.bytes == 2 * (2800 + 125));
  REQUIRE(all.after.bits_per_parameter == Approx(23.4));
}

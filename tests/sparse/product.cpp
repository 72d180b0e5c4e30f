// SPDX-License-Identifier: MIT
//
// Sparse products are the dense one's bits, on every backend, layout and order of tasks; and near the exact result.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "detent/backend/native.hpp"
#include "detent/detent.hpp"
#include "detent/format/int8.hpp"
#include "detent/op/sparse_product.hpp"
#include "detent/store/sparse_tensor.hpp"
#include "sparse/support.hpp"

namespace {

using namespace detent;
using test::owned_mask;

template <class T>
tensor_view<const T, 2> matrix(const std::vector<T>& x, std::size_t rows, std::size_t cols) {
  return {x.data(), extents(rows, cols)};
}
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// All products of W with a vector and a matrix, of one backend, one after another.
template <class B, class W, class T>
auto products(const B& b, const W& w, std::size_t m, std::size_t k, const std::vector<T>& x, std::size_t n,
              const options& with = {}) {
  using sum = typename detail::summands<T>::sum;
  std::vector<sum> y(m * (n + 1), sum{7});
  product(b, w, tensor_view<const T, 1>(x.data(), extents(k)), tensor_view<sum, 1>(y.data(), extents(m)), with);
  product(b, w, matrix(x, k, n), tensor_view<sum, 2>(y.data() + m, extents(m, n)), with);
  return y;
}

template <class T>
void near_exact(const std::vector<T>& w, const std::vector<T>& x, std::size_t k, std::size_t n, const auto& y) {
  const std::size_t m = y.size() / (n + 1);
  for (std::size_t i = 0; i < y.size(); ++i) {
    double sum = 0, size = 0;
    for (std::size_t j = 0; j < k; ++j) {
      const std::size_t row = i < m ? i : (i - m) / n;
      const double term =
          static_cast<double>(w[row * k + j]) * static_cast<double>(i < m ? x[j] : x[j * n + (i - m) % n]);
      sum += term;
      size += std::fabs(term);
    }
    REQUIRE(std::fabs(static_cast<double>(y[i]) - sum) <= (std::same_as<T, float> ? size * 1e-5 : 0));
  }
}

void check_floats(std::size_t m, std::size_t k, std::size_t n, const owned_mask& keep, bool two_in_four,
                  std::mt19937_64& random) {
  INFO("[" << m << ", " << k << "] times [" << k << ", " << n << "]");
  std::vector<float> w = test::random_floats(m * k, random);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = keep[i] ? w[i] : 0.0f;
  const std::vector<float> x = test::random_floats(k * n, random);
  const test::shuffled_executor pool;
  const auto dense = products(scalar{}, matrix(w, m, k), m, k, x, n);
  near_exact(w, x, k, n, dense);
  CHECK(same(products(native{}, matrix(w, m, k), m, k, x, n, {.executor = pool}), dense));
  const auto check = [&]<class L>(L) {
    INFO(L::name);
    const auto s = compress<L, fp32>(native{}, matrix(w, m, k), keep);
    CHECK(same(products(native{}, s.view(), m, k, x, n, {.executor = pool}), dense));
    CHECK(same(products(scalar{}, s.view(), m, k, x, n), dense));
  };
  check(bitmask{});
  check(csr<>{});
  if (two_in_four) check(two_of_four{});
}

void check_bytes(std::size_t m, std::size_t k, std::size_t n, const owned_mask& keep, bool two_in_four,
                 std::mt19937_64& random) {
  INFO("[" << m << ", " << k << "] times [" << k << ", " << n << "]");
  const auto bytes = [&](std::size_t count) {
    std::vector<std::int8_t> v(count);
    for (auto& x : v) x = random() % 4 == 0 ? std::int8_t{-128} : static_cast<std::int8_t>(random());
    return v;
  };
  std::vector<std::int8_t> w = bytes(m * k);
  const std::vector<std::int8_t> x = bytes(k * n);
  std::vector<float> scales(m, 1.0f);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = keep[i] ? w[i] : std::int8_t{0};
  const auto dense = products(scalar{}, matrix(w, m, k), m, k, x, n);
  near_exact(w, x, k, n, dense);
  CHECK(same(products(native{}, matrix(w, m, k), m, k, x, n), dense));
  const packed_view<int8_rows, const std::uint8_t> q(extents(m, k), w.data(), scales.data());
  const auto check = [&]<class L>(L) {
    INFO(L::name);
    const auto s = compress<L>(native{}, q, keep);
    CHECK(same(products(native{}, s.view(), m, k, x, n), dense));
    CHECK(same(products(scalar{}, s.view(), m, k, x, n), dense));
  };
  check(bitmask{});
  check(csr<std::uint16_t>{});
  if (two_in_four) check(two_of_four{});
}

}  // namespace

TEST_CASE("sparse products are the dense product's bits") {
  std::mt19937_64 random(11);
  for (const std::size_t k : {4u, 64u, 68u, 100u, 132u, 1024u, 1028u, 2400u}) {
    for (const std::size_t m : {1u, 3u, 66u}) {
      const std::size_t n = 1 + random() % 70;
      for (const double kept : {0.0, 0.05, 0.5, 1.0}) {
        const owned_mask keep = test::random_mask(extents(m, k), kept, random);
        check_floats(m, k, n, keep, false, random);
        check_bytes(m, k, n, keep, false, random);
      }
      const owned_mask keep = test::random_two_of_four(extents(m, k), random);
      check_floats(m, k, n, keep, true, random);
      check_bytes(m, k, n, keep, true, random);
    }
  }
  check_floats(5, 77, 33, test::random_mask(extents(5, 77), 0.5, random), false, random);
}

TEST_CASE("what is pruned adds nothing, whatever x holds") {
  const std::size_t k = 200;
  owned_mask keep(extents(1, k));
  std::vector<float> w(k, 1.0f), x(k, std::numeric_limits<float>::infinity());
  for (std::size_t i = 0; i < k; i += 3) {
    keep.keep(i);
    x[i] = 1;
  }
  const auto s = compress<bitmask, fp32>(native{}, matrix(w, 1, k), keep);
  CHECK(products(native{}, s.view(), 1, k, x, 1) == std::vector<float>{67, 67});
  CHECK(products(scalar{}, s.view(), 1, k, x, 1) == std::vector<float>{67, 67});
}

TEST_CASE("products refuse what does not fit") {
  std::vector<float> w(12, 1), x(12), y(12);
  const auto refused = [&](const auto& do_it) { return test::refusal(do_it); };
  const auto s = compress<bitmask, fp32>(native{}, matrix(w, 3, 4), keep_all{extents(3, 4)});
  const tensor_view<float, 1> y3(y.data(), extents(3));
  CHECK(refused([&] { product(native{}, s.view(), tensor_view<const float, 1>(x.data(), extents(5)), y3); }) ==
        "product: a matrix [3, 4] times [5] does not give [3]");
  CHECK(refused([&] {
          product(native{}, s.view(), matrix(x, 4, 2), tensor_view<float, 2>(y.data(), extents(3, 3)));
        }) == "product: a matrix [3, 4] times [4, 2] does not give [3, 3]");
  CHECK(refused([&] { product(native{}, s.view(), tensor_view<const float, 1>(x.data(), extents(4), {2}), y3); }) ==
        "product: the rows of x are not dense");
  CHECK(refused([&] { product(native{}, s.view(), tensor_view<const float, 1>(nullptr, extents(4)), y3); }) ==
        "product: the data of the tensor is a null pointer");
  const std::vector<std::int8_t> many(131072);
  std::int32_t one = 0;
  CHECK(refused([&] {
          product(native{}, matrix(many, 1, many.size()), tensor_view<const std::int8_t, 1>(many),
                  tensor_view<std::int32_t, 1>(&one, extents(1)));
        }) == "product: sums of 131072 products of 8-bit codes need more than 32 bits; 131071 at most");
}

TEST_CASE("the greatest sums of 8-bit codes fit") {
  const std::vector<std::int8_t> many(131071, -128);
  std::int32_t one = 0;
  product(native{}, matrix(many, 1, many.size()), tensor_view<const std::int8_t, 1>(many),
          tensor_view<std::int32_t, 1>(&one, extents(1)));
  CHECK(one == 131071 * 16384);
}

TEST_CASE("a matrix of no columns gives zeros") {
  std::vector<float> y(6, 7);
  const auto s =
      compress<csr<>, fp32>(native{}, tensor_view<const float, 2>(nullptr, extents(3, 0)), keep_all{extents(3, 0)});
  product(native{}, s.view(), tensor_view<const float, 1>(nullptr, extents(0)),
          tensor_view<float, 1>(y.data(), extents(3)));
  CHECK(y[2] == 0);
  product(native{}, s.view(), tensor_view<const float, 2>(nullptr, extents(0, 2)),
          tensor_view<float, 2>(y.data(), extents(3, 2)));
  CHECK(y[5] == 0);
}

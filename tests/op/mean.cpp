// SPDX-License-Identifier: MIT
//
// The mean that a centered precision subtracts: its bits are those of a sum in order, whatever is summed side by side.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "detent/backend/native.hpp"
#include "detent/backend/scalar.hpp"
#include "detent/op/prepare.hpp"

namespace {

/// As the definition says: parts in order, each summed in order.
float mean_in_order(const std::vector<float>& x) {
  const detent::detail::parts_of parts{x.size()};
  double sum = 0;
  for (std::size_t i = 0; i < parts.count(); ++i) {
    double part = 0;
    for (std::size_t j = parts.begin(i); j < parts.begin(i + 1); ++j) part += static_cast<double>(x[j]);
    sum += part;
  }
  return static_cast<float>(sum / static_cast<double>(x.size()));
}

/// The sum of the parts, which shows more than the mean does.
double sum_of(const std::vector<float>& x) {
  detent::detail::ordered_sum sum;
  for (std::size_t i = 0; i < x.size(); i += 4096) {
    sum.add(detent::native{}, x.data() + i, std::min<std::size_t>(4096, x.size() - i));
  }
  return sum.value();
}
double sum_in_order(const std::vector<float>& x) {
  double sum = 0;
  for (const float v : x) sum += static_cast<double>(v);
  return sum;
}

template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

void check(const std::vector<float>& x) {
  const detent::detail::tensor_source<const float, 1> source{{x.data(), {x.size()}}};
  const float expected = mean_in_order(x);
  CHECK(same_bits(detent::detail::mean_of(detent::scalar{}, source, detent::executor_ref{}), expected));
  CHECK(same_bits(detent::detail::mean_of(detent::native{}, source, detent::executor_ref{}), expected));
  CHECK(same_bits(sum_of(x), sum_in_order(x)));
}

}  // namespace

TEST_CASE("a mean has the bits of a sum in order") {
  std::mt19937 random(7);
  for (const std::size_t n : {1u, 3u, 4095u, 4097u, 20000u, 300000u}) {
    // Powers of two from 2^-spread up: sums are exact with few of them, and round with many.
    for (const int spread : {0, 3, 10, 16, 17, 18, 19, 20, 24, 30, 40, 60, 149}) {
      std::vector<float> x(n);
      for (float& v : x) {
        const auto mantissa = static_cast<float>((random() & 0x7FFFFF) | 0x800000);
        v = std::ldexp(mantissa, -23 - static_cast<int>(random() % (static_cast<unsigned>(spread) + 1)));
      }
      INFO(n << " elements over " << spread << " powers of two");
      check(x);
      x[n / 2] = 0;
      check(x);
      x[n / 3] = -x[n / 3];
      check(x);
      // Exact tiles after one that rounds.
      for (std::size_t i = n / 2; i < n; ++i) x[i] = 1 + static_cast<float>(random() % 1024) / 1024;
      check(x);
    }
  }
}

TEST_CASE("a mean of what is not finite, of the greatest and of the least numbers") {
  std::vector<float> x(10000, 0x1p-149f);
  check(x);
  std::fill(x.begin(), x.end(), 0x1.fffffep127f);
  check(x);
  x[5] = INFINITY;
  check(x);
  x[9000] = -INFINITY;
  check(x);
  std::fill(x.begin(), x.end(), 1.0f);
  x[77] = NAN;
  check(x);
}

// SPDX-License-Identifier: MIT
//
// Every backend's statistics against the scalar ones, with and without numbers that are left out.
#include <catch2/catch.hpp>

#include "backend/check/each.hpp"
#include "backend/check/inputs.hpp"

namespace checks {
namespace {

void same_statistics(const reduction& scalar, const reduction& r, const std::vector<float>& x) {
  for (std::size_t group : std::initializer_list<std::size_t>{1, 2, 7, 8, 15, 16, 17, 32, 64, 100, 256, 1025}) {
    for (std::size_t n = 0; n <= x.size(); n += n < 140 ? 1 : 59) {
      const exact_array<float> exact(x.data() + (x.size() - n), n, n % 16);
      std::vector<statistic_bits> a((n + group - 1) / group);
      std::vector<statistic_bits> b = a;
      scalar.reduce(exact.data(), n, group, a.data());
      r.reduce(exact.data(), n, group, b.data());
      INFO("n = " << n << ", group " << group);
      if (a != b) REQUIRE(a == b);
    }
  }
}

}  // namespace

TEST_CASE("statistics are those of the scalar backend") {
  generator random;
  for_each_pair(&backend_under_test::reductions, [&](const reduction& scalar, const reduction& r) {
    std::vector<float> x;
    while (x.size() < 1025) x.push_back(std::ldexp(static_cast<float>(static_cast<std::int32_t>(random())), -31));
    same_statistics(scalar, r, x);  // finite

    for (float& v : x) v = static_cast<float>(static_cast<std::int32_t>(random() % 5) - 2);
    same_statistics(scalar, r, x);  // equal magnitudes of both signs, zeros

    for (float& v : x) v = random() % 2 == 0 ? 0.0f : -0.0f;
    same_statistics(scalar, r, x);

    for (float& v : x) v = float_of(random() & 0x807FFFFFu);
    same_statistics(scalar, r, x);  // subnormal

    std::vector<float> specials;
    add_specials(specials);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 3 == 0 ? specials[random() % specials.size()] : x[i];
    same_statistics(scalar, r, x);

    for (float& v : x) v = float_of(random() | 0x7FC00000u);
    same_statistics(scalar, r, x);  // nothing but NaN
  });
}

}  // namespace checks

// SPDX-License-Identifier: MIT
//
// Random tensors, masks and criteria: every mask is the one that plain loops make, on both backends and any number of
// threads, and the laws of composition hold. 10,000 cases; 1,000,000 nightly.
#include "detent/backend/native.hpp"
#include "detent/backend/scalar.hpp"
#include "mask/support.hpp"
#include "support/executors.hpp"

namespace {

using namespace detent;
using test::bits;

class dice {
 public:
  explicit dice(std::uint64_t seed) : words_(seed) {}
  std::size_t below(std::size_t n) { return words_() % n; }
  bool coin() { return below(2) == 0; }

 private:
  test::words words_;
};

struct random_case {
  extents shape;
  std::vector<float> x;
  bits live;
  bit_mask start;
  bool nan = false;
};

/// Multiples of 1/4 with many ties, whose sums and squares are exact.
random_case make_case(dice& d) {
  random_case c;
  c.shape.rank = 1 + d.below(4);
  const std::size_t most[] = {0, 300, 24, 9, 6};
  for (std::size_t axis = 0; axis < c.shape.rank; ++axis) c.shape.extent[axis] = 1 + d.below(most[c.shape.rank]);
  if (d.below(200) == 0) c.shape = extents(1 + d.below(40), 1 + d.below(5000));
  c.nan = d.below(4) == 0;
  const std::size_t palette = 1 + d.below(60), dense = d.below(4);
  c.start = bit_mask(c.shape);
  for (std::size_t i = 0; i < c.shape.size(); ++i) {
    const float value = 0.25f * static_cast<float>(d.below(palette));
    c.x.push_back(c.nan && d.below(10) == 0 ? std::nanf("") : d.coin() ? value : -value);
    c.live.push_back(dense == 0 || d.below(4) < dense);
    if (!c.live[i]) c.start.data()[i / 64] &= ~(std::uint64_t{1} << (i % 64));
  }
  return c;
}

/// A view of any rank, as an element source.
struct shaped {
  const random_case* c;
  extents shape() const { return c->shape; }
  void read(std::size_t first, std::size_t n, float* to) const {
    for (std::size_t i = 0; i < n; ++i) to[i] = c->x[first + i];
  }
};

template <class C>
bits pruned(const random_case& c, const C& by, dice& d) {
  bit_mask m(c.shape);
  store_mask(c.start.view(), m.view());
  const test::shuffled_executor shuffled{static_cast<std::uint32_t>(d.below(100))};
  prune_options with{.nan = nan_scores::keep};
  if (d.coin()) with.executor = shuffled;
  if (d.coin())
    prune(scalar{}, shaped{&c}, by, m, with);
  else
    prune(native{}, shaped{&c}, by, m, with);
  return test::bits_of(m.view());
}

std::size_t count(const bits& b) { return static_cast<std::size_t>(std::count(b.begin(), b.end(), true)); }

void check_magnitude(const random_case& c, dice& d) {
  const auto score = test::magnitudes(c.x);
  const std::size_t left = count(c.live);
  const std::size_t k = d.below(left + 1);
  const bits keep = pruned(c, magnitude(k), d);
  REQUIRE(keep == test::naive_ranked(c.live, score, k));
  REQUIRE(count(keep) == left - k);
  for (std::size_t i = 0; i < keep.size(); ++i) REQUIRE((!keep[i] || c.live[i]));
  const double part = static_cast<double>(d.below(101)) / 100;
  REQUIRE(pruned(c, magnitude(part), d) == test::naive_ranked(c.live, score, part));
  REQUIRE(pruned(c, each_row(magnitude(part)), d) == test::naive_rows(c.live, score, c.shape.cols(), part));
  const shaped source{&c};
  REQUIRE(pruned(c, scores(source, part), d) == test::naive_ranked(c.live, score, part));
  const float limit = 0.25f * static_cast<float>(d.below(20));
  const bits above = pruned(c, threshold(limit), d);
  for (std::size_t i = 0; i < above.size(); ++i) {
    REQUIRE(above[i] == (c.live[i] && !(score[i] < static_cast<double>(limit))));
  }
}

void check_random(const random_case& c, dice& d) {
  const std::size_t left = count(c.live);
  const std::uint64_t seed = d.below(1000);
  const amount half(0.5);
  const bits keep = pruned(c, random_elements(half, seed), d);
  REQUIRE(count(keep) == left - half.of(left));
  REQUIRE(keep == pruned(c, random_elements(half, seed), d));
  for (std::size_t i = 0; i < keep.size(); ++i) REQUIRE((!keep[i] || c.live[i]));
}

void check_bricks(const random_case& c, dice& d) {
  const norm by = static_cast<norm>(d.below(3));
  const double part = static_cast<double>(d.below(101)) / 100;
  const std::size_t axis = d.below(c.shape.rank);
  if (c.shape.rank >= 2) {
    const channels which(axis, part, by);
    REQUIRE(pruned(c, which, d) == test::naive_bricks(c.live, c.x, c.shape, which.box(c.shape), by, part));
    const blocks blocked(1 + d.below(5), 1 + d.below(5), part, by);
    REQUIRE(pruned(c, blocked, d) == test::naive_bricks(c.live, c.x, c.shape, blocked.box(c.shape), by, part));
    const random_channels lot(axis, part, d.below(100));
    const bits keep = pruned(c, lot, d);
    REQUIRE(keep == pruned(c, lot, d));
    std::vector<float> drawn(c.x.size());
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      drawn[i] = static_cast<float>(detail::random_bits(lot.seed, test::place(c.shape, i)[axis]) >> 8);
    }
    REQUIRE(keep == test::naive_bricks(c.live, drawn, c.shape, lot.box(c.shape), norm::max, part));
  }
  for (std::size_t n = 2; n <= c.shape[axis]; ++n) {
    if (c.shape[axis] % n != 0) continue;
    const heads which = heads(n, part, axis);
    REQUIRE(pruned(c, which, d) == test::naive_bricks(c.live, c.x, c.shape, which.box(c.shape), norm::l2, part));
    break;
  }
}

void check_n_of_m(const random_case& c, dice& d) {
  const std::size_t axis = d.below(c.shape.rank);
  const std::size_t sizes[] = {1, 2, 3, 4, 5, 8, 16};
  const std::size_t m = sizes[d.below(7)], n = 1 + d.below(m);
  const bits expected = test::naive_n_of_m(c.live, test::magnitudes(c.x), c.shape, axis, n, m);
  REQUIRE(pruned(c, n_of_m(n, m, axis).padded(), d) == expected);
}

void check_laws(const random_case& c, dice& d) {
  const magnitude a(static_cast<double>(d.below(101)) / 100);
  const n_of_m b = n_of_m(1 + d.below(2), 2 + d.below(3), d.below(c.shape.rank)).padded();
  const bits of_a = pruned(c, a, d), of_b = pruned(c, b, d);
  const bits both = pruned(c, a & b, d), either = pruned(c, a | b, d);
  const bits not_a = pruned(c, !a, d);
  const bits in_turn = pruned(c, a.then(b), d), back = pruned(c, b.then(a), d);
  REQUIRE(pruned(c, !(a & b), d) == pruned(c, !a | !b, d));
  REQUIRE(pruned(c, !(a | b), d) == pruned(c, !a & !b, d));
  REQUIRE(pruned(c, b.then(b), d) == of_b);
  for (std::size_t i = 0; i < c.live.size(); ++i) {
    REQUIRE(both[i] == (of_a[i] && of_b[i]));
    REQUIRE(either[i] == (of_a[i] || of_b[i]));
    REQUIRE(not_a[i] == (c.live[i] && !of_a[i]));
    REQUIRE((!in_turn[i] || of_a[i]));
    REQUIRE((!back[i] || of_b[i]));
  }
  random_case left{c.shape, c.x, of_a, bit_mask(c.shape), c.nan};
  for (std::size_t i = 0; i < c.live.size(); ++i) {
    if (!of_a[i]) left.start.data()[i / 64] &= ~(std::uint64_t{1} << (i % 64));
  }
  REQUIRE(in_turn == pruned(left, b, d));
  REQUIRE(pruned(left, given(c.start.view()), d) == of_a);
  REQUIRE(pruned(c, a & left.start.view(), d) == of_a);
  const bits nested = pruned(c, a.then(b) & b, d);
  for (std::size_t i = 0; i < c.live.size(); ++i) REQUIRE(nested[i] == (in_turn[i] && of_b[i]));
}

void check_cases(std::size_t cases, std::uint64_t seed) {
  for (std::size_t i = 0; i < cases; ++i) {
    dice d(seed + i);
    const random_case c = make_case(d);
    INFO("case " << i << " of seed " << seed);
    switch (i % 5) {
      case 0:
        check_magnitude(c, d);
        break;
      case 1:
        check_random(c, d);
        break;
      case 2:
        check_bricks(c, d);
        break;
      case 3:
        check_n_of_m(c, d);
        break;
      default:
        check_laws(c, d);
    }
  }
}

}  // namespace

TEST_CASE("criteria and their compositions, 10,000 random cases") { check_cases(10000, 1); }

TEST_CASE("criteria and their compositions, 1,000,000 random cases", "[.][nightly]") { check_cases(1000000, 1000000); }

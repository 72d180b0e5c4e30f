// SPDX-License-Identifier: MIT
//
// Every element's group, as `at` tells it, against the plain definition; and the stretches, `begin` and `groups`
// against one another.
#include "detent/core/grouping.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace {

using detent::extents;

std::vector<std::size_t> indices(const extents& shape, std::size_t flat) {
  std::vector<std::size_t> at(shape.rank);
  for (std::size_t axis = shape.rank; axis-- > 0;) {
    at[axis] = flat % shape[axis];
    flat /= shape[axis];
  }
  return at;
}

std::vector<extents> shapes() {
  return {extents(1),       extents(7),        extents(64),       extents(130),        extents(1, 1),
          extents(3, 5),    extents(5, 64),    extents(3, 100),   extents(7, 129),     extents(1, 200),
          extents(2, 3, 4), extents(3, 1, 65), extents(2, 5, 33), extents(2, 2, 3, 5), extents(3, 2, 2, 70)};
}

/// `group_of` is the plain definition. Elements of one stretch lie in groups that follow one another.
template <class G, class GroupOf>
void check(const extents& shape, std::size_t groups, const GroupOf& group_of) {
  std::vector<std::size_t> first(groups, shape.size());
  REQUIRE(G::groups(shape).size() == groups);
  for (std::size_t flat = 0; flat < shape.size(); ++flat) {
    const detent::stretch s = G::at(shape, flat);
    const std::size_t group = group_of(flat);
    INFO("rank " << shape.rank << ", element " << flat << " of " << shape.size());
    REQUIRE(s.group == group);
    REQUIRE(group < groups);
    if (first[group] == shape.size()) first[group] = flat;
    REQUIRE(s.length >= 1);
    REQUIRE(flat + s.length <= shape.size());
    REQUIRE(s.skip < s.size);
    for (std::size_t i = 0; i < s.length; ++i) REQUIRE(group_of(flat + i) == group + (s.skip + i) / s.size);
  }
  if constexpr (G::in_order) {
    for (std::size_t group = 0; group < groups; ++group) REQUIRE(G::begin(shape, group) == first[group]);
    REQUIRE(G::begin(shape, groups) == shape.size());
  }
}

template <std::size_t Axis>
void check_channels(const extents& shape) {
  if (shape.rank <= Axis) return;
  check<detent::per_channel<Axis>>(shape, shape[Axis], [&](std::size_t flat) { return indices(shape, flat)[Axis]; });
}

template <std::size_t N>
void check_blocks(const extents& shape) {
  const std::size_t in_row = (shape.cols() + N - 1) / N;
  check<detent::blocks_of<N>>(shape, shape.rows() * in_row,
                              [&](std::size_t flat) { return flat / shape.cols() * in_row + flat % shape.cols() / N; });
  check<detent::flat_blocks_of<N>>(shape, (shape.size() + N - 1) / N, [](std::size_t flat) { return flat / N; });
}

}  // namespace

TEST_CASE("groupings put every element where their definition says", "[core]") {
  for (const extents& shape : shapes()) {
    check<detent::per_tensor>(shape, 1, [](std::size_t) { return std::size_t{0}; });
    check_channels<0>(shape);
    check_channels<1>(shape);
    check_channels<2>(shape);
    check_channels<3>(shape);
    check_blocks<1>(shape);
    check_blocks<3>(shape);
    check_blocks<16>(shape);
    check_blocks<32>(shape);
    check_blocks<64>(shape);
    check_blocks<100>(shape);
  }
}

TEST_CASE("the tensor of scales has the shape of the groups", "[core]") {
  REQUIRE(detent::blocks_of<32>::groups(extents(2, 3, 70)) == extents(2, 3, 3));
  REQUIRE(detent::flat_blocks_of<32>::groups(extents(2, 3, 70)) == extents(14));
  REQUIRE(detent::per_channel<1>::groups(extents(2, 3, 70)) == extents(3));
  REQUIRE(detent::per_tensor::groups(extents(2, 3, 70)) == extents(1));
}

TEST_CASE("a tensor without elements has no groups", "[core]") {
  for (const extents& shape : {extents(0), extents(0, 5), extents(5, 0), extents(2, 0, 3)}) {
    REQUIRE(detent::per_tensor::groups(shape).size() == 0);
    REQUIRE(detent::per_channel<0>::groups(shape).size() == 0);
    REQUIRE(detent::blocks_of<32>::groups(shape).size() == 0);
    REQUIRE(detent::flat_blocks_of<32>::groups(shape).size() == 0);
    REQUIRE(detent::unscaled::groups(shape).size() == 0);
  }
}

TEST_CASE("extents count in row-major order", "[core]") {
  constexpr extents shape(2, 3, 4, 5);
  static_assert(shape.size() == 120 && shape.rows() == 24 && shape.cols() == 5);
  static_assert(shape.inner(0) == 60 && shape.inner(1) == 20 && shape.inner(2) == 5 && shape.inner(3) == 1);
  REQUIRE(shape == extents(2, 3, 4, 5));
  REQUIRE(!(shape == extents(2, 3, 20)));
  REQUIRE(!(shape == extents(2, 3, 4, 6)));
  REQUIRE(extents(0, 4).rows() == 0);
  REQUIRE(extents(4, 0).rows() == 0);
  REQUIRE(extents().size() == 0);
  detent::error e;
  shape.describe(e);
  REQUIRE(std::string(e.what()) == "[2, 3, 4, 5]");
}

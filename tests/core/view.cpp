// SPDX-License-Identifier: MIT
//
// Views of tensors: strides of every sign, ranks 1 to 4, and what they are made from.
#include "detent/core/view.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <span>
#include <vector>

#include "detent/format/fp16.hpp"

namespace {

using detent::extents;
using detent::tensor_view;

/// As much of std::mdspan as a view looks at.
struct like_mdspan {
  float* data;
  std::array<int, 2> extents_;
  std::array<int, 2> strides_;

  static constexpr std::size_t rank() { return 2; }
  float* data_handle() const { return data; }
  int extent(std::size_t axis) const { return extents_[axis]; }
  int stride(std::size_t axis) const { return strides_[axis]; }
};

}  // namespace

TEST_CASE("a dense view counts in row-major order", "[core]") {
  float x[2 * 3 * 4 * 5] = {};
  const tensor_view<float, 4> v{x, {2, 3, 4, 5}};
  REQUIRE(v.dense());
  REQUIRE(v.size() == 120);
  REQUIRE(&v(1, 2, 3, 4) == x + 119);
  REQUIRE(&v(1, 0, 2, 1) == x + 60 + 10 + 1);
  for (std::size_t row = 0; row < v.shape().rows(); ++row) REQUIRE(v.row(row) == x + row * 5);
  REQUIRE(tensor_view<float, 1>(x, {120}).row(0) == x);
  REQUIRE(tensor_view<float, 3>(x, {2, 12, 5}).row(13) == x + 65);
}

TEST_CASE("strides may be anything", "[core]") {
  float x[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const tensor_view<const float, 2> transposed{x, {4, 3}, {1, 4}};
  REQUIRE(!transposed.dense());
  REQUIRE(transposed(3, 2) == 11);
  REQUIRE(*transposed.row(2) == 2);
  const tensor_view<const float, 1> backwards{x + 11, {12}, {-1}};
  REQUIRE(backwards(0) == 11);
  REQUIRE(backwards(11) == 0);
  REQUIRE(!backwards.dense());
  const tensor_view<const float, 2> repeated{x + 5, {3, 4}, {0, 0}};
  REQUIRE(repeated(2, 3) == 5);
  REQUIRE(!repeated.dense());
  const tensor_view<const float, 2> one_row{x, {1, 4}, {999, 1}};
  REQUIRE(one_row.dense());
}

TEST_CASE("views of what has data and size", "[core]") {
  std::vector<float> vector(7);
  std::array<float, 5> array{};
  const std::span<float> span(vector);
  REQUIRE(tensor_view<float, 1>(vector).data() == vector.data());
  REQUIRE(tensor_view<float, 1>(vector).shape() == extents(7));
  REQUIRE(tensor_view<const float, 1>(array).size() == 5);
  REQUIRE(tensor_view<float, 1>(span).data() == vector.data());
  const std::vector<float>& constant = vector;
  REQUIRE(tensor_view<const float, 1>(constant).data() == vector.data());
  static_assert(!std::is_constructible_v<tensor_view<float, 1>, const std::vector<float>&>);
  static_assert(!std::is_constructible_v<tensor_view<float, 1>, std::vector<double>&>);
}

TEST_CASE("views of what looks like mdspan", "[core]") {
  float x[20] = {};
  const like_mdspan span{x, {3, 4}, {5, 1}};
  const tensor_view<float, 2> v(span);
  REQUIRE(v.shape() == extents(3, 4));
  REQUIRE(v.stride(0) == 5);
  REQUIRE(&v(2, 3) == x + 13);
  REQUIRE(tensor_view<const float, 2>(span).data() == x);
}

TEST_CASE("a copy of a view, however it is made, keeps its strides", "[core]") {
  float x[12] = {};
  tensor_view<float, 1> every_third{x, {4}, {3}};
  tensor_view<float, 1> copy(every_third);
  REQUIRE(copy.stride(0) == 3);
  const tensor_view<const float, 1> read_only(every_third);
  REQUIRE(read_only.stride(0) == 3);
  const auto captured = [every_third] { return every_third.stride(0); };
  REQUIRE(captured() == 3);
  const tensor_view<const float, 1> implicit = every_third;
  REQUIRE(implicit.stride(0) == 3);
}

TEST_CASE("an element is its code in memory", "[core]") {
  using half = detent::element<detent::fp16>;
  static_assert(sizeof(half) == 2);
  REQUIRE(half(1.0f).bits == 0x3C00);
  REQUIRE(static_cast<float>(half(0.333f)) == static_cast<float>(half(static_cast<float>(half(0.333f)))));
}

// SPDX-License-Identifier: MIT
//
// What is refused, and in which words.
#include <catch2/catch.hpp>
#include <string>

#include "detent/backend/scalar.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/int8.hpp"
#include "detent/op/convert.hpp"
#include "detent/op/count.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/error.hpp"
#include "detent/op/quantize.hpp"
#include "support/packed_buffer.hpp"

namespace {

using detent::extents;
using detent::packed_view;
using detent::scalar;
using detent::tensor_view;

template <class F>
std::string refusal(const F& f) {
  try {
    f();
  } catch (const detent::error& e) {
    return e.what();
  }
  return "nothing was refused";
}

struct columns : detent::precision<detent::int8_codec, detent::per_channel<2>> {
  static constexpr const char* name = "columns";
};

}  // namespace

TEST_CASE("shapes that differ are refused with both", "[op]") {
  float x[12] = {};
  const test::packed_buffer<detent::int8> q(extents(4, 3));
  const test::packed_buffer<detent::int8> other(extents(2, 6));
  const tensor_view<float, 2> view(x, {3, 4});
  const tensor_view<float, 2> right(x, {4, 3});
  REQUIRE(refusal([&] { detent::quantize(scalar{}, view, q.view()); }) ==
          "quantize: the shapes [3, 4] and [4, 3] differ");
  REQUIRE(refusal([&] { detent::encode(scalar{}, view, q.view()); }) == "encode: the shapes [3, 4] and [4, 3] differ");
  REQUIRE(refusal([&] { detent::dequantize(scalar{}, q.view(), view); }) ==
          "dequantize: the shapes [4, 3] and [3, 4] differ");
  REQUIRE(refusal([&] { detent::dequantize_add(scalar{}, q.view(), view); }) ==
          "dequantize_add: the shapes [4, 3] and [3, 4] differ");
  REQUIRE(refusal([&] { detent::convert(scalar{}, q.view(), other.view()); }) ==
          "convert: the shapes [4, 3] and [2, 6] differ");
  REQUIRE(refusal([&] { detent::measure_error(scalar{}, view, q.view()); }) ==
          "measure_error: the shapes [3, 4] and [4, 3] differ");
  REQUIRE(refusal([&] { detent::measure_error(scalar{}, view, right); }) ==
          "measure_error: the shapes [3, 4] and [4, 3] differ");
  REQUIRE(refusal([&] { detent::quantize(scalar{}, tensor_view<float, 1>(x, {12}), q.view()); }) ==
          "quantize: the shapes [12] and [4, 3] differ");
}

TEST_CASE("a shape that nothing can hold is refused", "[op]") {
  constexpr std::size_t big = std::size_t{1} << 32;
  float x = 0;
  const tensor_view<float, 2> view(&x, {big, big}, {0, 0});
  std::uint8_t byte = 0;
  const packed_view<detent::int8, std::uint8_t> q{extents(big, big), &byte, &byte};
  const std::string expected = "quantize: the shape [4294967296, 4294967296] has more than 2^48 elements";
  REQUIRE(refusal([&] { detent::quantize(scalar{}, view, q); }) == expected);
  const tensor_view<float, 2> wrapped(&x, {std::size_t(-1), 2}, {0, 0});
  REQUIRE(refusal([&] { detent::count_parameters(scalar{}, wrapped); }) ==
          "count_parameters: the shape [18446744073709551615, 2] has more than 2^48 elements");
  const packed_view<detent::int8, std::uint8_t> none;
  REQUIRE(refusal([&] { detent::dequantize(scalar{}, none, tensor_view<float, 1>(&x, {1})); }) ==
          "dequantize: the shape has no axes");
}

TEST_CASE("null pointers are refused, but not those of empty tensors", "[op]") {
  float x[4] = {};
  std::uint8_t bytes[16] = {};
  std::uint8_t* null = nullptr;
  const tensor_view<float, 1> view(x, {4});
  const tensor_view<float, 1> nowhere(static_cast<float*>(nullptr), {4});
  const packed_view<detent::int8, std::uint8_t> q{extents(4), bytes, bytes + 4};
  const packed_view<detent::int8, std::uint8_t> no_scale{extents(4), bytes, null};
  const packed_view<detent::int8, std::uint8_t> no_codes{extents(4), null, bytes};
  REQUIRE(refusal([&] { detent::quantize(scalar{}, nowhere, q); }) ==
          "quantize: the data of the tensor is a null pointer");
  REQUIRE(refusal([&] { detent::quantize(scalar{}, view, no_scale); }) ==
          "quantize: plane 1 of the int8 tensor is a null pointer");
  REQUIRE(refusal([&] { detent::dequantize(scalar{}, no_codes, view); }) ==
          "dequantize: plane 0 of the int8 tensor is a null pointer");
  const packed_view<detent::int8, std::uint8_t> empty{extents(std::size_t{0}), null, null};
  const tensor_view<float, 1> nothing(static_cast<float*>(nullptr), {std::size_t{0}});
  REQUIRE(refusal([&] { detent::quantize(scalar{}, nothing, empty); }) == "nothing was refused");
  REQUIRE(refusal([&] { detent::dequantize(scalar{}, empty, nothing); }) == "nothing was refused");
  REQUIRE(refusal([&] { detent::count_parameters(scalar{}, empty); }) == "nothing was refused");
}

TEST_CASE("a precision that cannot hold the shape is refused", "[op]") {
  float x[100] = {};
  std::uint8_t bytes[1000] = {};
  const packed_view<columns, std::uint8_t> q{extents(10, 10), bytes, bytes + 500};
  REQUIRE(refusal([&] { detent::quantize(scalar{}, tensor_view<float, 2>(x, {10, 10}), q); }) ==
          "quantize: columns has a scale for each index of axis 2, which the shape [10, 10] lacks");
  const packed_view<detent::ggml::q4_0, std::uint8_t> blocks{extents(2, 50), bytes};
  REQUIRE(refusal([&] { detent::quantize(scalar{}, tensor_view<float, 2>(x, {2, 50}), blocks); }) ==
          "quantize: ggml::q4_0 stores rows in blocks of 32, which the shape [2, 50] cannot be divided into");
  REQUIRE(refusal([&] { tensor_view<float, 2>(x, {2, 5, 10}); }) == "a view of rank 2 was given the shape [2, 5, 10]");
}

TEST_CASE("a range beyond the end is refused", "[op]") {
  const test::packed_buffer<detent::int8> q(extents(4, 3));
  float y[12] = {};
  REQUIRE(refusal([&] { detent::dequantize_range(scalar{}, q.view(), 10, 3, y); }) ==
          "dequantize_range: elements 10 to 13 of a tensor of 12");
  REQUIRE(refusal([&] { detent::dequantize_range(scalar{}, q.view(), 13, 0, y); }) ==
          "dequantize_range: elements 13 to 13 of a tensor of 12");
  REQUIRE(refusal([&] { detent::dequantize_range(scalar{}, q.view(), 12, 0, y); }) == "nothing was refused");
}

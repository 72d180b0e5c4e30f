// SPDX-License-Identifier: MIT
//
// Views of quantized tensors: planes, records, and the parts of each.
#include <catch2/catch.hpp>
#include <type_traits>

#include "detent/format/bitsandbytes.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/nvidia.hpp"
#include "detent/format/uint4.hpp"
#include "support/packed_buffer.hpp"

using detent::extents;
using detent::packed_view;
using detent::plane_bytes;

TEST_CASE("planes lie in the order codes, scale, shift, zero point", "[core]") {
  std::uint8_t codes[1];
  float scale[1];
  std::uint8_t zero[1];
  const packed_view<detent::uint4, std::uint8_t> q{extents(3, 40), codes, scale, zero};
  static_assert(q.planes == 3);
  REQUIRE(q.plane(0) == codes);
  REQUIRE(q.scale().plane(0) == reinterpret_cast<std::uint8_t*>(scale));
  REQUIRE(q.zero_point().plane(0) == zero);
  REQUIRE(q.scale().shape() == extents(3, 2));
  REQUIRE(q.zero_point().shape() == extents(3, 2));
  const auto sizes = plane_bytes<detent::uint4>(extents(3, 40));
  REQUIRE(sizes[0] == 60);
  REQUIRE(sizes[1] == 24);
  REQUIRE(sizes[2] == 6);
  REQUIRE(detent::packed_bytes<detent::uint4>(extents(3, 40)) == 90);
}

TEST_CASE("double quantization has four planes, of which the last is one number", "[core]") {
  using p = detent::bnb::nf4_double_quant;
  const auto sizes = plane_bytes<p>(extents(100, 161));  // 16100 elements, 252 blocks, 1 nested block
  static_assert(detent::detail::plane_count<p> == 4);
  REQUIRE(sizes[0] == 8050);
  REQUIRE(sizes[1] == 252);
  REQUIRE(sizes[2] == 4);
  REQUIRE(sizes[3] == 4);
  test::packed_buffer<p> buffer(extents(100, 161));
  const auto q = buffer.view();
  REQUIRE(q.scale().plane(0) == buffer.plane(1).data());
  REQUIRE(q.scale().scale().plane(0) == buffer.plane(2).data());
  REQUIRE(q.scale().shift().plane(0) == buffer.plane(3).data());
  REQUIRE(q.scale().shape() == extents(252));
  REQUIRE(q.scale().scale().shape() == extents(1));
  REQUIRE(q.scale().shift().shape() == extents(1));
}

TEST_CASE("nvfp4's scale of scales is one number", "[core]") {
  const auto sizes = plane_bytes<detent::nvidia::nvfp4>(extents(5, 33));
  REQUIRE(sizes[0] == 83);
  REQUIRE(sizes[1] == 15);
  REQUIRE(sizes[2] == 4);
}

TEST_CASE("records hold every plane at its offset", "[core]") {
  const extents shape(2, 512);
  std::uint8_t bytes[4 * 144] = {};
  const packed_view<detent::ggml::q4_k, std::uint8_t> q{shape, bytes};
  REQUIRE(detent::packed_bytes<detent::ggml::q4_k>(shape) == sizeof bytes);
  REQUIRE(q.bytes_of(0) == bytes + 16);
  REQUIRE(q.bytes_of(300) == bytes + 144 + 16);
  REQUIRE(q.index_in_bytes(300) == 44);
  REQUIRE(q.scale().shape() == extents(2, 16));
  REQUIRE(q.scale().bytes_of(9) == bytes + 144 + 4);
  REQUIRE(q.scale().index_in_bytes(9) == 1);
  REQUIRE(q.scale().scale().shape() == extents(2, 2));
  REQUIRE(q.scale().scale().bytes_of(3) == bytes + 3 * 144);
  REQUIRE(q.shift().bytes_of(8) == bytes + 144 + 4);
  REQUIRE(q.shift().scale().bytes_of(1) == bytes + 144 + 2);
  bytes[144 + 16 + 3] = 0x5A;
  REQUIRE(q.code(256 + 3) == 0xA);
  REQUIRE(q.code(256 + 35) == 0x5);
}

TEST_CASE("a writable view becomes a read-only one, and not the other way", "[core]") {
  using writable = packed_view<detent::bnb::nf4, std::uint8_t>;
  using read_only = packed_view<detent::bnb::nf4, const std::uint8_t>;
  static_assert(std::is_convertible_v<writable, read_only>);
  static_assert(!std::is_convertible_v<read_only, writable>);
  test::packed_buffer<detent::bnb::nf4> buffer(extents(3, 40));
  const writable q = buffer.view();
  const read_only r = q;
  REQUIRE(r.plane(0) == q.plane(0));
  REQUIRE(r.plane(1) == q.plane(1));
  REQUIRE(r.shape() == q.shape());
  std::uint8_t record[18] = {};
  const packed_view<detent::ggml::q4_0, std::uint8_t> blocks{extents(1, 32), record};
  const packed_view<detent::ggml::q4_0, const std::uint8_t> same = blocks;
  REQUIRE(same.bytes_of(0) == record + 2);
  REQUIRE(same.stride() == 18);
}

// SPDX-License-Identifier: MIT
//
// Packings: what is put is got back at every position, no neighbour changes, bytes are enough, and bits lie where the
// convention says.
#include "detent/core/packing.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "detent/format/family/ggml_packings.hpp"
#include "support/data.hpp"
#include "support/packed_buffer.hpp"

namespace {

/// All counts up to `most` that are multiples of `step`; every position is written over random neighbours.
template <class Packing, int Bits>
void check(std::size_t most, std::size_t step = 1) {
  test::words next(Bits);
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << Bits) - 1);
  for (std::size_t n = step; n <= most; n += step) {
    const std::size_t size = Packing::template bytes<Bits>(n);
    REQUIRE(size * 8 >= n * Bits);
    test::guarded_bytes bytes(size, 0);
    std::vector<std::uint32_t> codes(n);
    for (std::size_t i = 0; i < n; ++i) {
      codes[i] = next() & mask;
      Packing::template put<Bits>(bytes.data(), i, codes[i]);
    }
    for (std::size_t i = 0; i < n; ++i) REQUIRE(Packing::template get<Bits>(bytes.data(), i) == codes[i]);
    for (std::size_t i = 0; i < n; ++i) {
      codes[i] = ~codes[i] & mask;
      Packing::template put<Bits>(bytes.data(), i, codes[i]);
      for (std::size_t j = 0; j < n; ++j) REQUIRE(Packing::template get<Bits>(bytes.data(), j) == codes[j]);
    }
    REQUIRE(bytes.intact());
  }
}

}  // namespace

TEST_CASE("a dense stream of every width", "[core]") {
  check<detent::low_bits_first, 1>(40);
  check<detent::low_bits_first, 2>(40);
  check<detent::low_bits_first, 3>(40);
  check<detent::low_bits_first, 4>(40);
  check<detent::low_bits_first, 5>(40);
  check<detent::low_bits_first, 6>(40);
  check<detent::low_bits_first, 7>(40);
  check<detent::low_bits_first, 8>(20);
  check<detent::low_bits_first, 12>(20);
  check<detent::low_bits_first, 16>(20);
  check<detent::low_bits_first, 24>(20);
  check<detent::low_bits_first, 31>(20);
  check<detent::low_bits_first, 32>(20);
  REQUIRE(detent::low_bits_first::bytes<3>(3) == 2);
  REQUIRE(detent::low_bits_first::bytes<3>(8) == 3);
  REQUIRE(detent::low_bits_first::bytes<5>(0) == 0);
}

TEST_CASE("nibbles, of any number", "[core]") {
  check<detent::high_nibble_first, 4>(40);
  check<detent::split_halves<32>, 4>(100);
  check<detent::split_halves<64>, 4>(130);
  check<detent::split_halves<2>, 4>(9);
}

TEST_CASE("ggml's packings, of whole blocks", "[core]") {
  check<detent::ggml::five_bits, 5>(32, 32);
  check<detent::ggml::six_bits, 6>(256, 256);
  check<detent::ggml::k_scale_bits<0>, 6>(8, 8);
}

TEST_CASE("scales and minima of a K block share bytes without touching each other", "[core]") {
  using scales = detent::ggml::k_scale_bits<0>;
  using minima = detent::ggml::k_scale_bits<4>;
  test::words next(3);
  test::guarded_bytes bytes(12, 0);
  std::uint32_t s[8];
  std::uint32_t m[8];
  for (int round = 0; round < 50; ++round) {
    for (std::size_t j = 0; j < 8; ++j) {
      s[j] = next() & 63;
      m[j] = next() & 63;
      if (round % 2 == 0) scales::put<6>(bytes.data(), j, s[j]);
      minima::put<6>(bytes.data(), j, m[j]);
      if (round % 2 != 0) scales::put<6>(bytes.data(), j, s[j]);
    }
    const std::uint8_t* b = bytes.data();
    for (std::size_t j = 0; j < 8; ++j) {
      REQUIRE(scales::get<6>(b, j) == s[j]);
      REQUIRE(minima::get<6>(b, j) == m[j]);
      const unsigned scale = j < 4 ? unsigned{b[j]} & 63u : (b[j + 4] & 15u) | ((unsigned{b[j - 4]} >> 6) << 4);
      const unsigned minimum = j < 4 ? b[j + 4] & 63u : (unsigned{b[j + 4]} >> 4) | ((unsigned{b[j]} >> 6) << 4);
      REQUIRE(scale == s[j]);
      REQUIRE(minimum == m[j]);
    }
  }
  REQUIRE(bytes.intact());
}

TEST_CASE("bits lie where the convention says", "[core]") {
  std::uint8_t byte[4] = {};
  detent::low_bits_first::put<4>(byte, 1, 0xA);
  REQUIRE(byte[0] == 0xA0);
  detent::high_nibble_first::put<4>(byte + 1, 1, 0xB);
  REQUIRE(byte[1] == 0x0B);
  std::uint8_t halves[16] = {};
  detent::split_halves<32>::put<4>(halves, 0, 0x1);
  detent::split_halves<32>::put<4>(halves, 16, 0x2);
  detent::split_halves<32>::put<4>(halves, 31, 0x3);
  REQUIRE(halves[0] == 0x21);
  REQUIRE(halves[15] == 0x30);
  std::uint8_t three[3] = {};
  detent::low_bits_first::put<3>(three, 2, 7);
  REQUIRE(three[0] == 0xC0);
  REQUIRE(three[1] == 0x01);
  std::uint8_t sixteen[2] = {};
  detent::low_bits_first::put<16>(sixteen, 0, 0x1234);
  REQUIRE(sixteen[0] == 0x34);
}

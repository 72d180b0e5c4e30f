// SPDX-License-Identifier: MIT
//
// The order of metadata for sparse tensor cores: a bijection, and the places that torch's formula gives.
#include <catch2/catch.hpp>
#include <vector>

#include "detent/core/semi_structured.hpp"
#include "sparse/support.hpp"

namespace {

template <class Word>
void check(std::size_t rows, std::size_t words) {
  std::vector<int> times(rows * words);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < words; ++c) {
      const std::size_t at = detent::detail::reordered_place<Word>(rows, r, c);
      REQUIRE(at < times.size());
      ++times[at];
    }
  }
  for (const int n : times) REQUIRE(n == 1);

  std::vector<std::uint8_t> plain(rows * words * sizeof(Word)), back(plain.size());
  std::mt19937_64 random(1);
  for (auto& byte : plain) byte = static_cast<std::uint8_t>(random());
  std::vector<Word> reordered(rows * words);
  detent::reorder_metadata(plain.data(), rows, words, reordered.data());
  detent::restore_metadata(reordered.data(), rows, words, back.data());
  CHECK(back == plain);
}

}  // namespace

TEST_CASE("reordering metadata gives every word one place, and takes it back") {
  for (const std::size_t rows : {64u, 128u, 640u}) {
    for (const std::size_t words : {2u, 4u, 10u}) {
      check<std::uint16_t>(rows, words);
      check<std::uint32_t>(rows, words);
    }
  }
  check<std::uint16_t>(0, 2);
}

TEST_CASE("places of metadata by hand") {
  using detent::detail::reordered_place;
  // Row 0 stays; row 1 goes to 2; row 2 to 32; row 4 to 1, where its even column changes places with row 0's odd one.
  CHECK(reordered_place<std::uint16_t>(64, 0, 0) == 0);
  CHECK(reordered_place<std::uint16_t>(64, 1, 0) == 4);
  CHECK(reordered_place<std::uint16_t>(64, 2, 0) == 64);
  CHECK(reordered_place<std::uint16_t>(64, 4, 0) == 1);
  CHECK(reordered_place<std::uint16_t>(64, 0, 1) == 2);
  CHECK(reordered_place<std::uint16_t>(64, 0, 2) == 128);
}

TEST_CASE("metadata that cannot be reordered is refused") {
  std::uint16_t word = 0;
  std::uint8_t byte = 0;
  CHECK(test::refusal([&] { detent::reorder_metadata(&byte, 32, 2, &word); }) ==
        "reordering metadata: [32, 2] words of 16 bits; rows must be a multiple of 64 and words of 2");
  CHECK(test::refusal([&] { detent::restore_metadata(&word, 64, 3, &byte); }) ==
        "reordering metadata: [64, 3] words of 16 bits; rows must be a multiple of 64 and words of 2");
}

// SPDX-License-Identifier: MIT
//
// The steps of masks on a backend: the bits of the definition, and not one byte touched beyond what is theirs.
#ifndef DETENT_TESTS_BACKEND_CHECK_MASKS_HPP
#define DETENT_TESTS_BACKEND_CHECK_MASKS_HPP

#include <catch2/catch.hpp>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "detent/core/mask_steps.hpp"
#include "support/guarded.hpp"

namespace checks {

using mask_definition = detent::detail::default_mask_steps;
using mask_words_list = std::vector<std::uint64_t>;

inline constexpr std::size_t mask_lengths[] = {0,   1,   2,   3,   4,   7,   8,   15,  16,   17,   31,   32,  33,
                                               60,  63,  64,  65,  66,  95,  127, 128, 129,  191,  192,  200, 255,
                                               256, 300, 320, 511, 512, 513, 640, 777, 1024, 1025, 4096, 4101};

/// Words for n bits, with anything behind the last one: dense, sparse, random, runs, all and none by turns.
inline mask_words_list words_for(std::size_t n, int kind, std::mt19937_64& random) {
  mask_words_list words(n / 64 + 1);
  for (std::size_t w = 0; w < words.size(); ++w) {
    const std::uint64_t a = random(), b = random(), c = random();
    const int way = kind == 6 ? static_cast<int>(random() % 6) : kind;
    words[w] = way == 0   ? a
               : way == 1 ? a & b & c
               : way == 2 ? a | b | c
               : way == 3 ? 0
               : way == 4 ? ~std::uint64_t{0}
                          : ~std::uint64_t{0} << a % 64;
  }
  return words;
}

template <class B, class T>
void check_moves(std::size_t n, const mask_words_list& keep, std::size_t shift, std::mt19937_64& random) {
  using test::guard;
  using test::guarded;
  INFO("elements of " << sizeof(T) << " bytes, " << n << " of them, shifted by " << shift);
  const guard where = shift == 0 ? guard::behind : guard::before;
  guarded<T> x(n + shift, where), zeroed(n + shift, where), expected(n + shift, where), back(n + shift, where);
  T* from = x.data() + shift;
  for (std::size_t i = 0; i < n; ++i) from[i] = static_cast<T>(random() | 1);
  const std::size_t words = (n + 63) / 64;
  guarded<std::uint64_t> bits(words);
  std::memcpy(bits.data(), keep.data(), words * 8);

  mask_definition::zero_pruned(from, keep.data(), n, expected.data() + shift);
  B::zero_pruned(from, bits.data(), n, zeroed.data() + shift);
  REQUIRE(std::memcmp(zeroed.data() + shift, expected.data() + shift, n * sizeof(T)) == 0);

  std::vector<T> survivors(n);
  const std::size_t kept = mask_definition::compress(from, keep.data(), n, survivors.data());
  guarded<T> compressed(kept + shift, where);
  REQUIRE(B::compress(from, bits.data(), n, compressed.data() + shift) == kept);
  REQUIRE((kept == 0 || std::memcmp(compressed.data() + shift, survivors.data(), kept * sizeof(T)) == 0));

  REQUIRE(B::expand(compressed.data() + shift, bits.data(), n, back.data() + shift) == kept);
  REQUIRE(std::memcmp(back.data() + shift, expected.data() + shift, n * sizeof(T)) == 0);

  // With room behind.
  std::vector<T> more(n + 64), wide(kept + 64);
  REQUIRE(B::compress(from, bits.data(), n, wide.data(), 64) == kept);
  REQUIRE((kept == 0 || std::memcmp(wide.data(), survivors.data(), kept * sizeof(T)) == 0));
  REQUIRE(B::expand(wide.data(), bits.data(), n, more.data(), 64) == kept);
  REQUIRE((n == 0 || std::memcmp(more.data(), expected.data() + shift, n * sizeof(T)) == 0));

  REQUIRE(B::compress(from, bits.data(), n, from) == kept);  // in place
  REQUIRE((kept == 0 || std::memcmp(from, survivors.data(), kept * sizeof(T)) == 0));
}

template <class B>
void check_keys(std::size_t n, std::mt19937_64& random) {
  INFO(n << " numbers");
  test::guarded<float> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto r = random();
    const std::uint32_t special[] = {0,           0x80000000u, 0x7F800000u, 0xFF800000u, 0x7FC00000u,
                                     0xFFC00001u, 0x7F800001u, 1,           0x807FFFFFu, 0x3F800000u};
    const std::uint32_t bits = r % 3 == 0 ? special[r / 3 % 10] : static_cast<std::uint32_t>(r >> 20);
    std::memcpy(x.data() + i, &bits, 4);
  }
  std::vector<std::uint32_t> expected(n);
  test::guarded<std::uint32_t> keys(n);
  mask_definition::keys(x.data(), n, expected.data());
  B::keys(x.data(), n, keys.data());
  REQUIRE(std::vector<std::uint32_t>(keys.data(), keys.data() + n) == expected);

  for (const std::uint32_t least :
       {0u, 1u, 2u, 0x3F800000u, 0x3F800001u, 0x7F800000u, 0x7F800001u, 0x7F800002u, 0x80000000u, 0xFFFFFFFFu}) {
    for (const std::uint32_t more : {0u, 1u, 0x00100000u}) {
      const std::uint32_t high = least + more < least ? least : least + more;
      const std::size_t all = (n + 63) / 64;
      mask_words_list low_by_definition(all), high_by_definition(all);
      test::guarded<std::uint64_t> low_mask(all), high_mask(all), alone(all);
      const bool nan = mask_definition::magnitudes_between(x.data(), n, least, high, low_by_definition.data(),
                                                           high_by_definition.data());
      REQUIRE(B::magnitudes_between(x.data(), n, least, high, low_mask.data(), high_mask.data()) == nan);
      B::magnitudes_at_least(x.data(), n, least, alone.data());
      REQUIRE(mask_words_list(low_mask.data(), low_mask.data() + all) == low_by_definition);
      REQUIRE(mask_words_list(high_mask.data(), high_mask.data() + all) == high_by_definition);
      REQUIRE(mask_words_list(alone.data(), alone.data() + all) == low_by_definition);
      std::size_t kept = 0;
      for (const std::uint64_t word : low_by_definition) kept += std::bitset<64>(word).count();
      REQUIRE(B::count_kept(low_mask.data(), n) == kept);
    }
  }

  // Any keys, not only those of floats.
  for (std::size_t i = 0; i < n; ++i) {
    const auto r = random();
    keys.data()[i] = r % 2 == 0 ? static_cast<std::uint32_t>(r / 2 % 3) - 1 : static_cast<std::uint32_t>(r >> 30);
  }
  const std::size_t words = (n + 63) / 64;
  mask_words_list by_definition(words);
  for (const std::uint32_t least : {0u, 1u, 2u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu}) {
    test::guarded<std::uint64_t> mask(words);
    mask_definition::at_least(keys.data(), n, least, by_definition.data());
    B::at_least(keys.data(), n, least, mask.data());
    REQUIRE(mask_words_list(mask.data(), mask.data() + words) == by_definition);
  }
}

template <class B, unsigned N, unsigned M>
void check_n_of_m(std::size_t n, std::mt19937_64& random) {
  n -= n % M;
  INFO(N << " of " << M << " in " << n);
  test::guarded<std::uint32_t> keys(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto r = random();
    keys.data()[i] = r % 4 != 0 ? static_cast<std::uint32_t>(r / 4 % 3) - 1 : static_cast<std::uint32_t>(r >> 30);
  }
  const std::size_t words = (n + 63) / 64;
  mask_words_list expected(words);
  test::guarded<std::uint64_t> mask(words);
  mask_definition::n_of_m<N, M>(keys.data(), n, expected.data());
  B::template n_of_m<N, M>(keys.data(), n, mask.data());
  REQUIRE(mask_words_list(mask.data(), mask.data() + words) == expected);
}

template <class B>
void check_masks() {
  std::mt19937_64 random(7);
  for (const std::size_t n : mask_lengths) {
    for (int kind = 0; kind < 7; ++kind) {
      const mask_words_list keep = words_for(n, kind, random);
      for (const std::size_t shift : {0u, 1u, 3u}) {
        check_moves<B, std::uint8_t>(n, keep, shift, random);
        check_moves<B, std::uint16_t>(n, keep, shift, random);
        check_moves<B, std::uint32_t>(n, keep, shift, random);
        check_moves<B, std::uint64_t>(n, keep, shift, random);
      }
    }
    for (int again = 0; again < 4; ++again) {
      check_keys<B>(n, random);
      check_n_of_m<B, 2, 4>(n, random);
      check_n_of_m<B, 1, 4>(n, random);
      check_n_of_m<B, 4, 8>(n, random);
      check_n_of_m<B, 1, 8>(n, random);
      check_n_of_m<B, 3, 5>(n, random);
    }
  }
}

}  // namespace checks

#endif

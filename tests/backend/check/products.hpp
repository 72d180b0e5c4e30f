// SPDX-License-Identifier: MIT
//
// The steps of products on a backend: the bits of the definition, and nothing read beyond what is theirs.
#ifndef DETENT_TESTS_BACKEND_CHECK_PRODUCTS_HPP
#define DETENT_TESTS_BACKEND_CHECK_PRODUCTS_HPP

#include <limits>

#include "backend/check/masks.hpp"
#include "detent/core/product_steps.hpp"

namespace checks {

using product_definition = detent::detail::default_product_steps;
using detent::detail::partial_sums;
using detent::detail::sum_columns;

inline void fill_floats(float* x, std::size_t n, std::mt19937_64& random) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto r = random();
    x[i] = (static_cast<float>(r >> 40) - 8388608.0f) * (r % 8 == 0 ? 0x1p-60f : 0x1p-22f);
  }
}

template <class B>
void check_dots(std::size_t n, const mask_words_list& keep, std::mt19937_64& random) {
  INFO(n << " elements");
  test::guarded<float> w(n), x(n);
  fill_floats(w.data(), n, random);
  fill_floats(x.data(), n, random);
  float expected[partial_sums], sums[partial_sums];
  fill_floats(expected, partial_sums, random);
  std::memcpy(sums, expected, sizeof sums);
  product_definition::dot(w.data(), x.data(), n, expected);
  B::dot(w.data(), x.data(), n, sums);
  REQUIRE(std::memcmp(sums, expected, sizeof sums) == 0);

  const std::size_t survivors_count = mask_definition::compress(w.data(), keep.data(), n, w.data());
  test::guarded<float> survivors(survivors_count);
  const std::size_t words = (n + 63) / 64;
  test::guarded<std::uint64_t> bits(words);
  std::memcpy(bits.data(), keep.data(), words * 8);
  mask_words_list within(words);
  for (std::size_t i = 0, next = 0; i < n; ++i) {
    if (!detent::detail::kept(keep.data(), i)) {
      if (i % 3 == 0) x.data()[i] = std::numeric_limits<float>::infinity();  // it is pruned, and adds nothing
      continue;
    }
    survivors.data()[next] = w.data()[next];
    ++next;
  }
  for (const bool at_the_end : {true, false}) {
    std::vector<float> more(n + 64, std::numeric_limits<float>::quiet_NaN());
    std::memcpy(more.data(), w.data(), n * sizeof(float));
    product_definition::dot_kept(survivors.data(), 0, keep.data(), x.data(), n, expected);
    B::dot_kept(at_the_end ? survivors.data() : more.data(), at_the_end ? 0 : 64, bits.data(), x.data(), n, sums);
    REQUIRE(std::memcmp(sums, expected, sizeof sums) == 0);
  }

  test::guarded<std::int8_t> v(n), y(n);
  for (std::size_t i = 0; i < n; ++i) {
    v.data()[i] = random() % 3 == 0 ? std::int8_t{-128} : static_cast<std::int8_t>(random());
    y.data()[i] = random() % 3 == 0 ? std::int8_t{-128} : static_cast<std::int8_t>(random());
  }
  REQUIRE(B::dot(v.data(), y.data(), n) == product_definition::dot(v.data(), y.data(), n));
  test::guarded<std::int8_t> codes(survivors_count);
  std::memcpy(codes.data(), v.data(), survivors_count);
  const std::int32_t sum = product_definition::dot_kept(v.data(), 0, keep.data(), y.data(), n);
  REQUIRE(B::dot_kept(codes.data(), 0, bits.data(), y.data(), n) == sum);
  std::vector<std::int8_t> more_codes(n + 64, -1);
  std::memcpy(more_codes.data(), v.data(), n);
  REQUIRE(B::dot_kept(more_codes.data(), 64, bits.data(), y.data(), n) == sum);
}

template <class B>
void check_sums(std::size_t count, std::mt19937_64& random) {
  INFO(count << " rows");
  constexpr std::size_t rows = 64;
  test::guarded<float> tile(rows * sum_columns), w(count), all(count), second(count), sums(sum_columns),
      more(sum_columns);
  test::guarded<std::int8_t> codes(count);
  test::guarded<std::int16_t> whole(rows * sum_columns);
  test::guarded<std::int32_t> whole_sums(sum_columns);
  fill_floats(tile.data(), rows * sum_columns, random);
  fill_floats(w.data(), count, random);
  fill_floats(all.data(), count, random);
  fill_floats(second.data(), count, random);
  for (std::size_t i = 0; i < rows * sum_columns; ++i) whole.data()[i] = static_cast<std::int8_t>(random() | 128);
  for (std::size_t i = 0; i < count; ++i) {
    codes.data()[i] = random() % 3 == 0 ? std::int8_t{-128} : static_cast<std::int8_t>(random());
  }
  float expected[sum_columns] = {}, expected_more[sum_columns] = {};
  std::int32_t expected_whole[sum_columns] = {};
  for (std::size_t c = 0; c < sum_columns; ++c) {
    sums.data()[c] = more.data()[c] = expected[c] = expected_more[c] = static_cast<float>(c);
    whole_sums.data()[c] = expected_whole[c] = static_cast<std::int32_t>(c);
  }
  std::uint64_t word = 0;
  while (static_cast<std::size_t>(__builtin_popcountll(word)) < count) word |= std::uint64_t{1} << random() % 64;
  product_definition::add_kept(w.data(), word, tile.data(), expected);
  B::add_kept(w.data(), word, tile.data(), sums.data());
  REQUIRE(std::memcmp(sums.data(), expected, sizeof expected) == 0);
  product_definition::add_all(all.data(), second.data(), count, tile.data(), expected, expected_more);
  B::add_all(all.data(), second.data(), count, tile.data(), sums.data(), more.data());
  REQUIRE(std::memcmp(sums.data(), expected, sizeof expected) == 0);
  REQUIRE(std::memcmp(more.data(), expected_more, sizeof expected) == 0);
  product_definition::add_kept(codes.data(), word, whole.data(), expected_whole);
  B::add_kept(codes.data(), word, whole.data(), whole_sums.data());
  REQUIRE(std::memcmp(whole_sums.data(), expected_whole, sizeof expected_whole) == 0);
}

template <class B>
void check_products() {
  std::mt19937_64 random(9);
  for (const std::size_t n : mask_lengths) {
    for (int kind = 0; kind < 7; ++kind) check_dots<B>(n, words_for(n, kind, random), random);
  }
  for (std::size_t count = 0; count <= 64; ++count) check_sums<B>(count, random);
}

}  // namespace checks

#endif

// SPDX-License-Identifier: MIT
//
// Masks and tensors for the tests of sparse storage.
#ifndef DETENT_TESTS_SPARSE_SUPPORT_HPP
#define DETENT_TESTS_SPARSE_SUPPORT_HPP

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "detent/core/mask.hpp"
#include "support/executors.hpp"
#include "support/refusal.hpp"

namespace test {

/// A mask that owns its words.
struct owned_mask {
  detent::extents whole;
  std::vector<std::uint64_t> bits;

  explicit owned_mask(const detent::extents& shape) : whole(shape), bits(detent::mask_words(shape)) {}
  [[nodiscard]] const detent::extents& shape() const { return whole; }
  void words(std::size_t first, std::size_t count, std::uint64_t* to) const {
    for (std::size_t i = 0; i < count; ++i) to[i] = bits[first + i];
  }
  [[nodiscard]] bool operator[](std::size_t i) const { return (bits[i / 64] >> (i % 64) & 1u) != 0; }
  void keep(std::size_t i) { bits[i / 64] |= std::uint64_t{1} << (i % 64); }
};

inline owned_mask random_mask(const detent::extents& shape, double kept, std::mt19937_64& random) {
  owned_mask m(shape);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (static_cast<double>(random() >> 11) * 0x1p-53 < kept) m.keep(i);
  }
  return m;
}

inline owned_mask random_two_of_four(const detent::extents& shape, std::mt19937_64& random) {
  owned_mask m(shape);
  for (std::size_t i = 0; i < shape.size(); i += 4) {
    const std::size_t first = random() % 4, step = 1 + random() % 3;
    m.keep(i + first);
    m.keep(i + (first + step) % 4);
  }
  return m;
}

inline std::vector<float> random_floats(std::size_t n, std::mt19937_64& random) {
  std::vector<float> x(n);
  for (float& v : x) v = static_cast<float>(static_cast<double>(random() >> 11) * 0x1p-52 - 1) * 3;
  return x;
}

}  // namespace test

#endif

// SPDX-License-Identifier: MIT
//
// The order in which CUTLASS, and torch's semi-structured tensors, hold the metadata of 2:4 sparsity for a device's
// sparse tensor cores. Plain: a matrix of words [rows, words per row], a word 4 groups (16 bits) or 8 (32 bits), lowest
// group in the lowest bits; these are the bytes of `two_of_four`. Reordered: rows are dealt out within every 64, 2 x 2
// blocks are transposed, and pairs of columns lie interleaved, column by column.
//
// Source: pytorch/pytorch, torch/sparse/_semi_structured_conversions.py. It also takes 32 rows, to which the formula
// gives places twice; these are refused here.
#ifndef DETENT_CORE_SEMI_STRUCTURED_HPP
#define DETENT_CORE_SEMI_STRUCTURED_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/core/error.hpp"

namespace detent::inline v0 {

/// 16 bits for elements of 16 and 32 bits, 32 bits for those of 8.
template <class W>
concept metadata_word = std::same_as<W, std::uint16_t> || std::same_as<W, std::uint32_t>;

namespace detail {

/// Where word (row, col) of [rows, …] lies.
template <metadata_word Word>
DETENT_INLINE constexpr std::size_t reordered_place(std::size_t rows, std::size_t row, std::size_t col) {
  constexpr std::size_t together = sizeof(Word) == 2 ? 32 : 16;
  std::size_t to = row / 64 * 64 + row % 2 * 2 + row % 8 / 4 + row % together % 4 / 2 * 32 + row % 64 / 8 * 4;
  if (to % 2 == 0 && col % 2 == 1) {
    to += 1;
    col -= 1;
  } else if (to % 2 == 1 && col % 2 == 0) {
    to -= 1;
    col += 1;
  }
  return col / 2 * rows * 2 + to * 2 + col % 2;
}

template <metadata_word Word>
constexpr void check_reordering(std::size_t rows, std::size_t words) {
  if (rows % 64 != 0 || words % 2 != 0) {
    fail("reordering metadata: [", rows, ", ", words, "] words of ", 8 * sizeof(Word),
         " bits; rows must be a multiple of 64 and words of 2");
  }
}

}  // namespace detail

/// Metadata of `two_of_four`, [rows, words · sizeof(Word)] bytes, to `rows` · `words` reordered words. Refuses rows
/// that are no multiple of 64 and an odd number of words in a row, with detent::error.
template <metadata_word Word>
constexpr void reorder_metadata(const std::uint8_t* metadata, std::size_t rows, std::size_t words, Word* to) {
  detail::check_reordering<Word>(rows, words);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t col = 0; col < words; ++col, metadata += sizeof(Word)) {
      std::uint32_t word = 0;
      for (std::size_t i = 0; i < sizeof(Word); ++i) word |= std::uint32_t{metadata[i]} << (8 * i);
      to[detail::reordered_place<Word>(rows, row, col)] = static_cast<Word>(word);
    }
  }
}

/// And back.
template <metadata_word Word>
constexpr void restore_metadata(const Word* reordered, std::size_t rows, std::size_t words, std::uint8_t* metadata) {
  detail::check_reordering<Word>(rows, words);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t col = 0; col < words; ++col) {
      const std::uint32_t word = reordered[detail::reordered_place<Word>(rows, row, col)];
      for (std::size_t i = 0; i < sizeof(Word); ++i) *metadata++ = static_cast<std::uint8_t>(word >> (8 * i));
    }
  }
}

}  // namespace detent::inline v0

#endif

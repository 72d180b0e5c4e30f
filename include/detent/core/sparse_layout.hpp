// SPDX-License-Identifier: MIT
//
// Where the survivors of a matrix [rows, cols] lie: layouts of sparse storage. A tensor of another rank is the matrix
// [all other axes, last axis]. Offsets count stored elements, columns count columns (bsr: blocks).
//
//   bitmask        bits [rows, ceil(cols / 8)], least bit first; row_offsets [rows]: survivors before each row
//   two_of_four    metadata [rows, ceil(cols / 8)]: 4 bits for a group of four, the lower group in the lower half;
//                  p0 | p1 << 2 for kept places p0 < p1. cols is a multiple of 4, every group keeps two.
//   csr<Column>    row_offsets [rows + 1], columns [stored], ascending within a row
//   bsr<H, W>      row_offsets [rows / H + 1], columns [stored / (H W)]; a block is H rows of W elements
//
// `stored` is the number of elements that are stored. Survivors lie row by row, a bsr's block by block.
#ifndef DETENT_CORE_SPARSE_LAYOUT_HPP
#define DETENT_CORE_SPARSE_LAYOUT_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/core/mask_steps.hpp"

namespace detent::inline v0::detail {

template <class Byte, class T>
struct index_type {
  using type = T;
};
template <class T>
struct index_type<const std::uint8_t, T> {
  using type = const T;
};
/// T, read-only where bytes are.
template <class Byte, class T>
using index_of = typename index_type<Byte, T>::type;

/// The four-bit code of a group that keeps these of its four elements, and back; 0: there is none.
inline constexpr table<std::uint8_t, 16> code_of_group = [] {
  table<std::uint8_t, 16> made{};
  for (unsigned low = 0; low < 4; ++low) {
    for (unsigned high = low + 1; high < 4; ++high) {
      made[1u << low | 1u << high] = static_cast<std::uint8_t>(low | high << 2);
    }
  }
  return made;
}();
inline constexpr table<std::uint8_t, 16> group_of_code = [] {
  table<std::uint8_t, 16> made{};
  for (unsigned group = 0; group < 16; ++group) made[code_of_group[group]] = static_cast<std::uint8_t>(group);
  made[0] = 0;
  return made;
}();

/// What eight columns keep, by their byte of metadata.
inline constexpr table<std::uint8_t, 256> kept_by_metadata = [] {
  table<std::uint8_t, 256> made{};
  for (unsigned m = 0; m < 256; ++m) {
    made[m] = static_cast<std::uint8_t>(group_of_code[m & 15u] | group_of_code[m >> 4] << 4);
  }
  return made;
}();

DETENT_INLINE constexpr std::size_t bytes_of_bits(std::size_t bits) { return bits / 8 + (bits % 8 != 0); }

/// Words of the bits that n columns keep, from bits(byte); bits from n on are 0.
template <class Bits>
DETENT_INLINE constexpr void words_from_bytes(std::size_t n, std::uint64_t* keep, const Bits& bits) {
  std::size_t b = 0;
  const auto at = [&](std::size_t i) DETENT_LAMBDA { return std::uint64_t{bits(b + i)} << (8 * i); };
  for (std::size_t w = 0; w * mask_word_bits < n; ++w, b += 8) {
    const std::size_t left = n - w * mask_word_bits;
    std::uint64_t word = 0;
    if (left >= mask_word_bits) {
      word = at(0) | at(1) | at(2) | at(3) | at(4) | at(5) | at(6) | at(7);
    } else {
      for (std::size_t i = 0; i < bytes_of_bits(left); ++i) word |= at(i);
      word &= ~(~std::uint64_t{0} << left);
    }
    keep[w] = word;
  }
}

/// The same of bytes that lie as they are.
DETENT_INLINE constexpr std::size_t words_from_bits(const std::uint8_t* bits, std::size_t n, std::uint64_t* keep) {
  std::size_t first = 0;
  if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && !__builtin_is_constant_evaluated()) {
    first = n / mask_word_bits;
    __builtin_memcpy(keep, bits, first * sizeof(std::uint64_t));
  }
  words_from_bytes(n - first * mask_word_bits, keep + first,
                   [&](std::size_t b) DETENT_LAMBDA { return bits[8 * first + b]; });
  return ones_in(keep, n);
}

}  // namespace detent::inline v0::detail

namespace detent::inline v0 {

struct bitmask {
  static constexpr const char* name = "bitmask";
  static constexpr std::size_t block_rows = 1;
  static constexpr std::size_t block_cols = 1;

  template <class Byte>
  struct index {
    Byte* bits = nullptr;
    detail::index_of<Byte, std::uint64_t>* row_offsets = nullptr;
    DETENT_INLINE constexpr operator index<const std::uint8_t>() const { return {bits, row_offsets}; }
  };
  using reading = index<const std::uint8_t>;

  DETENT_INLINE static constexpr std::size_t index_bytes(const extents& shape, std::size_t) {
    return shape.rows() * (detail::bytes_of_bits(shape.cols()) + sizeof(std::uint64_t));
  }
  /// Survivors before a row, or before one of its tiles the sum of what `words` returned for those before.
  DETENT_INLINE static constexpr std::size_t begin(const reading& i, const extents&, std::size_t row) {
    return i.row_offsets[row];
  }
  DETENT_INLINE static constexpr std::size_t words(const reading& i, const extents& shape, std::size_t row,
                                                   std::size_t col, std::size_t n, std::size_t, std::uint64_t* keep) {
    return detail::words_from_bits(i.bits + row * detail::bytes_of_bits(shape.cols()) + col / 8, n, keep);
  }
};

struct two_of_four {
  static constexpr const char* name = "two_of_four";
  static constexpr std::size_t block_rows = 1;
  static constexpr std::size_t block_cols = 1;

  template <class Byte>
  struct index {
    Byte* metadata = nullptr;
    DETENT_INLINE constexpr operator index<const std::uint8_t>() const { return {metadata}; }
  };
  using reading = index<const std::uint8_t>;

  DETENT_INLINE static constexpr std::size_t index_bytes(const extents& shape, std::size_t) {
    return shape.rows() * detail::bytes_of_bits(shape.cols());
  }
  DETENT_INLINE static constexpr std::size_t begin(const reading&, const extents& shape, std::size_t row) {
    return row * (shape.cols() / 2);
  }
  DETENT_INLINE static constexpr std::size_t words(const reading& i, const extents& shape, std::size_t row,
                                                   std::size_t col, std::size_t n, std::size_t, std::uint64_t* keep) {
    const std::uint8_t* from = i.metadata + row * detail::bytes_of_bits(shape.cols()) + col / 8;
    detail::words_from_bytes(n, keep, [&](std::size_t b) DETENT_LAMBDA { return detail::kept_by_metadata[from[b]]; });
    return n / 2;
  }
};

template <std::unsigned_integral Column = std::uint32_t>
struct csr {
  static_assert(sizeof(Column) <= 4, "columns of 8, 16 or 32 bits");
  static constexpr const char* name = "csr";
  static constexpr std::size_t block_rows = 1;
  static constexpr std::size_t block_cols = 1;
  using column = Column;

  template <class Byte>
  struct index {
    detail::index_of<Byte, std::uint64_t>* row_offsets = nullptr;
    detail::index_of<Byte, Column>* columns = nullptr;
    DETENT_INLINE constexpr operator index<const std::uint8_t>() const { return {row_offsets, columns}; }
  };
  using reading = index<const std::uint8_t>;

  DETENT_INLINE static constexpr std::size_t index_bytes(const extents& shape, std::size_t stored) {
    return (shape.rows() + 1) * sizeof(std::uint64_t) + stored * sizeof(Column);
  }
  DETENT_INLINE static constexpr std::size_t begin(const reading& i, const extents&, std::size_t row) {
    return i.row_offsets[row];
  }
  /// `next`: survivors before this tile.
  DETENT_INLINE static constexpr std::size_t words(const reading& i, const extents&, std::size_t row, std::size_t col,
                                                   std::size_t n, std::size_t next, std::uint64_t* keep) {
    for (std::size_t w = 0; w * mask_word_bits < n; ++w) keep[w] = 0;
    std::size_t at = next;
    for (; at < i.row_offsets[row + 1] && i.columns[at] - col < n; ++at) detail::set_kept(keep, i.columns[at] - col);
    return at - next;
  }
};

template <std::size_t H, std::size_t W>
struct bsr {
  static_assert(H != 0 && W != 0 && W <= 1024, "blocks of 1 to 1024 columns");
  static constexpr const char* name = "bsr";
  static constexpr std::size_t block_rows = H;
  static constexpr std::size_t block_cols = W;
  using column = std::uint32_t;

  template <class Byte>
  using index = typename csr<std::uint32_t>::template index<Byte>;
  using reading = index<const std::uint8_t>;

  DETENT_INLINE static constexpr std::size_t index_bytes(const extents& shape, std::size_t stored) {
    return (shape.rows() / H + 1) * sizeof(std::uint64_t) + stored / (H * W) * sizeof(std::uint32_t);
  }
  /// Blocks before the row of blocks.
  DETENT_INLINE static constexpr std::size_t begin(const reading& i, const extents&, std::size_t row) {
    return i.row_offsets[row / H];
  }
};

namespace detail {
/// Layouts that hold the survivors of a row one after another.
template <class L>
inline constexpr bool holds_rows = L::block_rows * L::block_cols == 1;
}  // namespace detail

}  // namespace detent::inline v0

#endif

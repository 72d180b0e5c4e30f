// SPDX-License-Identifier: MIT
//
// What sparse tensors must be. `check_sparse` is what every operation asks, at the cost of a few compares; `validate`
// reads the whole index, for bytes from outside: after it no operation reads or writes where it must not.
#ifndef DETENT_OP_CHECK_SPARSE_HPP
#define DETENT_OP_CHECK_SPARSE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/sparse.hpp"
#include "detent/op/check.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// The layout can hold this shape.
template <class L>
constexpr void check_layout_shape(const char* operation, const extents& shape) {
  check_shape(operation, shape);
  const std::size_t rows = shape.rows(), cols = shape.cols();
  if constexpr (std::same_as<L, two_of_four>) {
    if (cols % 4 != 0) fail(operation, ": the shape ", shape, " has rows of ", cols, ", no multiple of 4");
  } else if constexpr (!std::same_as<L, bitmask>) {
    if (rows % L::block_rows != 0 || cols % L::block_cols != 0) {
      fail(operation, ": the shape ", shape, " cannot be divided into blocks of ", L::block_rows, " x ", L::block_cols);
    }
    constexpr std::uint64_t most = std::uint64_t{1} << (8 * sizeof(typename L::column));
    if (cols / L::block_cols > most) {
      fail(operation, ": the shape ", shape, " has ", cols / L::block_cols, " columns of blocks; ", most, " at most");
    }
  }
}

template <class L, is_precision P, class Byte>
constexpr void check_sparse(const char* operation, const sparse_view<L, P, Byte>& s) {
  check_precision<P>(operation, s.shape);
  check_layout_shape<L>(operation, s.shape);
  if (s.stored > s.shape.size()) {
    fail(operation, ": ", s.stored, " elements are stored, but the shape ", s.shape, " has ", s.shape.size());
  }
  if (s.stored % (L::block_rows * L::block_cols) != 0) {
    fail(operation, ": ", s.stored, " stored elements are no whole blocks of ", L::block_rows, " x ", L::block_cols);
  }
  if constexpr (std::same_as<L, two_of_four>) {
    if (s.stored != s.shape.size() / 2) {
      fail(operation, ": ", s.stored, " elements are stored, but half of the shape ", s.shape, " is ",
           s.shape.size() / 2);
    }
    if (s.shape.size() != 0 && s.index.metadata == nullptr) fail(operation, ": the metadata is a null pointer");
  } else if constexpr (std::same_as<L, bitmask>) {
    if (s.shape.size() != 0 && (s.index.bits == nullptr || s.index.row_offsets == nullptr)) {
      fail(operation, ": the bitmask or its row offsets are a null pointer");
    }
  } else {
    if (s.index.row_offsets == nullptr || (s.stored != 0 && s.index.columns == nullptr)) {
      fail(operation, ": the row offsets or the columns are a null pointer");
    }
  }
  for (std::size_t i = 0; i < s.planes; ++i) {
    if ((i == 0 ? s.stored : s.shape.size()) != 0 && s.plane[i] == nullptr) {
      fail(operation, ": plane ", i, " of the ", P::name, " tensor is a null pointer");
    }
  }
}

constexpr void validate_index(const char* operation, const extents& shape, std::size_t stored,
                              const bitmask::reading& i) {
  const std::size_t rows = shape.rows(), cols = shape.cols(), bytes = bytes_of_bits(cols);
  std::size_t before = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    if (i.row_offsets[row] != before) {
      fail(operation, ": row ", row, " begins at survivor ", i.row_offsets[row], ", but the bitmask has ", before,
           " before it");
    }
    for (std::size_t b = 0; b < bytes; ++b) {
      before += ones(i.bits[row * bytes + b]);
    }
    if (cols % 8 != 0 && i.bits[(row + 1) * bytes - 1] >> (cols % 8) != 0) {
      fail(operation, ": row ", row, " of the bitmask keeps columns behind the last of ", cols);
    }
  }
  if (before != stored) fail(operation, ": the bitmask keeps ", before, " elements, but ", stored, " are stored");
}

constexpr void validate_index(const char* operation, const extents& shape, std::size_t, const two_of_four::reading& i) {
  const std::size_t rows = shape.rows(), groups = shape.cols() / 4, bytes = bytes_of_bits(shape.cols());
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t g = 0; g < 2 * bytes; ++g) {
      const unsigned code = i.metadata[row * bytes + g / 2] >> (g % 2 * 4) & 15u;
      if (g < groups ? group_of_code[code] == 0 : code != 0) {
        fail(operation, ": group ", g, " of row ", row, " has the metadata ", code, ", which names no two places");
      }
    }
  }
}

/// Rows of `rows` blocks and `cols` columns of them.
template <class Index>
constexpr void validate_rows(const char* operation, std::size_t rows, std::size_t cols, std::size_t stored,
                             const Index& i) {
  if (i.row_offsets[0] != 0) fail(operation, ": row 0 begins at ", i.row_offsets[0], ", not at 0");
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint64_t first = i.row_offsets[row], end = i.row_offsets[row + 1];
    if (end < first || end > stored) {
      fail(operation, ": row ", row, " of the index is [", first, ", ", end, ") of ", stored);
    }
    for (std::uint64_t at = first; at < end; ++at) {
      if (i.columns[at] >= cols) fail(operation, ": row ", row, " has column ", i.columns[at], " of ", cols);
      if (at != first && i.columns[at] <= i.columns[at - 1]) {
        fail(operation, ": row ", row, " has column ", i.columns[at], " behind column ", i.columns[at - 1]);
      }
    }
  }
  if (i.row_offsets[rows] != stored) {
    fail(operation, ": the last row ends at ", i.row_offsets[rows], ", but ", stored, " are stored");
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Refuses a sparse tensor whose index contradicts its shape, itself or the number of stored elements, with
/// detent::error; `name` begins the sentence.
template <class L, is_precision P, class Byte>
constexpr void validate(const char* name, const sparse_view<L, P, Byte>& s) {
  detail::check_sparse(name, s);
  const typename L::reading index = s.index;
  if constexpr (std::same_as<L, bitmask> || std::same_as<L, two_of_four>) {
    detail::validate_index(name, s.shape, s.stored, index);
  } else {
    detail::validate_rows(name, s.shape.rows() / L::block_rows, s.shape.cols() / L::block_cols,
                          s.stored / (L::block_rows * L::block_cols), index);
  }
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

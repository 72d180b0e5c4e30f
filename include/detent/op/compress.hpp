// SPDX-License-Identifier: MIT
//
// compress: a dense tensor and a mask to sparse storage, on views. Codes are moved, never computed, so that quantizing
// through the mask and storing what is left are two steps that anybody can look between.
//
//   const std::size_t stored = stored_elements<bitmask>(keep);
//   sparse_view<bitmask, fp32, std::uint8_t> s{shape, stored, {bits, row_offsets}, {values}};
//   compress(backend, q, keep, s);                      // q: packed_view of the same precision
//   compress(backend, x, keep, s);                      // x: tensor_view of the precision's elements, dense
#ifndef DETENT_OP_COMPRESS_HPP
#define DETENT_OP_COMPRESS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/view.hpp"
#include "detent/op/check_sparse.hpp"
#include "detent/op/mask_rows.hpp"
#include "detent/op/survivor_lines.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// The index of bsr: the blocks of a row of blocks that keep anything. Calls f(block column) for each.
template <class L, mask M, class F>
void for_kept_blocks(const M& m, const extents& shape, std::size_t row_of_blocks, const F& f) {
  const std::size_t cols = shape.cols();
  for_tiles<L>(cols, [&](std::size_t col, std::size_t n) {
    std::uint64_t any[tile_words] = {};
    for (std::size_t r = row_of_blocks * L::block_rows; r < (row_of_blocks + 1) * L::block_rows; ++r) {
      std::uint64_t keep[tile_words];
      words_at(m, r * cols + col, n, keep);
      for (std::size_t w = 0; w * mask_word_bits < n; ++w) any[w] |= keep[w];
    }
    for (std::size_t i = 0; i < n; i += L::block_cols) {
      bool kept_one = false;
      for (std::size_t j = i; j < i + L::block_cols; ++j) kept_one = kept_one || kept(any, j);
      if (kept_one) f((col + i) / L::block_cols);
    }
  });
}

inline constexpr std::size_t no_row = ~std::size_t{0};

/// Writes what the bits of a tile are in the index; false if it cannot hold them. Returns through `stored` how many.
inline bool write_index(const bitmask::index<std::uint8_t>& i, const extents& shape, std::size_t row, std::size_t col,
                        std::size_t n, const std::uint64_t* keep) {
  std::uint8_t* to = i.bits + row * bytes_of_bits(shape.cols()) + col / 8;
  if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
    __builtin_memcpy(to, keep, bytes_of_bits(n));
    return true;
  }
  for (std::size_t b = 0; b < bytes_of_bits(n); ++b) to[b] = static_cast<std::uint8_t>(keep[b / 8] >> (b % 8 * 8));
  return true;
}
inline bool write_index(const two_of_four::index<std::uint8_t>& i, const extents& shape, std::size_t row,
                        std::size_t col, std::size_t n, const std::uint64_t* keep) {
  std::uint8_t* to = i.metadata + row * bytes_of_bits(shape.cols()) + col / 8;
  bool fits = true;
  for (std::size_t g = 0; g < n / 4; ++g) {
    const std::uint8_t code = code_of_group[keep[g / 16] >> (g % 16 * 4) & 15u];
    fits = fits && code != 0;
    to[g / 2] = static_cast<std::uint8_t>(g % 2 == 0 ? code : to[g / 2] | code << 4);
  }
  return fits;
}
template <class Column, class Index>
void write_columns(const Index& i, std::size_t col, std::size_t n, std::size_t next, const std::uint64_t* keep) {
  for (std::size_t w = 0; w * mask_word_bits < n; ++w) {
    for (std::uint64_t left = keep[w]; left != 0; left &= left - 1) {
      const auto bit = static_cast<std::size_t>(__builtin_ctzll(left));
      i.columns[next++] = static_cast<Column>(col + w * mask_word_bits + bit);
    }
  }
}

/// Row offsets from what lies in each row. Refuses another sum than `stored`.
template <class Offsets>
void sum_offsets(Offsets* counts, std::size_t rows, bool with_end, std::size_t stored) {
  std::size_t before = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto here = static_cast<std::size_t>(counts[row]);
    counts[row] = before;
    before += here;
  }
  if (before != stored)
    fail("compress: the mask stores ", before, " elements or blocks, but there is room for ", stored);
  if (with_end) counts[rows] = before;
}

/// The index of layouts that hold rows. csr's columns are written with the values.
template <class L, class P, backend B, mask M>
void compress_index(const B& b, const sparse_view<L, P, std::uint8_t>& s, const M& m, const executor_ref& run) {
  const std::size_t rows = s.shape.rows(), cols = s.shape.cols();
  if constexpr (!holds_rows<L>) {
    for_rows(rows, cols, L::block_rows, run, [&](std::size_t first, std::size_t end) {
      for (std::size_t r = first / L::block_rows; r < end / L::block_rows; ++r) {
        s.index.row_offsets[r] = 0;
        for_kept_blocks<L>(m, s.shape, r, [&](std::size_t) { ++s.index.row_offsets[r]; });
      }
    });
    sum_offsets(s.index.row_offsets, rows / L::block_rows, true, s.stored / (L::block_rows * L::block_cols));
  } else {
    std::size_t refused = no_row;
    for_rows(rows, cols, 1, run, [&](std::size_t first, std::size_t end) {
      for (std::size_t row = first; row < end; ++row) {
        std::size_t count = 0;
        bool fits = true;
        for_tiles<L>(cols, [&](std::size_t col, std::size_t n) {
          std::uint64_t keep[tile_words];
          count += kept_at(b, m, row * cols + col, n, keep);
          if constexpr (requires { write_index(s.index, s.shape, row, col, n, keep); })
            fits = write_index(s.index, s.shape, row, col, n, keep) && fits;
        });
        if constexpr (requires { s.index.row_offsets; }) s.index.row_offsets[row] = count;
        if (!fits) __atomic_store_n(&refused, row, __ATOMIC_RELAXED);
      }
    });
    if (refused != no_row) {
      fail("compress: a group of four in row ", refused, " keeps another number than two; two_of_four holds no other");
    }
    if constexpr (requires { s.index.columns; })
      sum_offsets(s.index.row_offsets, rows, true, s.stored);
    else if constexpr (requires { s.index.row_offsets; })
      sum_offsets(s.index.row_offsets, rows, false, s.stored);
  }
}

/// What is kept of n codes of a dense plane, to place `next` of a plane of survivors, `room` of which from there on are
/// this task's; returns how many are kept.
template <is_precision P, backend B>
std::size_t compress_codes(const B& b, const std::uint8_t* from, std::size_t first, std::size_t n,
                           const std::uint64_t* keep, std::uint8_t* to, std::size_t next, std::size_t room) {
  using Code = code_t<typename P::codec>;
  alignas(cache_line) Code buffer[tile_elements];
  const Code* codes = codes_at<P>(b, from, first, n, buffer);
  if constexpr (lies_plain<packed_view<P, std::uint8_t>>) {
    std::uint8_t* at = to + next * sizeof(Code);
    if (may_be_codes<Code>(at))
      return mask_steps_of(b).compress(codes, keep, n, reinterpret_cast<Code*>(at), room - least(room, n));
  }
  const std::size_t kept = mask_steps_of(b).compress(codes, keep, n, buffer);
  if (kept != 0) b.template pack<typename P::packing, P::codec::bits>(buffer, kept, to, next);
  return kept;
}

/// compress_rows of codes that lie plain, at addresses that their type may have.
template <class L, is_precision P, backend B, mask M>
void compress_rows_past_caches(const B& b, const packed_view<P, const std::uint8_t>& q, const M& m,
                               const sparse_view<L, P, std::uint8_t>& s, std::size_t first, std::size_t end) {
  using Code = code_t<typename P::codec>;
  const std::size_t cols = s.shape.cols();
  const auto* codes = reinterpret_cast<const Code*>(q.plane(0));
  std::size_t next = L::begin(s.index, s.shape, first);
  survivor_lines<B, Code> lines(b, s.plane[0] + next * sizeof(Code));
  std::uint64_t keep[tile_words];
  for (std::size_t row = first; row < end; ++row) {
    for_tiles<L>(
        cols,
        [&](std::size_t col, std::size_t n) {
          words_at(m, row * cols + col, n, keep);
          if constexpr (requires { s.index.columns; }) {
            write_columns<typename L::column>(s.index, col, n, next, keep);
            next += ones_in(keep, n);
          }
          lines.append(codes + row * cols + col, keep, n);
        },
        true);
  }
}

template <class L, is_precision P, backend B, mask M>
void compress_rows(const B& b, const packed_view<P, const std::uint8_t>& q, const M& m,
                   const sparse_view<L, P, std::uint8_t>& s, std::size_t first, std::size_t end) {
  const std::size_t cols = s.shape.cols();
  [[maybe_unused]] const std::size_t last = end == s.shape.rows() ? s.stored : L::begin(s.index, s.shape, end);
  std::uint64_t keep[tile_words];
  for (std::size_t row = first; row < end; row += L::block_rows) {
    std::size_t next = L::begin(s.index, s.shape, row);
    if constexpr (holds_rows<L>) {
      for_tiles<L>(cols, [&](std::size_t col, std::size_t n) {
        words_at(m, row * cols + col, n, keep);
        if constexpr (requires { s.index.columns; }) write_columns<typename L::column>(s.index, col, n, next, keep);
        next += compress_codes<P>(b, q.plane(0), row * cols + col, n, keep, s.plane[0], next, last - next);
      });
    } else {
      for (std::size_t w = 0; w < tile_words; ++w) keep[w] = ~std::uint64_t{0};
      for_kept_blocks<L>(m, s.shape, row / L::block_rows, [&](std::size_t column) {
        s.index.columns[next] = static_cast<std::uint32_t>(column);
        for (std::size_t r = 0; r < L::block_rows; ++r) {
          compress_codes<P>(b, q.plane(0), (row + r) * cols + column * L::block_cols, L::block_cols, keep, s.plane[0],
                            (next * L::block_rows + r) * L::block_cols, 0);
        }
        ++next;
      });
    }
  }
}

/// Reverses the bytes of each of n codes.
inline void reverse_each(std::uint8_t* codes, std::size_t n, std::size_t size) {
  for (std::size_t i = 0; i < n; ++i, codes += size) {
    for (std::size_t j = 0; j < size / 2; ++j) {
      const std::uint8_t byte = codes[j];
      codes[j] = codes[size - 1 - j];
      codes[size - 1 - j] = byte;
    }
  }
}

template <class L, is_precision P>
inline constexpr bool may_pass_caches = holds_rows<L> && lies_plain<packed_view<P, std::uint8_t>>;

/// True if survivors are written past the caches.
template <class L, is_precision P>
bool passes_caches(const packed_view<P, const std::uint8_t>& q, const sparse_view<L, P, std::uint8_t>& s,
                   const options& with) {
  using Code = code_t<typename P::codec>;
  return may_pass_caches<L, P> && (s.shape.size() + s.stored) * sizeof(Code) >= with.stream_from &&
         may_be_codes<Code>(q.plane(0)) && may_be_codes<Code>(s.plane[0]);
}

/// Tasks that write codes: where codes share bytes, one alone.
template <is_precision P, class F>
void for_rows_of_codes(std::size_t rows, std::size_t cols, std::size_t together, const executor_ref& run, const F& f) {
  if constexpr (P::codec::bits % 8 == 0)
    for_rows(rows, cols, together, run, f);
  else
    f(std::size_t{0}, rows);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Elements that layout L stores of this mask. Refuses shapes that it cannot hold.
template <class L, mask M>
std::size_t stored_elements(const M& m) {
  const extents shape = m.shape();
  detail::check_layout_shape<L>("stored_elements", shape);
  if constexpr (std::same_as<L, two_of_four>) {
    return shape.size() / 2;
  } else if constexpr (detail::holds_rows<L>) {
    return count_kept(m);
  } else {
    std::size_t blocks = 0;
    for (std::size_t r = 0; r < shape.rows() / L::block_rows; ++r) {
      detail::for_kept_blocks<L>(m, shape, r, [&](std::size_t) { ++blocks; });
    }
    return blocks * L::block_rows * L::block_cols;
  }
}

/// Stores in s what the mask keeps of q: the index, the codes, and the scales and so on of the dense tensor as they
/// are. A bsr's blocks hold what q holds, also where the mask prunes single elements: clear them before. Refuses shapes
/// that differ, a mask that stores another number of elements than s has room for, and a group of four of which
/// two_of_four would not keep two, with detent::error.
template <backend B, class L, is_precision P, class Byte, mask M>
void compress(const B& b, const packed_view<P, Byte>& q, const M& m, const sparse_view<L, P, std::uint8_t>& s,
              const options& with = {}) {
  detail::check_packed("compress", q);
  detail::check_sparse("compress", s);
  detail::check_same_shape("compress", q.shape(), s.shape);
  detail::check_same_shape("compress", m.shape(), s.shape);
  detail::compress_index(b, s, m, with.executor);
  if (s.shape.size() == 0) return;
  const auto sizes = sparse_plane_bytes<P>(s.shape, s.stored);
  if constexpr (P::codec::bits % 8 != 0) {
    if (sizes[0] != 0) __builtin_memset(s.plane[0], 0, sizes[0]);
  }
  const packed_view<P, const std::uint8_t> from = q;
  const bool stream = detail::passes_caches<L>(from, s, with);
  detail::for_rows_of_codes<P>(s.shape.rows(), s.shape.cols(), L::block_rows, with.executor,
                               [&](std::size_t first, std::size_t end) {
                                 if constexpr (detail::may_pass_caches<L, P>) {
                                   if (stream)
                                     return detail::compress_rows_past_caches<L, P>(b, from, m, s, first, end);
                                 }
                                 detail::compress_rows<L, P>(b, from, m, s, first, end);
                               });
  for (std::size_t i = 1; i < s.planes; ++i) __builtin_memcpy(s.plane[i], q.plane(i), sizes[i]);
}

/// The same of a dense, row-major tensor whose elements are those of the precision: float for fp32, element<fp16> …
template <backend B, class L, is_precision P, class T, std::size_t Rank, mask M>
  requires unscaled_precision<P> &&
           std::same_as<typename element_codec<typename tensor_view<T, Rank>::value_type>::type, typename P::codec>
void compress(const B& b, const tensor_view<T, Rank>& x, const M& m, const sparse_view<L, P, std::uint8_t>& s,
              const options& with = {}) {
  detail::check_view("compress", x);
  if (!x.dense()) fail("compress: the tensor of the shape ", x.shape(), " is not dense and row-major");
  const packed_view<P, const std::uint8_t> q(x.shape(), x.data());
  compress(b, q, m, s, with);
  // The bytes of elements are those of codes on little-endian processors; elsewhere they have been moved as they lay.
  if constexpr (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) detail::reverse_each(s.plane[0], s.stored, sizeof(T));
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// A mask, or a sparse tensor, row by row in tiles of columns: what sparse storage is made from and read as.
#ifndef DETENT_OP_MASK_ROWS_HPP
#define DETENT_OP_MASK_ROWS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/executor.hpp"
#include "detent/core/sparse.hpp"
#include "detent/op/tile.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Columns of a tile: whole words, and whole blocks.
template <class L>
inline constexpr std::size_t tile_columns = tile_elements / L::block_cols * L::block_cols;

/// The same of tiles on their way past the caches. Half of a usual one: more lines at a time than memory can be asked
/// for would wait for each other.
template <class L>
inline constexpr std::size_t streamed_columns = (streamed_tile / 2 + L::block_cols - 1) / L::block_cols * L::block_cols;

inline constexpr std::size_t tile_words = tile_elements / mask_word_bits;

/// Bits [first, first + n) of a mask as words of their own; n <= tile_elements.
template <mask M>
constexpr void words_at(const M& m, std::size_t first, std::size_t n, std::uint64_t* to) {
  const std::size_t shift = first % mask_word_bits;
  const std::size_t count = (shift + n + mask_word_bits - 1) / mask_word_bits;
  if (shift == 0) {
    m.words(first / mask_word_bits, count, to);
  } else {
    std::uint64_t words[tile_words + 1] = {};
    m.words(first / mask_word_bits, count, words);
    for (std::size_t w = 0; w * mask_word_bits < n; ++w) {
      to[w] = words[w] >> shift | (w + 1 < count ? words[w + 1] << (mask_word_bits - shift) : 0);
    }
  }
  if (n != 0) to[(n - 1) / mask_word_bits] = within(to[(n - 1) / mask_word_bits], (n - 1) / mask_word_bits, n);
}

/// The same, and how many are 1.
template <backend B, mask M>
constexpr std::size_t kept_at(const B& b, const M& m, std::size_t first, std::size_t n, std::uint64_t* to) {
  words_at(m, first, n, to);
  return mask_steps_of(b).count_kept(to, n);
}

/// Calls f(first row, end) for rows in tasks of about task_elements; tasks begin at multiples of `together`.
template <class F>
constexpr void for_rows(std::size_t rows, std::size_t cols, std::size_t together, const executor_ref& run, const F& f) {
  const std::size_t groups = task_elements / (cols * together + 1) + 1;
  const std::size_t per_task = groups * together;
  run((rows + per_task - 1) / per_task, [&](std::size_t i) { f(i * per_task, least((i + 1) * per_task, rows)); });
}

/// Calls f(column, columns) for the tiles of a row.
template <class L, class F>
[[gnu::always_inline]] inline constexpr void for_tiles(std::size_t cols, const F& f, bool stream = false) {
  const std::size_t most = stream ? streamed_columns<L> : tile_columns<L>;
  for (std::size_t col = 0; col < cols; col += most) f(col, least(most, cols - col));
}

/// Codes that lie as they are computed, at an address that their type may have.
template <class Code, class Byte>
DETENT_INLINE bool may_be_codes(Byte* at) {
  return reinterpret_cast<std::uintptr_t>(at) % alignof(Code) == 0;
}

/// Codes [first, first + n) of a plane: in place, or unpacked to the buffer.
template <is_precision P, backend B>
const code_t<typename P::codec>* codes_at(const B& b, const std::uint8_t* plane, std::size_t first, std::size_t n,
                                          code_t<typename P::codec>* buffer) {
  using Code = code_t<typename P::codec>;
  if constexpr (lies_plain<packed_view<P, const std::uint8_t>>) {
    const std::uint8_t* at = plane + first * sizeof(Code);
    if (may_be_codes<Code>(at)) return reinterpret_cast<const Code*>(at);
  }
  if (n != 0) b.template unpack<typename P::packing, P::codec::bits>(plane, first, n, buffer);
  return buffer;
}

/// Codes of columns [col, col + n) of a row, and which of them are stored; the others' are 0. `next` says what comes
/// next of the row: at first L::begin, then it moves on.
template <backend B, class L, is_precision P>
void expand_codes(const B& b, const sparse_view<L, P, const std::uint8_t>& s, std::size_t row, std::size_t col,
                  std::size_t n, std::size_t& next, code_t<typename P::codec>* to, std::uint64_t* keep) {
  using Code = code_t<typename P::codec>;
  alignas(cache_line) Code buffer[tile_elements];
  if constexpr (holds_rows<L>) {
    const std::size_t kept = L::words(s.index, s.shape, row, col, n, next, keep);
    const Code* from = codes_at<P>(b, s.plane[0], next, kept, buffer);
    next += kept;
    mask_steps_of(b).expand(from, keep, n, to, from == buffer ? tile_elements - kept : s.stored - next);
  } else {
    constexpr std::size_t wide = L::block_cols;
    for (std::size_t i = 0; i < n; ++i) to[i] = Code{};
    for (std::size_t w = 0; w * mask_word_bits < n; ++w) keep[w] = 0;
    for (; next < s.index.row_offsets[row / L::block_rows + 1]; ++next) {
      const std::size_t at = s.index.columns[next] * wide - col;
      if (at >= n) break;
      const Code* codes = codes_at<P>(b, s.plane[0], (next * L::block_rows + row % L::block_rows) * wide, wide, buffer);
      for (std::size_t i = 0; i < wide; ++i) {
        to[at + i] = codes[i];
        set_kept(keep, at + i);
      }
    }
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

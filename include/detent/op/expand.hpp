// SPDX-License-Identifier: MIT
//
// Sparse storage back to a dense tensor, on views. What was pruned is +0.
//
//   expand(backend, s, q);                              // codes to codes: q is a packed_view of the same precision
//   dequantize(backend, s, y);                          // y: tensor_view
#ifndef DETENT_OP_EXPAND_HPP
#define DETENT_OP_EXPAND_HPP

#include <cstddef>
#include <cstdint>

#include "detent/op/compress.hpp"
#include "detent/op/dequantize.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Code 0 decodes to +0 whatever the scale is.
template <is_precision P>
inline constexpr bool code_0_is_zero =
    !has_shift<P> && !has_zero_point<P> && bits_of(P::codec::decode(code_t<typename P::codec>{})) == 0;

template <class L, is_precision P, backend B>
void expand_rows(const B& b, const sparse_view<L, P, const std::uint8_t>& s, std::uint8_t* to, std::size_t first,
                 std::size_t end, bool stream) {
  using Code = code_t<typename P::codec>;
  const std::size_t cols = s.shape.cols();
  std::uint64_t keep[tile_words];
  for (std::size_t row = first; row < end; ++row) {
    std::size_t next = L::begin(s.index, s.shape, row);
    const auto expand_tile = [&](std::size_t col, std::size_t n) {
      const std::size_t flat = row * cols + col;
      if constexpr (lies_plain<packed_view<P, std::uint8_t>>) {
        std::uint8_t* at = to + flat * sizeof(Code);
        if (!stream && may_be_codes<Code>(at)) {
          expand_codes(b, s, row, col, n, next, reinterpret_cast<Code*>(at), keep);
          return;
        }
      }
      alignas(cache_line) Code codes[tile_elements];
      [[maybe_unused]] const std::size_t before = next;
      expand_codes(b, s, row, col, n, next, codes, keep);
      if constexpr (lies_plain<packed_view<P, std::uint8_t>>) {
        if (stream) {
          prefetch<cache_level::second>(s.plane[0], (before + prefetch_distance) * sizeof(Code),
                                        (next - before) * sizeof(Code));
          return steps_of(b).stream(codes, n * sizeof(Code), to + flat * sizeof(Code));
        }
      }
      b.template pack<typename P::packing, P::codec::bits>(codes, n, to, flat);
    };
    for_tiles<L>(cols, expand_tile, stream);
  }
  if (stream) steps_of(b).fence();
}

/// Decodes rows a tile of columns at a time, and calls f(flat index, n, values).
template <class L, is_precision P, backend B, class F>
void decode_sparse_rows(const B& b, const sparse_view<L, P, const std::uint8_t>& s, std::size_t first, std::size_t end,
                        const F& f) {
  using C = typename P::codec;
  const auto parts = s.parts();
  const std::size_t cols = s.shape.cols();
  std::uint64_t keep[tile_words];
  alignas(cache_line) code_t<C> codes[tile_elements];
  alignas(cache_line) float values[tile_elements];
  tile_parameters parameters;
  for (std::size_t row = first; row < end; ++row) {
    std::size_t next = L::begin(s.index, s.shape, row);
    for_tiles<L>(cols, [&](std::size_t col, std::size_t n) {
      const std::size_t flat = row * cols + col;
      expand_codes(b, s, row, col, n, next, codes, keep);
      for (std::size_t done = 0; done < n;) {
        const tile t = tile_at<typename P::grouping>(s.shape, flat + done, flat + n);
        const group_factors by = read_parameters(b, parts, t.group, t.groups, parameters);
        b.template decode<C, decode_form<P>>(codes + done, t.length, t.size, by, values + done);
        done += t.length;
      }
      mask_steps_of(b).zero_pruned(values, keep, n, values);
      f(flat, n, values);
    });
  }
}

template <backend B, class L, is_precision P, class T, std::size_t Rank>
void dequantize_sparse(const B& b, const sparse_view<L, P, const std::uint8_t>& s, const tensor_view<T, Rank>& y,
                       const options& with) {
  const bool dense = y.dense();
  const bool stream = sparse_bytes<L, P>(s.shape, s.stored) + y.size() * sizeof(T) >= with.stream_from;
  for_rows(s.shape.rows(), s.shape.cols(), 1, with.executor, [&](std::size_t first, std::size_t end) {
    const float_environment same;
    decode_sparse_rows(b, s, first, end, [&](std::size_t flat, std::size_t n, const float* values) {
      if (dense)
        write_dense(b, values, n, y.data() + flat, stream);
      else
        write_run(b, values, flat, n, y, stream);
    });
    if (stream) steps_of(b).fence();
  });
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// The dense tensor that s stores, as codes: 0 where it was pruned. For precisions whose code 0 is the number 0
/// whatever the scale; others are dequantized. Refuses shapes that differ and null pointers, with detent::error.
template <backend B, class L, is_precision P, class Byte>
  requires detail::code_0_is_zero<P>
void expand(const B& b, const sparse_view<L, P, Byte>& s, const packed_view<P, std::uint8_t>& q,
            const options& with = {}) {
  detail::check_sparse("expand", s);
  detail::check_packed("expand", q);
  detail::check_same_shape("expand", s.shape, q.shape());
  if (s.shape.size() == 0) return;
  const sparse_view<L, P, const std::uint8_t> from = s;
  const auto sizes = plane_bytes<P>(s.shape);
  const bool stream = sparse_bytes<L, P>(s.shape, s.stored) + sizes[0] >= with.stream_from;
  if constexpr (P::codec::bits % 8 != 0) __builtin_memset(q.plane(0), 0, sizes[0]);
  detail::for_rows_of_codes<P>(
      s.shape.rows(), s.shape.cols(), 1, with.executor,
      [&](std::size_t first, std::size_t end) { detail::expand_rows(b, from, q.plane(0), first, end, stream); });
  for (std::size_t i = 1; i < s.planes; ++i) __builtin_memcpy(q.plane(i), s.plane[i], sizes[i]);
}

/// y = s, decoded and rounded to y's elements; +0 where it was pruned. Refuses shapes that differ and null pointers,
/// with detent::error.
template <backend B, class L, is_precision P, class Byte, class T, std::size_t Rank>
void dequantize(const B& b, const sparse_view<L, P, Byte>& s, const tensor_view<T, Rank>& y, const options& with = {}) {
  detail::check_sparse("dequantize", s);
  detail::check_view("dequantize", y);
  detail::check_same_shape("dequantize", s.shape, y.shape());
  detail::dequantize_sparse(b, sparse_view<L, P, const std::uint8_t>(s), y, with);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// Products with a pruned matrix W [m, k], on views: nothing is allocated.
//
//   product(backend, w, x, y);                          // y [m] = W · x [k], or Y [m, n] = W · X [k, n]
//
// W is sparse (bitmask, two_of_four or csr) or, to compare with, a dense tensor_view. Elements are fp32, or signed
// 8-bit codes times 8-bit x, whose sums are exact in 32 bits; scales are the caller's, who has x's too. The order of
// sums is that of core/product_steps.hpp, the same for all layouts: as long as x is finite, sparse and dense give the
// same bits.
#ifndef DETENT_OP_SPARSE_PRODUCT_HPP
#define DETENT_OP_SPARSE_PRODUCT_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/float_environment.hpp"
#include "detent/core/product_steps.hpp"
#include "detent/core/view.hpp"
#include "detent/op/check_sparse.hpp"
#include "detent/op/mask_rows.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// What is summed for elements of W, what sums are, and what tiles of X hold.
template <class W>
struct summands;
template <>
struct summands<float> {
  using sum = float;
  using in_tile = float;
};
template <>
struct summands<std::int8_t> {
  using sum = std::int32_t;
  using in_tile = std::int16_t;
};

/// Precisions whose codes are multiplied as they are.
template <is_precision P>
inline constexpr bool is_float_weight = unscaled_precision<P> && std::same_as<typename P::codec, fp32_codec>;
template <is_precision P>
inline constexpr bool is_byte_weight =
    codec_of_kind<typename P::codec, kind::integer> && P::codec::bits == 8 && !has_zero_point<P> && !has_shift<P>;

template <bool IsFloat>
struct weight_type {
  using type = float;
};
template <>
struct weight_type<false> {
  using type = std::int8_t;
};
template <is_precision P>
using weight_of = typename weight_type<is_float_weight<P>>::type;

/// A row of a sparse W.
template <backend B, class L, is_precision P>
struct sparse_rows {
  using weight = weight_of<P>;
  const B& b;
  sparse_view<L, P, const std::uint8_t> w;

  std::size_t begin(std::size_t row) const { return L::begin(w.index, w.shape, row); }

  /// The survivors of columns [col, col + n), which words say where they are. Moves `next` on.
  const weight* survivors(std::size_t row, std::size_t col, std::size_t n, std::size_t& next, std::uint64_t* keep,
                          std::size_t& kept, code_t<typename P::codec>* buffer) const {
    kept = L::words(w.index, w.shape, row, col, n, next, keep);
    const auto* codes = codes_at<P>(b, w.plane[0], next, kept, buffer);
    next += kept;
    return reinterpret_cast<const weight*>(codes);
  }

  typename summands<weight>::sum dot(std::size_t row, const weight* x) const {
    float sums[partial_sums] = {};
    std::int32_t whole = 0;
    std::uint64_t keep[tile_words];
    alignas(cache_line) code_t<typename P::codec> buffer[tile_elements];
    std::size_t next = begin(row);
    for_tiles<L>(w.shape.cols(), [&](std::size_t col, std::size_t n) {
      std::size_t kept = 0;
      const weight* from = survivors(row, col, n, next, keep, kept, buffer);
      const std::size_t spare = static_cast<const void*>(from) == buffer ? 0 : w.stored - next;
      if constexpr (std::same_as<weight, float>) {
        product_steps_of(b).dot_kept(from, spare, keep, x + col, n, sums);
      } else {
        whole += product_steps_of(b).dot_kept(from, spare, keep, x + col, n);
      }
    });
    if constexpr (std::same_as<weight, float>)
      return total(sums);
    else
      return whole;
  }
};

/// A row of a dense W.
template <backend B, class W>
struct dense_rows {
  using weight = W;
  const B& b;
  tensor_view<const W, 2> w;

  typename summands<W>::sum dot(std::size_t row, const W* x) const {
    if constexpr (std::same_as<W, float>) {
      float sums[partial_sums] = {};
      product_steps_of(b).dot(w.row(row), x, w.shape()[1], sums);
      return total(sums);
    } else {
      return product_steps_of(b).dot(w.row(row), x, w.shape()[1]);
    }
  }
};

/// Rows of W that pass a tile of X together.
inline constexpr std::size_t rows_together = 32;

/// Sums of up to rows_together rows from `row` on over the rows [first, first + n) of X that the tile holds.
template <backend B, class L, is_precision P>
void add_tile(const sparse_rows<B, L, P>& w, std::size_t row, std::size_t rows, std::size_t first, std::size_t n,
              const typename summands<weight_of<P>>::in_tile* tile, std::size_t* next,
              typename summands<weight_of<P>>::sum (*sums)[sum_columns]) {
  code_t<typename P::codec> buffer[mask_word_bits];
  for (std::size_t r = 0; r < rows; ++r) {
    std::uint64_t keep = 0;
    std::size_t kept = 0;
    const auto* survivors = w.survivors(row + r, first, n, next[r], &keep, kept, buffer);
    product_steps_of(w.b).add_kept(survivors, keep, tile, sums[r]);
  }
}

template <backend B, class W>
void add_tile(const dense_rows<B, W>& w, std::size_t row, std::size_t rows, std::size_t first, std::size_t n,
              const typename summands<W>::in_tile* tile, std::size_t*, typename summands<W>::sum (*sums)[sum_columns]) {
  if constexpr (std::same_as<W, float>) {
    float nothing[sum_columns] = {};
    for (std::size_t r = 0; r < rows; r += 2) {
      const bool two = r + 1 < rows;
      product_steps_of(w.b).add_all(w.w.row(row + r) + first, w.w.row(row + (two ? r + 1 : r)) + first, n, tile,
                                    sums[r], two ? sums[r + 1] : nothing);
    }
  } else {
    const std::uint64_t all = within(~std::uint64_t{0}, 0, n);
    for (std::size_t r = 0; r < rows; ++r) product_steps_of(w.b).add_kept(w.w.row(row + r) + first, all, tile, sums[r]);
  }
}

/// Rows [row, row + rows) of Y, sum_columns at a time.
template <class Rows, class X, class Y>
void product_rows(const Rows& w, std::size_t k, const X& x, const Y& y, std::size_t row, std::size_t rows) {
  using weight = typename Rows::weight;
  alignas(64) typename summands<weight>::in_tile tile[mask_word_bits * sum_columns];
  alignas(64) typename summands<weight>::sum sums[rows_together][sum_columns];
  std::size_t next[rows_together] = {};
  for (std::size_t column = 0; column < y.shape()[1]; column += sum_columns) {
    const std::size_t columns = least(sum_columns, y.shape()[1] - column);
    __builtin_memset(sums, 0, sizeof sums);
    if constexpr (requires { w.begin(row); }) {
      for (std::size_t r = 0; r < rows; ++r) next[r] = w.begin(row + r);
    }
    for (std::size_t first = 0; first < k; first += mask_word_bits) {
      const std::size_t n = least(mask_word_bits, k - first);
      for (std::size_t i = 0; i < n; ++i) {
        const weight* from = &x(first + i, column);
        for (std::size_t c = 0; c < sum_columns; ++c) tile[i * sum_columns + c] = c < columns ? from[c] : weight{};
      }
      add_tile(w, row, rows, first, n, tile, next, sums);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c) y(row + r, column + c) = sums[r][c];
    }
  }
}

/// Shapes: W is [m, k].
template <class Weight, class X, class Y>
void check_product(std::size_t m, std::size_t k, const X& x, const Y& y) {
  check_view("product", x);
  check_view("product", y);
  if (x.shape()[0] != k || y.shape()[0] != m || (x.shape().rank == 2 && x.shape()[1] != y.shape()[1])) {
    fail("product: a matrix [", m, ", ", k, "] times ", x.shape(), " does not give ", y.shape());
  }
  if (x.size() > 1 && x.stride(x.shape().rank - 1) != 1) fail("product: the rows of x are not dense");
  constexpr std::size_t most = 131071;  // times 2^14, the greatest product, is less than 2^31
  if (std::same_as<Weight, std::int8_t> && k > most) {
    fail("product: sums of ", k, " products of 8-bit codes need more than 32 bits; ", most, " at most");
  }
}

template <class Rows, class X, class Y>
void run_product(const Rows& w, std::size_t m, std::size_t k, const X& x, const Y& y, const options& with) {
  check_product<typename Rows::weight>(m, k, x, y);
  if (y.size() == 0) return;
  if constexpr (requires { y(m); }) {
    for_rows(m, k, 1, with.executor, [&](std::size_t first, std::size_t end) {
      const float_environment same;
      for (std::size_t row = first; row < end; ++row) y(row) = k == 0 ? 0 : w.dot(row, x.data());
    });
  } else {
    with.executor((m + rows_together - 1) / rows_together, [&](std::size_t i) {
      const float_environment same;
      product_rows(w, k, x, y, i * rows_together, least(rows_together, m - i * rows_together));
    });
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// y = W · x of a sparse W [m, k]: x [k] and y [m], or x [k, n] and y [m, n]; float elements with float, 8-bit codes
/// with std::int8_t, giving std::int32_t. What is pruned adds nothing. x's rows are dense, y is anything. Refuses
/// shapes that do not fit, null pointers, and 8-bit codes in more than 131071 columns, with detent::error.
template <backend B, class L, is_precision P, class Byte, class X, class Y, std::size_t Rank>
  requires(detail::holds_rows<L> && (detail::is_float_weight<P> || detail::is_byte_weight<P>) && Rank <= 2 &&
           std::same_as<typename tensor_view<X, Rank>::value_type, detail::weight_of<P>> &&
           std::same_as<Y, typename detail::summands<detail::weight_of<P>>::sum>)
void product(const B& b, const sparse_view<L, P, Byte>& w, const tensor_view<X, Rank>& x, const tensor_view<Y, Rank>& y,
             const options& with = {}) {
  detail::check_sparse("product", w);
  if (w.shape.rank != 2) fail("product: the sparse tensor has the shape ", w.shape, "; a matrix is needed");
  const detail::sparse_rows<B, L, P> rows{b, w};
  detail::run_product(rows, w.shape[0], w.shape[1], x, y, with);
}

/// The same of a dense W, whose rows are dense.
template <backend B, class W, class X, class Y, std::size_t Rank>
  requires(Rank <= 2 &&
           std::same_as<typename tensor_view<W, 2>::value_type, typename tensor_view<X, Rank>::value_type> &&
           std::same_as<Y, typename detail::summands<typename tensor_view<W, 2>::value_type>::sum>)
void product(const B& b, const tensor_view<W, 2>& w, const tensor_view<X, Rank>& x, const tensor_view<Y, Rank>& y,
             const options& with = {}) {
  detail::check_view("product", w);
  if (w.size() > 1 && w.stride(1) != 1) fail("product: the rows of W are not dense");
  const detail::dense_rows<B, typename tensor_view<W, 2>::value_type> rows{b, w};
  detail::run_product(rows, w.shape()[0], w.shape()[1], x, y, with);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// Compaction: what a structured mask prunes is removed, in every tensor that is coupled to it. The mask is over units,
// such as the neurons between two linear layers, the channels between two convolutions, or the heads of an attention;
// `follows` says which axis of a tensor goes with them:
//
//   linear -> linear      first.weight, first.bias: {.axis = 0};  second.weight: {.axis = 1}
//   ... -> norm -> ...    norm.weight, norm.bias, running statistics: {.axis = 0}
//   conv -> conv          the same axes; weights are [out, in, h, w]
//   conv -> linear        linear.weight: {.axis = 1, .block = h · w}, where channels were flattened
//   attention             attention_heads{heads, kv_heads, dim}: query(), key_value(), output()
//   group normalization   groups are the units: {.axis = 0, .block = channels of a group}
//
// The result is the zeroed network's, provided that a pruned unit gives 0: its row, its bias and its norm's parameters
// are pruned. A norm over all units has to forget the removed ones: rms_norm_after. The mean of a layer normalization
// counts them, and nothing that is left can tell it so: its axis is not compacted.
#ifndef DETENT_OP_COMPACT_HPP
#define DETENT_OP_COMPACT_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/executor.hpp"
#include "detent/core/mask.hpp"
#include "detent/core/view.hpp"
#include "detent/op/check.hpp"
#include "detent/op/mask_rows.hpp"

namespace detent::inline v0 {

/// An axis of a tensor, `block` consecutive indices of which belong to `shared` consecutive units: they are removed if
/// all of these are pruned.
struct follows {
  std::size_t axis = 0;
  std::size_t block = 1;
  std::size_t shared = 1;
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

/// True if one of the units of group g is kept.
template <mask M>
constexpr bool group_is_kept(const M& units, std::size_t g, std::size_t shared) {
  for (std::size_t u = g * shared; u < (g + 1) * shared;) {
    std::uint64_t word = 0;
    units.words(u / mask_word_bits, 1, &word);
    const std::size_t bit = u % mask_word_bits, n = least((g + 1) * shared - u, mask_word_bits - bit);
    if ((word >> bit & (~std::uint64_t{0} >> (mask_word_bits - n))) != 0) return true;
    u += n;
  }
  return false;
}

/// Groups that are kept, of the first `groups`.
template <mask M>
constexpr std::size_t groups_kept(const M& units, std::size_t groups, std::size_t shared) {
  std::size_t kept = 0;
  if (shared == 1) {
    for (std::size_t first = 0; first < groups; first += tile_elements) {
      std::uint64_t words[tile_words];
      const std::size_t n = least(tile_elements, groups - first);
      words_at(units, first, n, words);
      kept += ones_in(words, n);
    }
  } else {
    for (std::size_t g = 0; g < groups; ++g) kept += group_is_kept(units, g, shared);
  }
  return kept;
}

template <mask M>
constexpr void check_follows(const M& units, const extents& shape, const follows& how) {
  const extents all = units.shape();
  if (all.rank != 1) fail("compact: units are counted along one axis; the mask has the shape ", all);
  if (how.block == 0 || how.shared == 0) fail("compact: a block of ", how.block, " for ", how.shared, " units");
  if (how.axis >= shape.rank) fail("compact: axis ", how.axis, " of the shape ", shape);
  if (all.size() % how.shared != 0) {
    fail("compact: ", all.size(), " units cannot be divided into groups of ", how.shared);
  }
  const std::size_t groups = all.size() / how.shared;
  if (shape[how.axis] % how.block != 0 || shape[how.axis] / how.block != groups) {
    fail("compact: axis ", how.axis, " of the shape ", shape, " has ", shape[how.axis], " indices, but ", groups,
         " blocks of ", how.block, " are ", groups * how.block);
  }
}

/// Copies the blocks that are kept of a row to another.
template <mask M, class T>
void compact_row(const T* from, std::ptrdiff_t from_stride, std::size_t n, const M& units, const follows& how, T* to,
                 std::ptrdiff_t to_stride) {
  for (std::size_t first = 0; first < n; first += how.block) {
    if (!group_is_kept(units, first / how.block, how.shared)) continue;
    for (std::size_t i = first; i < first + how.block; ++i, to += to_stride) {
      *to = from[static_cast<std::ptrdiff_t>(i) * from_stride];
    }
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// The shape that compact leaves of a tensor. Refuses a mask of units that is not a row, an axis that is not there, and
/// an axis that does not hold the blocks of all units, with detent::error.
template <mask M>
constexpr extents compacted_shape(const extents& shape, const M& units, const follows& how) {
  detail::check_shape("compact", shape);
  detail::check_follows(units, shape, how);
  extents to = shape;
  to.extent[how.axis] = how.block * detail::groups_kept(units, units.shape().size() / how.shared, how.shared);
  return to;
}

/// y = x without the blocks of pruned units. y has the shape compacted_shape; elements are copied. Refuses what that
/// refuses, another shape of y and null pointers, with detent::error.
template <class T, std::size_t Rank, mask M>
void compact(const tensor_view<T, Rank>& x, const M& units, const follows& how,
             const tensor_view<typename tensor_view<T, Rank>::value_type, Rank>& y, const options& with = {}) {
  const extents shape = compacted_shape(x.shape(), units, how);
  detail::check_view("compact", x);
  detail::check_view("compact", y);
  detail::check_same_shape("compact", shape, y.shape());
  if (y.size() == 0) return;
  const std::size_t cols = x.shape().cols();
  const bool last = how.axis == Rank - 1;
  std::size_t inner = 1;  // rows of x behind one step along the axis
  for (std::size_t axis = Rank - 1; axis-- > how.axis + 1;) inner *= x.shape()[axis];
  detail::for_rows(x.shape().rows(), cols, 1, with.executor, [&](std::size_t first, std::size_t end) {
    for (std::size_t row = first; row < end; ++row) {
      std::size_t to = row;
      if (!last) {
        const std::size_t extent = x.shape()[how.axis], index = row / inner % extent, group = index / how.block;
        if (!detail::group_is_kept(units, group, how.shared)) continue;
        const std::size_t moved = detail::groups_kept(units, group, how.shared) * how.block + index % how.block;
        to = (row / inner / extent * shape[how.axis] + moved) * inner + row % inner;
      }
      const follows whole{0, cols, 1};
      if (last)
        detail::compact_row(x.row(row), x.stride(Rank - 1), cols, units, how, y.row(to), y.stride(Rank - 1));
      else
        detail::compact_row(x.row(row), x.stride(Rank - 1), cols, keep_all{extents(1)}, whole, y.row(to),
                            y.stride(Rank - 1));
    }
  });
}

/// The mask of units of an element mask over `shape`: a unit is kept if one of its elements is. Writes whole words.
/// Refuses an axis that is not there and one that blocks of `block` do not divide, with detent::error.
template <mask M>
void units_of(const M& m, std::size_t axis, std::size_t block, const mask_view& units) {
  const extents shape = m.shape();
  if (axis >= shape.rank || block == 0 || shape[axis] % block != 0 || units.size() != shape[axis] / block) {
    fail("units_of: axis ", axis, " of the shape ", shape, " in blocks of ", block, " has no ", units.size(), " units");
  }
  for (std::size_t w = 0; w < mask_words(units.shape()); ++w) units.data()[w] = 0;
  const std::size_t inner = shape.inner(axis), run = inner * block;  // elements of a unit that follow one another
  for (std::size_t first = 0; first < shape.size(); first += run) {
    std::uint64_t words[detail::tile_words];
    for (std::size_t done = 0; done < run; done += tile_elements) {
      const std::size_t n = detail::least(tile_elements, run - done);
      detail::words_at(m, first + done, n, words);
      if (detail::ones_in(words, n) == 0) continue;
      detail::set_kept(units.data(), first / run % units.size());
      break;
    }
  }
}

/// Heads of an attention: projections of queries [heads · dim, in], of keys and values [kv_heads · dim, in], of the
/// output [out, heads · dim], and the biases of the first three. Fused projections are views of their parts. The scale
/// 1 / sqrt(dim) does not change.
struct attention_heads {
  std::size_t heads = 0;
  std::size_t kv_heads = 0;
  std::size_t dim = 0;

  constexpr follows query() const { return checked(), follows{0, dim, 1}; }
  constexpr follows key_value() const { return checked(), follows{0, dim, heads / kv_heads}; }
  constexpr follows output() const { return checked(), follows{1, dim, 1}; }

  /// The heads that are left. Refuses groups that keep different numbers of query heads, to which no number of heads
  /// for each key belongs, and a mask that keeps none, with detent::error.
  template <mask M>
  constexpr attention_heads after(const M& units) const {
    checked();
    if (units.shape().size() != heads) fail("attention: a mask of ", units.shape(), " for ", heads, " heads");
    const std::size_t shared = heads / kv_heads;
    attention_heads to{0, 0, dim};
    std::size_t each = 0;
    for (std::size_t g = 0; g < kv_heads; ++g) {
      const std::size_t here =
          detail::groups_kept(units, (g + 1) * shared, 1) - detail::groups_kept(units, g * shared, 1);
      if (here == 0) continue;
      if (each != 0 && here != each) {
        fail("attention: the heads of key ", g, " keep ", here, " of ", shared, ", those of another ", each);
      }
      each = here;
      to.heads += here;
      to.kv_heads += 1;
    }
    if (to.heads == 0) fail("attention: the mask keeps none of ", heads, " heads");
    return to;
  }

 private:
  constexpr void checked() const {
    if (kv_heads == 0 || dim == 0 || heads == 0 || heads % kv_heads != 0) {
      fail("attention: ", heads, " heads cannot be divided among ", kv_heads, " keys of ", dim);
    }
  }
};

/// What an RMS norm over n units becomes when `kept` of them are left and the others are 0: its weights are multiplied
/// by `weight`, its epsilon by `epsilon`, and it gives what it gave before.
struct rms_norm_factors {
  double weight = 1;
  double epsilon = 1;
};
inline rms_norm_factors rms_norm_after(std::size_t n, std::size_t kept) {
  if (kept == 0 || kept > n) fail("rms_norm_after: ", kept, " of ", n, " units");
  const double left = static_cast<double>(kept) / static_cast<double>(n);
  return {1 / __builtin_sqrt(left), 1 / left};
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

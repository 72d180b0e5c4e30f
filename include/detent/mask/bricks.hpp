// SPDX-License-Identifier: MIT
//
// Criteria that keep or prune whole bricks: equal boxes that the tensor is cut into along its axes. A channel, a block
// of a matrix and an attention head are bricks of different extents. Bricks are ranked by a norm of what is left of
// them, in double precision, and the amount is of bricks that are not pruned wholly.
//
//   channels(0, 0.2, norm::l2)          Ln-structured, along any axis
//   random_channels(0, 0.2, seed)       by lot
//   blocks(16, 16, 0.5)                 r × c, of the last two axes
//   heads(32, 0.25)                     of 32 heads along axis 0, ranked; heads(32, 0.25).grouped(4): four at a time
//   given_heads(32, list)               these
#ifndef DETENT_MASK_BRICKS_HPP
#define DETENT_MASK_BRICKS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/random.hpp"
#include "detent/mask/amount.hpp"
#include "detent/mask/criterion.hpp"

namespace detent::inline v0 {

/// Of the elements of a brick: the sum of |x|, the root of the sum of x², the greatest |x|.
enum class norm { l1, l2, max };

/// The bricks of a shape: box(shape) is the extent of one, which the shape's own at the end may cut.
template <class C>
concept brick_criterion = criterion<C> && requires(const C& c, const extents& shape) {
  { c.box(shape) } -> std::same_as<extents>;
};

/// Ranked by a norm.
template <class C>
concept measured_bricks = brick_criterion<C> && requires(const C& c) {
  { c.by } -> std::convertible_to<norm>;
  { c.how_many } -> std::convertible_to<amount>;
};

/// By lot.
template <class C>
concept random_bricks = brick_criterion<C> && requires(const C& c) {
  { c.seed } -> std::convertible_to<std::uint64_t>;
  { c.how_many } -> std::convertible_to<amount>;
};

/// Named one by one.
template <class C>
concept given_bricks = brick_criterion<C> && requires(const C& c, std::size_t brick) {
  { c.prunes(brick) } -> std::same_as<bool>;
};

namespace detail {

/// Boxes of `width` along one axis, whole along the others.
[[gnu::always_inline]] inline constexpr extents slices(const extents& shape, std::size_t axis, std::size_t width) {
  extents box = shape;
  box.extent[axis] = width;
  return box;
}

[[gnu::always_inline]] inline constexpr extents channel_box(const extents& shape, std::size_t axis) {
  if (shape.rank < 2 || axis >= shape.rank) {
    fail("prune: channels along axis ", axis, " need two axes at least, and the shape is ", shape);
  }
  return slices(shape, axis, 1);
}

[[gnu::always_inline]] inline constexpr extents head_box(const extents& shape, std::size_t axis, std::size_t count,
                                                         std::size_t at_a_time) {
  if (axis >= shape.rank) fail("prune: heads along axis ", axis, ", which the shape ", shape, " lacks");
  if (count == 0 || shape[axis] % count != 0) {
    fail("prune: ", count, " heads do not divide axis ", axis, " of the shape ", shape);
  }
  if (at_a_time == 0 || count % at_a_time != 0) {
    fail("prune: groups of ", at_a_time, " heads do not divide ", count, " heads");
  }
  return slices(shape, axis, shape[axis] / count * at_a_time);
}

}  // namespace detail

struct channels : composable<channels> {
  std::size_t axis;
  amount how_many;
  norm by;

  DETENT_INLINE constexpr channels(std::size_t along, amount pruned, norm ranked_by = norm::l2)
      : axis(along), how_many(pruned), by(ranked_by) {}

  [[gnu::always_inline]] constexpr extents box(const extents& shape) const { return detail::channel_box(shape, axis); }
};

struct random_channels : composable<random_channels> {
  std::size_t axis;
  amount how_many;
  std::uint64_t seed;

  DETENT_INLINE constexpr random_channels(std::size_t along, amount pruned, std::uint64_t with_seed)
      : axis(along), how_many(pruned), seed(with_seed) {}

  [[gnu::always_inline]] constexpr extents box(const extents& shape) const { return detail::channel_box(shape, axis); }
};

/// Rows and columns that blocks do not divide end in smaller ones.
struct blocks : composable<blocks> {
  std::size_t rows;
  std::size_t cols;
  amount how_many;
  norm by;

  DETENT_INLINE constexpr blocks(std::size_t r, std::size_t c, amount pruned, norm ranked_by = norm::l1)
      : rows(r), cols(c), how_many(pruned), by(ranked_by) {}

  [[gnu::always_inline]] constexpr extents box(const extents& shape) const {
    if (shape.rank < 2) fail("prune: blocks need two axes at least, and the shape is ", shape);
    if (rows == 0 || cols == 0) fail("prune: blocks of ", rows, " x ", cols, " have no elements");
    extents to = shape;
    for (std::size_t axis = 0; axis < shape.rank; ++axis) to.extent[axis] = 1;
    to.extent[shape.rank - 2] = rows;
    to.extent[shape.rank - 1] = cols;
    return to;
  }
};

struct heads : composable<heads> {
  std::size_t count;
  amount how_many;
  std::size_t axis;
  std::size_t at_a_time = 1;
  norm by = norm::l2;

  /// Of `of` heads along an axis: axis 0 for the projections of queries, keys and values, axis 1 for the output's.
  DETENT_INLINE constexpr heads(std::size_t of, amount pruned, std::size_t along = 0)
      : count(of), how_many(pruned), axis(along) {}

  /// Whole groups of heads that share a key and a value head; the amount is of groups.
  DETENT_INLINE constexpr heads grouped(std::size_t heads_in_group) const {
    heads c = *this;
    c.at_a_time = heads_in_group;
    return c;
  }

  [[gnu::always_inline]] constexpr extents box(const extents& shape) const {
    return detail::head_box(shape, axis, count, at_a_time);
  }
};

/// Heads by number. The list is the caller's, and must outlive the criterion.
struct given_heads : composable<given_heads> {
  std::size_t count;
  const std::size_t* list;
  std::size_t listed;
  std::size_t axis;
  std::size_t shared_by = 1;

  /// Refuses a number that is no head's, with detent::error.
  template <class Range>
    requires requires(const Range& r) {
      { r.data() } -> std::convertible_to<const std::size_t*>;
      { r.size() } -> std::convertible_to<std::size_t>;
    }
  [[gnu::always_inline]] constexpr given_heads(std::size_t of, const Range& pruned, std::size_t along = 0)
      : count(of), list(pruned.data()), listed(pruned.size()), axis(along) {
    for (std::size_t i = 0; i < listed; ++i) {
      if (list[i] >= of) fail("prune: there is no head ", list[i], " among ", of);
    }
  }

  /// The list is of query heads, and this tensor holds the key or value heads that each `queries` of them share: one
  /// goes only if all of its query heads go.
  DETENT_INLINE constexpr given_heads shared(std::size_t queries) const {
    given_heads c = *this;
    c.shared_by = queries;
    return c;
  }

  DETENT_INLINE constexpr bool prunes(std::size_t brick) const {
    for (std::size_t head = brick * shared_by; head < (brick + 1) * shared_by; ++head) {
      bool found = false;
      for (std::size_t i = 0; i < listed; ++i) found = found || list[i] == head;
      if (!found) return false;
    }
    return true;
  }

  [[gnu::always_inline]] constexpr extents box(const extents& shape) const {
    if (shared_by == 0 || count % shared_by != 0) {
      fail("prune: groups of ", shared_by, " heads do not divide ", count, " heads");
    }
    return detail::head_box(shape, axis, count / shared_by, 1);
  }
};

static_assert(measured_bricks<channels> && measured_bricks<blocks> && measured_bricks<heads>);
static_assert(random_bricks<random_channels> && given_bricks<given_heads>);

}  // namespace detent::inline v0

#endif

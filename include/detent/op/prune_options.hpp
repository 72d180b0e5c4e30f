// SPDX-License-Identifier: MIT
//
// What pruning can be told, and the memory that a criterion needs beside the mask. Criteria that rank elements need
// none; channels, blocks and heads need a word for each, criteria for each row two for each row. Views own nothing, so
// the caller gives it: `workspace_words` says how much, and `bit_mask` (store/bit_mask.hpp) brings its own.
#ifndef DETENT_OP_PRUNE_OPTIONS_HPP
#define DETENT_OP_PRUNE_OPTIONS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/backend.hpp"
#include "detent/core/executor.hpp"
#include "detent/mask/bricks.hpp"
#include "detent/mask/n_of_m.hpp"
#include "detent/mask/ranked.hpp"
#include "detent/op/check.hpp"

namespace detent::inline v0 {

/// NaN among the scores: refused with their number, or greater than all others, and so pruned last.
enum class nan_scores { refuse, keep };

struct prune_options {
  executor_ref executor = {};
  nan_scores nan = nan_scores::refuse;
  std::uint64_t* workspace = nullptr;
  std::size_t workspace_words = 0;
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

template <class C>
struct needs_workspace {
  static constexpr std::size_t words(const C& c, const extents& shape) {
    if constexpr (brick_criterion<C>) {
      const extents box = c.box(shape);
      std::size_t product = 1;
      for (std::size_t axis = 0; axis < shape.rank; ++axis) {
        product *= (shape[axis] + box[axis] - 1) / (box[axis] == 0 ? 1 : box[axis]);
      }
      return product;
    }
    return 0;
  }
};
template <class C>
struct needs_workspace<each_row<C>> {
  static constexpr std::size_t words(const each_row<C>&, const extents& shape) { return 2 * shape.rows(); }
};
template <class A>
struct needs_workspace<not_criterion<A>> {
  static constexpr std::size_t words(const not_criterion<A>& c, const extents& shape) {
    return needs_workspace<A>::words(c.a, shape);
  }
};
template <class A, class B>
struct needs_workspace<and_criterion<A, B>> {
  static constexpr std::size_t words(const and_criterion<A, B>& c, const extents& shape) {
    return needs_workspace<A>::words(c.a, shape) + needs_workspace<B>::words(c.b, shape);
  }
};
template <class A, class B>
struct needs_workspace<or_criterion<A, B>> {
  static constexpr std::size_t words(const or_criterion<A, B>& c, const extents& shape) {
    return needs_workspace<A>::words(c.a, shape) + needs_workspace<B>::words(c.b, shape);
  }
};
template <class A, class B>
struct needs_workspace<then_criterion<A, B>> {
  static constexpr std::size_t words(const then_criterion<A, B>& c, const extents& shape) {
    return needs_workspace<A>::words(c.first, shape) + needs_workspace<B>::words(c.second, shape);
  }
};

/// A pruning under way: the backend, the options, and what of the workspace is free.
template <backend B>
struct pruning {
  B b;
  prune_options with;

  constexpr std::uint64_t* take(std::size_t words) {
    std::uint64_t* const taken = with.workspace;
    if (words > with.workspace_words || (words != 0 && taken == nullptr)) {
      fail("prune: the criterion needs ", words, " more words of workspace, and there are ", with.workspace_words);
    }
    with.workspace += words;
    with.workspace_words -= words;
    return taken;
  }
};

/// Refuses scores that are NaN, unless they are wanted.
inline constexpr void check_nan(const prune_options& with, std::size_t nan, std::size_t of) {
  if (with.nan == nan_scores::refuse && nan != 0) {
    fail("prune: ", nan, " of ", of, " scores are NaN; say nan_scores::keep to prune them last");
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// The words of workspace that a criterion needs for a tensor of this shape. Refuses shapes that the criterion does not
/// fit, with detent::error.
template <criterion C>
constexpr std::size_t workspace_words(const C& c, const extents& shape) {
  detail::check_shape("prune", shape);
  return detail::needs_workspace<C>::words(c, shape);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

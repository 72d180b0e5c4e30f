// SPDX-License-Identifier: MIT
//
// A criterion says which elements of a tensor are kept; `prune` (op/prune.hpp) makes the mask. Criteria compose:
//
//   a & b        what both keep; each sees the tensor as it was
//   a | b        what one of them keeps
//   !a           what a prunes
//   a.then(b)    b sees only what a left, and its amount applies to that: repeated pruning in torch.nn.utils.prune
//
// Any mask is a criterion: `given(m)`, or m itself as a part of a composition. A composed criterion holds its parts by
// value and no elements. Whatever is compared, one rule breaks ties on every backend and for every number of threads:
// among equals the lowest index is pruned last.
#ifndef DETENT_MASK_CRITERION_HPP
#define DETENT_MASK_CRITERION_HPP

#include <concepts>

#include "detent/core/mask.hpp"

namespace detent::inline v0 {

namespace detail {
struct criterion_base {};
}  // namespace detail

template <class C>
concept criterion = std::derived_from<C, detail::criterion_base>;

/// What prune starts from, and what is left of it, decides; `given` is a mask as a criterion.
template <class M>
struct given;

namespace detail {

template <class C>
struct as_criterion {
  using type = given<C>;
};
template <criterion C>
struct as_criterion<C> {
  using type = C;
};

/// A criterion, or a mask that becomes one.
template <class C>
concept part_of_criterion = criterion<C> || mask<C>;

}  // namespace detail

template <criterion First, criterion Second>
struct then_criterion;

/// The base of every criterion of type Self.
template <class Self>
struct composable : detail::criterion_base {
  /// This one first, and `next` on what it leaves.
  template <detail::part_of_criterion Next>
  DETENT_INLINE constexpr auto then(const Next& next) const {
    using second = typename detail::as_criterion<Next>::type;
    return then_criterion<Self, second>(static_cast<const Self&>(*this), second(next));
  }
};

template <class M>
struct given : composable<given<M>> {
  static_assert(mask<M>, "given(m) needs a mask");
  M kept;

  DETENT_INLINE constexpr explicit given(const M& m) : kept(m) {}
};

template <criterion A, criterion B>
struct and_criterion : composable<and_criterion<A, B>> {
  A a;
  B b;

  DETENT_INLINE constexpr and_criterion(const A& left, const B& right) : a(left), b(right) {}
};

template <criterion A, criterion B>
struct or_criterion : composable<or_criterion<A, B>> {
  A a;
  B b;

  DETENT_INLINE constexpr or_criterion(const A& left, const B& right) : a(left), b(right) {}
};

template <criterion A>
struct not_criterion : composable<not_criterion<A>> {
  A a;

  DETENT_INLINE constexpr explicit not_criterion(const A& of) : a(of) {}
};

template <criterion First, criterion Second>
struct then_criterion : composable<then_criterion<First, Second>> {
  First first;
  Second second;

  DETENT_INLINE constexpr then_criterion(const First& before, const Second& after) : first(before), second(after) {}
};

template <detail::part_of_criterion A, detail::part_of_criterion B>
  requires(criterion<A> || criterion<B>)
DETENT_INLINE constexpr auto operator&(const A& a, const B& b) {
  using left = typename detail::as_criterion<A>::type;
  using right = typename detail::as_criterion<B>::type;
  return and_criterion<left, right>(left(a), right(b));
}

template <detail::part_of_criterion A, detail::part_of_criterion B>
  requires(criterion<A> || criterion<B>)
DETENT_INLINE constexpr auto operator|(const A& a, const B& b) {
  using left = typename detail::as_criterion<A>::type;
  using right = typename detail::as_criterion<B>::type;
  return or_criterion<left, right>(left(a), right(b));
}

template <criterion A>
DETENT_INLINE constexpr not_criterion<A> operator!(const A& a) {
  return not_criterion<A>(a);
}

}  // namespace detent::inline v0

#endif

// SPDX-License-Identifier: MIT
//
// prune, on views: a criterion becomes a stored mask. The caller owns all memory, nothing is allocated.
//
//   prune(backend, x, magnitude(0.3), mask);            // x: a view or an element source, mask: mask_view of its shape
//   prune(backend, x, n_of_m(2, 4), mask, mask);        // more of what is left
//   prune_together(backend, xs, magnitude(0.3), masks); // several tensors ranked as one
//
// A criterion is decided first, which leaves a few numbers, and the mask is written from them in one more pass; ranked
// elements in the pass that lists the last of them. The bits are the same on every backend and for every number of
// threads.
#ifndef DETENT_OP_PRUNE_HPP
#define DETENT_OP_PRUNE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/op/decide_bricks.hpp"
#include "detent/op/decide_n_of_m.hpp"
#include "detent/op/decide_ranked.hpp"
#include "detent/op/decide_rows.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

template <backend B, class X, mask G, mask M>
constexpr G decide(pruning<B>&, const X& x, const given<G>& c, const M&) {
  const extents shape = c.kept.shape();
  check_same_shape("prune", x.shape(), shape);
  return c.kept;
}

template <backend B, class X, class P, class Q, mask M>
constexpr auto decide(pruning<B>& p, const X& x, const and_criterion<P, Q>& c, const M& now) {
  const auto a = decide(p, x, c.a, now);
  const auto b = decide(p, x, c.b, now);
  return a & b;
}

template <backend B, class X, class P, class Q, mask M>
constexpr auto decide(pruning<B>& p, const X& x, const or_criterion<P, Q>& c, const M& now) {
  const auto a = decide(p, x, c.a, now);
  const auto b = decide(p, x, c.b, now);
  return a | b;
}

template <backend B, class X, class P, mask M>
constexpr auto decide(pruning<B>& p, const X& x, const not_criterion<P>& c, const M& now) {
  return !decide(p, x, c.a, now);
}

template <backend B, class X, class P, class Q, mask M>
constexpr auto decide(pruning<B>& p, const X& x, const then_criterion<P, Q>& c, const M& now) {
  const auto first = decide(p, x, c.first, now);
  return first & decide(p, x, c.second, now & first);
}

/// True if the mask of a decided criterion is computed from the mask that it began with.
template <class C>
inline constexpr bool reads_start = false;
template <>
inline constexpr bool reads_start<n_of_m> = true;
template <class A>
inline constexpr bool reads_start<not_criterion<A>> = reads_start<A>;
template <class A, class B>
inline constexpr bool reads_start<and_criterion<A, B>> = reads_start<A> || reads_start<B>;
template <class A, class B>
inline constexpr bool reads_start<or_criterion<A, B>> = reads_start<A> || reads_start<B>;
template <class A, class B>
inline constexpr bool reads_start<then_criterion<A, B>> = reads_start<A> || reads_start<B>;

/// May be written over the mask that it began with. N:M on its own or at the end may: what is written so far changes no
/// rank among what is kept.
template <class C>
inline constexpr bool works_in_place = !reads_start<C>;
template <>
inline constexpr bool works_in_place<n_of_m> = true;
template <class First>
inline constexpr bool works_in_place<then_criterion<First, n_of_m>> = !reads_start<First>;

/// Writes to = what `now` keeps and the criterion keeps of that: decided, and then one pass more; ranked elements in
/// the pass that lists the last of them.
template <backend B, class X, class C, mask M>
constexpr void write_pruned(pruning<B>& p, const X& x, const C& c, const M& now, const mask_view& to) {
  if constexpr (requires { c.source.get(); })
    write_pruned(p, checked_scores(x, c), by_magnitude(c.how_many), now, to);
  else if constexpr (ranked_criterion<C>)
    write_ranked(p, pool<X, M>{&x, &now, 1}, c, &to);
  else
    write_words(p.with.executor, now, decide(p, x, c, now), to);
}

template <class X>
constexpr void check_pruned(const X& x, const extents& mask_shape) {
  if constexpr (requires { x.stride(0); }) check_view("prune", x);
  const extents shape = x.shape();
  check_shape("prune", shape);
  check_same_shape("prune", shape, mask_shape);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Writes the mask of what `start` keeps and the criterion keeps of that. `to` may be the memory of `start`, unless
/// n_of_m is a part of a composition other than its end. Refuses, with detent::error: tensors without elements, shapes
/// that differ or that the criterion does not fit, amounts beyond what is left, scores that are NaN unless wanted, and
/// a workspace that is too small. A call that is refused has written nothing but workspace.
template <backend B, class X, criterion C, mask M>
constexpr void prune(const B& b, const X& x, const C& c, const M& start, const mask_view& to,
                     const prune_options& with = {}) {
  detail::check_pruned(x, to.shape());
  const extents start_shape = start.shape();
  detail::check_same_shape("prune", start_shape, to.shape());
  if (to.size() == 0) fail("prune: the shape ", to.shape(), " has no elements");
  if constexpr (!detail::works_in_place<C> && requires { start.data(); }) {
    if (start.data() == to.data())
      fail("prune: a composition with n_of_m cannot be written over the mask it starts from");
  }
  const detail::float_environment same;
  detail::pruning<B> p{b, with};
  detail::write_pruned(p, x, c, start, to);
}

/// Writes the mask of what the criterion keeps of a whole tensor.
template <backend B, class X, criterion C>
constexpr void prune(const B& b, const X& x, const C& c, const mask_view& to, const prune_options& with = {}) {
  prune(b, x, c, keep_all{to.shape()}, to, with);
}

/// Ranks the elements of several tensors together, of what their masks keep, and prunes the masks: all in a few passes
/// over the tensors, one after another, in constant memory. Tensors without elements have no part in it. To rank by
/// scores, give the scores as the tensors.
template <backend B, class Tensors, class Masks, ranked_criterion C>
constexpr void prune_together(const B& b, const Tensors& xs, const C& c, const Masks& masks,
                              const prune_options& with = {}) {
  static_assert(!requires { c.source; }, "prune_together by scores: give the scores in place of the tensors");
  const std::size_t count = xs.size();
  if (masks.size() != count) fail("prune: ", count, " tensors and ", masks.size(), " masks");
  for (std::size_t t = 0; t < count; ++t) detail::check_pruned(xs.data()[t], masks.data()[t].shape());
  const detail::float_environment same;
  const detail::pruning<B> p{b, with};
  detail::write_ranked(p, detail::pool_of(xs.data(), masks.data(), count), c, masks.data());
}

/// Stores a mask of any kind. `to` may not be a part of it, unless nothing else is.
template <mask M>
constexpr void store_mask(const M& m, const mask_view& to, const options& with = {}) {
  const extents shape = m.shape();
  detail::check_same_shape("store_mask", shape, to.shape());
  detail::write_words(with.executor, m, keep_all{shape}, to);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// Criteria that rank elements by 32-bit keys and prune the least, of the whole tensor or of each row:
//
//   magnitude(0.3)                       |x|
//   scores(source, 0.3)                  |score|: any element source or view of the tensor's shape
//   random_elements(0.3, seed)           by lot; a function of seed and index alone
//   each_row(magnitude(0.3))             in each row by itself
//   threshold(0.01f)                     |x| < 0.01 is pruned, however many that are
//
// A ranked criterion of your own has `how_many` and `keys`. Keys above those of infinity count as NaN.
#ifndef DETENT_MASK_RANKED_HPP
#define DETENT_MASK_RANKED_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/mask_steps.hpp"
#include "detent/core/random.hpp"
#include "detent/core/view.hpp"
#include "detent/mask/amount.hpp"
#include "detent/mask/criterion.hpp"

namespace detent::inline v0 {

/// Of n elements, of which x[0] is number `first`, the keys: the greater is kept. Steps: core/mask_steps.hpp.
template <class C>
concept ranked_criterion = criterion<C> && requires(const C& c, const float* x, std::size_t n, std::uint32_t* to) {
  { c.how_many } -> std::convertible_to<amount>;
  c.keys(detail::default_mask_steps{}, x, n, n, to);
};

/// L1 unstructured: the least magnitudes are pruned.
struct magnitude : composable<magnitude> {
  amount how_many;

  DETENT_INLINE constexpr explicit magnitude(amount pruned) : how_many(pruned) {}

  template <class Steps>
  DETENT_INLINE static constexpr void keys(const Steps& steps, const float* x, std::size_t, std::size_t n,
                                           std::uint32_t* to) {
    steps.keys(x, n, to);
  }
  /// Bit i: the key of element i is at least that; the keys need not be written.
  template <class Steps>
  DETENT_INLINE static constexpr void at_least(const Steps& steps, const float* x, std::size_t n, std::uint32_t least,
                                               std::uint64_t* to) {
    steps.magnitudes_at_least(x, n, least, to);
  }
  /// Two bounds; true if a key is NaN's.
  template <class Steps>
  DETENT_INLINE static constexpr bool between(const Steps& steps, const float* x, std::size_t n, std::uint32_t low,
                                              std::uint32_t high, std::uint64_t* reached, std::uint64_t* passed) {
    return steps.magnitudes_between(x, n, low, high, reached, passed);
  }
};

namespace detail {
using by_magnitude = detent::magnitude;  // `magnitude` is a function here
}

/// By lot: every element has the same chance.
struct random_elements : composable<random_elements> {
  static constexpr bool needs_values = false;
  amount how_many;
  std::uint64_t seed;

  DETENT_INLINE constexpr random_elements(amount pruned, std::uint64_t with_seed) : how_many(pruned), seed(with_seed) {}

  template <class Steps>
  DETENT_INLINE constexpr void keys(const Steps&, const float*, std::size_t first, std::size_t n,
                                    std::uint32_t* to) const {
    for (std::size_t i = 0; i < n;) {
      const std::uint64_t at = first + i;
      const detail::random_key key = detail::key_of(seed, at >> 32);
      do to[i] = detail::random_bits(key, static_cast<std::uint32_t>(first + i)) >> 2;
      while (++i < n && static_cast<std::uint32_t>(first + i) != 0);
    }
  }
};

namespace detail {
template <class S>
struct held {
  const S* source;
  DETENT_INLINE constexpr explicit held(const S& of) : source(&of) {}
  DETENT_INLINE constexpr const S& get() const { return *source; }
};
template <class T, std::size_t Rank>
struct held<tensor_view<T, Rank>> {
  tensor_view<T, Rank> source;
  DETENT_INLINE constexpr explicit held(const tensor_view<T, Rank>& of) : source(of) {}
  DETENT_INLINE constexpr const tensor_view<T, Rank>& get() const { return source; }
};
}  // namespace detail

/// By the magnitude of the caller's own scores, in place of the elements. A view is held by value, any other source by
/// reference: it must outlive the criterion.
template <class S>
struct scores : composable<scores<S>> {
  detail::held<S> source;
  amount how_many;

  DETENT_INLINE constexpr scores(const S& of, amount pruned) : source(of), how_many(pruned) {}
  scores(const S&&, amount) = delete;

  template <class Steps>
  DETENT_INLINE static constexpr void keys(const Steps& steps, const float* x, std::size_t, std::size_t n,
                                           std::uint32_t* to) {
    steps.keys(x, n, to);
  }
};

/// A ranked criterion for each row by itself: its amount applies to what is left of the row.
template <ranked_criterion C>
struct each_row : composable<each_row<C>> {
  C of;

  DETENT_INLINE constexpr explicit each_row(const C& c) : of(c) {}
};

/// Prunes every |x| below a limit. NaN is not below it.
struct threshold : composable<threshold> {
  float limit;

  DETENT_INLINE constexpr explicit threshold(float least_kept) : limit(least_kept) {}
};

static_assert(ranked_criterion<magnitude> && ranked_criterion<random_elements>);

}  // namespace detent::inline v0

#endif

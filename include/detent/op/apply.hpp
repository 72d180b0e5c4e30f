// SPDX-License-Identifier: MIT
//
// apply: +0.0 in the pruned places of a tensor, and every other element as it is, bit for bit.
//
//   apply(backend, mask, x);                            // in place
//   apply(backend, mask, x, y);                         // to another tensor of the same elements
//   make_permanent(backend, mask, x);                   // in place, and says how many elements were zeroed
//
// torch multiplies by the mask: it keeps the sign of a pruned zero, and NaN · 0 is NaN. Here both become +0.0.
#ifndef DETENT_OP_APPLY_HPP
#define DETENT_OP_APPLY_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/executor.hpp"
#include "detent/core/float_environment.hpp"
#include "detent/core/mask_steps.hpp"
#include "detent/op/check.hpp"
#include "detent/op/source.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Whether 0 is among what an element can be. Only elements of detent's own formats may lack it.
template <class T>
inline constexpr bool element_has_zero = true;
template <class P>
inline constexpr bool element_has_zero<element<P>> = P::codec::decode(0) == 0;

/// Elements [first, first + n) of dense tensors, first a multiple of 64.
template <backend B, class T>
constexpr void apply_dense(const B& b, const std::uint64_t* keep, const T* x, std::size_t n, T* y, bool stream) {
  if constexpr (mask_element<T>) {
    if (!stream) return mask_steps_of(b).zero_pruned(x, keep, n, y);
    const bool near_by = asks_near(b);
    alignas(cache_line) T zeroed[streamed_tile];
    for (std::size_t done = 0; done < n; done += streamed_tile) {
      const std::size_t now = least(streamed_tile, n - done);
      ask(near_by, x + done, prefetch_distance * sizeof(T), now * sizeof(T));
      mask_steps_of(b).zero_pruned(x + done, keep + done / mask_word_bits, now, zeroed);
      steps_of(b).stream(zeroed, now * sizeof(T), y + done);
    }
  } else {
    for (std::size_t i = 0; i < n; ++i) y[i] = kept(keep, i) ? x[i] : static_cast<T>(0.0f);
  }
}

/// Elements [first, first + n) of tensors of any strides.
template <class T, class U, std::size_t Rank>
constexpr void apply_strided(const std::uint64_t* keep, const tensor_view<T, Rank>& x, std::size_t first, std::size_t n,
                             const tensor_view<U, Rank>& y) {
  const std::size_t cols = x.shape().cols();
  for (std::size_t done = 0; done < n;) {
    const std::size_t col = (first + done) % cols, run = least(n - done, cols - col);
    T* from = x.row((first + done) / cols);
    U* to = y.row((first + done) / cols);
    for (std::size_t i = 0; i < run; ++i) {
      const auto at = static_cast<std::ptrdiff_t>(col + i);
      to[at * y.stride(Rank - 1)] = kept(keep, done + i) ? from[at * x.stride(Rank - 1)] : static_cast<U>(0.0f);
    }
    done += run;
  }
}

template <backend B, mask M, class T, class U, std::size_t Rank>
constexpr void apply_all(const B& b, const M& m, const tensor_view<T, Rank>& x, const tensor_view<U, Rank>& y,
                         const options& with) {
  const std::size_t elements = y.size();
  const bool dense = x.dense() && y.dense();
  const bool in_place = static_cast<const void*>(x.data()) == static_cast<const void*>(y.data());
  const bool stream = !in_place && 2 * elements * sizeof(U) >= with.stream_from;
  with.executor(task_count(elements), [&](std::size_t task) {
    const float_environment same;
    std::uint64_t keep[mask_run] = {};
    constexpr std::size_t run = mask_run * mask_word_bits;
    const std::size_t end = least((task + 1) * task_elements, elements);
    for (std::size_t first = task * task_elements; first < end; first += run) {
      const std::size_t n = least(run, end - first);
      m.words(first / mask_word_bits, (n + mask_word_bits - 1) / mask_word_bits, keep);
      if (dense)
        apply_dense<B, U>(b, keep, x.data() + first, n, y.data() + first, stream);
      else
        apply_strided(keep, x, first, n, y);
    }
    if (stream) steps_of(b).fence();
  });
}

template <mask M, class View>
constexpr void check_applied(const char* operation, const M& m, const View& x) {
  static_assert(element_has_zero<typename View::value_type>, "apply: there is no 0 among the values of these elements");
  const extents shape = m.shape();
  check_view(operation, x);
  check_same_shape(operation, shape, x.shape());
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// x = 0 where the mask prunes. Refuses shapes that differ and null pointers, with detent::error.
template <backend B, mask M, class T, std::size_t Rank>
constexpr void apply(const B& b, const M& m, const tensor_view<T, Rank>& x, const options& with = {}) {
  detail::check_applied("apply", m, x);
  detail::apply_all(b, m, x, x, with);
}

/// y = x, and 0 where the mask prunes. y is x's memory, or apart from it.
template <backend B, mask M, class T, class U, std::size_t Rank>
  requires std::same_as<typename tensor_view<T, Rank>::value_type, U>
constexpr void apply(const B& b, const M& m, const tensor_view<T, Rank>& x, const tensor_view<U, Rank>& y,
                     const options& with = {}) {
  detail::check_applied("apply", m, x);
  detail::check_applied("apply", m, y);
  detail::apply_all(b, m, x, y, with);
}

/// Applies a mask for good: what it prunes is lost, and the mask is needed no more. Returns how many elements it
/// prunes.
template <backend B, mask M, class T, std::size_t Rank>
constexpr std::size_t make_permanent(const B& b, const M& m, const tensor_view<T, Rank>& x, const options& with = {}) {
  apply(b, m, x, with);
  return x.size() - count_kept(m);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

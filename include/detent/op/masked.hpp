// SPDX-License-Identifier: MIT
//
// A tensor seen through a mask: an element source with +0.0 in the pruned places, of which no copy is made.
//
//   quantize(backend, x, masked_by(m), q);              // scales of what is left, and exact zeros
//   masked(backend, x, m)                               // the source, for any other operation
//
// The compiler refuses to quantize to a precision in which 0 has no code of its own: its codec lacks it, or a shift is
// added to every value. `masked_by(m, inexact_zero{})` does it nevertheless: pruned elements decode to what is nearest
// to 0, and the mask has to be applied again. A scale that overflows is counted in the report; of such a group nothing
// decodes to a number, zeros included.
#ifndef DETENT_OP_MASKED_HPP
#define DETENT_OP_MASKED_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/mask_steps.hpp"
#include "detent/mask/ranked.hpp"
#include "detent/op/apply.hpp"
#include "detent/op/quantize.hpp"

namespace detent::inline v0 {

/// True if a pruned element of P decodes to exactly 0: the codec has a code for it, and no shift is added.
template <class P>
concept keeps_zero = is_precision<P> && !detail::has_shift<P> && P::codec::decode(P::codec::encode(0.0f)) == 0.0f;

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Zeroes the pruned of values [0, n), which are elements from `first` on.
template <backend B, mask M>
constexpr void zero_run(const B& b, const M& m, std::size_t first, std::size_t n, const float* x, float* to) {
  std::uint64_t keep[mask_run + 1] = {};
  constexpr std::size_t most = mask_run * mask_word_bits;
  for (std::size_t done = 0; done < n; done += most) {
    const std::size_t count = least(most, n - done);
    const std::size_t word = (first + done) / mask_word_bits, skip = (first + done) % mask_word_bits;
    m.words(word, (skip + count + mask_word_bits - 1) / mask_word_bits, keep);
    if (skip != 0) {
      for (std::size_t w = 0; w * mask_word_bits < count; ++w) {
        keep[w] = keep[w] >> skip | keep[w + 1] << (mask_word_bits - skip);
      }
    }
    apply_dense(b, keep, x + done, count, to + done, false);
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// X is a tensor view, which is held by value, or another element source, by reference. So that floats of any
/// precision are read by its kernels, it holds the backend.
template <backend B, class X, mask M>
class masked_tensor {
 public:
  DETENT_INLINE constexpr masked_tensor(const B& b, const X& x, const M& m) : b_(b), x_(x), m_(m) {}

  DETENT_INLINE constexpr extents shape() const { return m_.shape(); }

  constexpr void read(std::size_t first, std::size_t n, float* to) const {
    const auto source = detail::source_of(x_.get());
    alignas(cache_line) float buffer[tile_elements];
    for (std::size_t done = 0; done < n; done += tile_elements) {
      const std::size_t count = detail::least(tile_elements, n - done);
      const float* values = source.fetch(b_, first + done, count, buffer);
      detail::zero_run(b_, m_, first + done, count, values, to + done);
    }
  }

 private:
  B b_;
  detail::held<X> x_;
  M m_;
};

/// An element source of x where the mask keeps, and +0.0 elsewhere. Refuses shapes that differ, with detent::error.
template <backend B, class X, mask M>
constexpr masked_tensor<B, X, M> masked(const B& b, const X& x, const M& m) {
  if constexpr (requires { x.stride(0); }) detail::check_view("masked", x);
  const extents shape = m.shape();
  detail::check_same_shape("masked", x.shape(), shape);
  return {b, x, m};
}

/// Said to masked_by: zeros that come back as something else are wanted.
struct inexact_zero {};

template <mask M, bool Exact>
struct mask_to_quantize {
  M kept;
};

template <mask M>
constexpr mask_to_quantize<M, true> masked_by(const M& m) {
  return {m};
}
template <mask M>
constexpr mask_to_quantize<M, false> masked_by(const M& m, inexact_zero) {
  return {m};
}

/// Quantizes what the mask keeps of x, a view or an element source: scales are chosen over that, and what is pruned
/// decodes to 0. Refuses what `quantize` refuses, and a mask of another shape.
template <backend B, class X, mask M, bool Exact, is_precision P>
constexpr quantize_report quantize(const B& b, const X& x, const mask_to_quantize<M, Exact>& by,
                                   const packed_view<P, std::uint8_t>& q, const options& with = {}) {
  static_assert(!Exact || keeps_zero<P>,
                "this precision has no exact 0 for what a mask prunes; say masked_by(m, inexact_zero{}) to allow it");
  const auto source = masked(b, x, by.kept);
  return quantize(b, source, q, with);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

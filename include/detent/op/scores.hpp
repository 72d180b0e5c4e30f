// SPDX-License-Identifier: MIT
//
// Scores of weights [outputs, inputs] that know the activations they meet, as element sources for `scores`:
//
//   wanda_scores(backend, w, norms)      |w_ij| · ‖x_j‖      Sun et al., arXiv 2306.11695; for each_row
//   obs_scores(backend, w, diagonal)     w_ij² / d_j²        SparseGPT, Frantar & Alistarh, arXiv 2301.00774:
//                                                            d the diagonal of the upper Cholesky factor of H⁻¹
//
// The norms stream: calibration data is added batch by batch, in double precision, and nothing of it is kept.
#ifndef DETENT_OP_SCORES_HPP
#define DETENT_OP_SCORES_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/float_environment.hpp"
#include "detent/mask/ranked.hpp"
#include "detent/op/check.hpp"
#include "detent/op/source.hpp"
#include "detent/op/tile.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// Adds the squares of a batch of activations [samples, inputs] to sums[inputs], row after row: the result does not
/// depend on how the samples are cut into batches. Refuses another number of columns, with detent::error.
template <backend B, class X>
constexpr void add_squares(const B& b, const X& activations, double* sums, std::size_t inputs) {
  const extents shape = activations.shape();
  if constexpr (requires { activations.stride(0); }) detail::check_view("add_squares", activations);
  if (shape.cols() != inputs) fail("add_squares: activations of the shape ", shape, " for ", inputs, " inputs");
  const detail::float_environment same;
  const auto source = detail::source_of(activations);
  alignas(cache_line) float buffer[tile_elements];
  for (std::size_t first = 0; first < shape.size();) {
    const std::size_t col = first % inputs;
    const std::size_t n = detail::least(tile_elements, inputs - col);
    const float* x = source.fetch(b, first, n, buffer);
    for (std::size_t i = 0; i < n; ++i) {
      const double value = static_cast<double>(x[i]);
      sums[col + i] += value * value;
    }
    first += n;
  }
}

/// norms[j] = √sums[j], rounded to fp32: ‖x_j‖ over all samples.
inline void column_norms(const double* sums, std::size_t inputs, float* norms) {
  const detail::float_environment same;
  for (std::size_t j = 0; j < inputs; ++j) norms[j] = static_cast<float>(__builtin_sqrt(sums[j]));
}

/// |w| times a factor of its column, or w² times the factor's square: an element source.
template <backend B, class W, bool Squared>
class column_scores {
 public:
  DETENT_INLINE constexpr column_scores(const B& b, const W& w, const float* by_column)
      : b_(b), w_(w), by_column_(by_column) {}

  DETENT_INLINE constexpr extents shape() const { return w_.get().shape(); }

  constexpr void read(std::size_t first, std::size_t n, float* to) const {
    const auto source = detail::source_of(w_.get());
    const std::size_t cols = w_.get().shape().cols();
    alignas(cache_line) float buffer[tile_elements];
    for (std::size_t done = 0; done < n;) {
      const std::size_t col = (first + done) % cols;
      const std::size_t count = detail::least(detail::least(tile_elements, n - done), cols - col);
      const float* w = source.fetch(b_, first + done, count, buffer);
      for (std::size_t i = 0; i < count; ++i) to[done + i] = score(w[i], by_column_[col + i]);
      done += count;
    }
  }

 private:
  DETENT_INLINE static constexpr float score(float w, float by) {
    if constexpr (Squared) {
      const float ratio = detail::divide(w, by);
      return detail::multiply(ratio, ratio);
    } else {
      return detail::multiply(detail::magnitude(w), by);
    }
  }

  B b_;
  detail::held<W> w_;
  const float* by_column_;
};

/// Of w [outputs, inputs] and a norm for each input. Pruned by each row: scores(s, 0.5) within each_row.
template <backend B, class W>
constexpr column_scores<B, W, false> wanda_scores(const B& b, const W& w, const float* norms) {
  return {b, w, norms};
}

/// Of w [outputs, inputs] and the diagonal of the factor for each input.
template <backend B, class W>
constexpr column_scores<B, W, true> obs_scores(const B& b, const W& w, const float* diagonal) {
  return {b, w, diagonal};
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// N:M sparsity: of every M elements that follow one another along an axis, the N greatest magnitudes are kept; of
// what an earlier criterion left, N at most.
//
//   n_of_m(2, 4)                  2:4 along rows
//   n_of_m(2, 4, 1)               along the input channels of a convolution [out, in, h, w]
//   n_of_m(2, 4).padded()         the last group of an axis may have fewer than M
#ifndef DETENT_MASK_N_OF_M_HPP
#define DETENT_MASK_N_OF_M_HPP

#include <cstddef>

#include "detent/mask/criterion.hpp"

namespace detent::inline v0 {

struct n_of_m : composable<n_of_m> {
  static constexpr std::size_t last_axis = ~std::size_t{0};
  static constexpr std::size_t most = 64;  ///< the greatest M

  std::size_t n;
  std::size_t m;
  std::size_t axis = last_axis;
  bool pad = false;

  DETENT_INLINE constexpr n_of_m(std::size_t kept, std::size_t of, std::size_t along = last_axis)
      : n(kept), m(of), axis(along) {}

  DETENT_INLINE constexpr n_of_m padded() const {
    n_of_m c = *this;
    c.pad = true;
    return c;
  }

  /// The axis for this shape. Refuses, with detent::error: N that is 0 or more than M, M above 64, an axis that the
  /// shape lacks, and one that M does not divide unless padded.
  [[gnu::always_inline]] constexpr std::size_t axis_of(const extents& shape) const {
    if (n == 0 || n > m || m > most) {
      fail("prune: ", n, ":", m, " is no pattern; 1 to M of every M are kept, and M is ", std::size_t{most},
           " at most");
    }
    const std::size_t a = axis == last_axis ? shape.rank - 1 : axis;
    if (a >= shape.rank) fail("prune: ", n, ":", m, " along axis ", axis, ", which the shape ", shape, " lacks");
    if (!pad && shape[a] % m != 0) {
      fail("prune: ", n, ":", m, " along axis ", a, " of the shape ", shape, ", which ", m,
           " does not divide; say padded() to allow it");
    }
    return a;
  }
};

}  // namespace detent::inline v0

#endif

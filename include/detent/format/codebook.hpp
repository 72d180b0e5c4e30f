// SPDX-License-Identifier: MIT
//
// A codebook of your own, of 2 to 256 values in any order:
//
//   struct my_book { static constexpr detent::constant_table<float, 4> values{{-1, -0.25f, 0.25f, 1}}; };
//   struct my_format : detent::codebook<my_book, detent::blocks_of<32>> {
//     static constexpr const char* name = "my_format";
//   };
//
// The scale is amax over the greatest magnitude of the book. `thresholds` are optional (family/table.hpp).
#ifndef DETENT_FORMAT_CODEBOOK_HPP
#define DETENT_FORMAT_CODEBOOK_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/table.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0 {

/// scale = amax / the greatest magnitude of the book.
struct absmax_of_book : basic_rule {
  using statistic = detent::statistic::absmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    constexpr float greatest = -P::codec::min > P::codec::max ? -P::codec::min : P::codec::max;
    return {.scale = detail::invertible(detail::divide(known.amax, greatest), known.amax)};
  }
};

template <class Book, grouping Grouping>
struct codebook : precision<table_codec<Book>, Grouping> {
  using rule = absmax_of_book;
};

}  // namespace detent::inline v0

#endif

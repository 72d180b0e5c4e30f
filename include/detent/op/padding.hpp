// SPDX-License-Identifier: MIT
//
// The bits of a plane's last byte that no code of the tensor takes: they hold the code of 0, so that equal tensors have
// equal bytes.
#ifndef DETENT_OP_PADDING_HPP
#define DETENT_OP_PADDING_HPP

#include <cstddef>

#include "detent/core/packed.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Calls f for q and, if `Parts`, for the views of its scale, shift and zero point, and of theirs.
template <bool Parts, class View, class F>
constexpr void for_each_plane(const View& q, const F& f) {
  using P = typename View::precision_type;
  f(q);
  if constexpr (Parts && scaled_precision<P>) for_each_plane<true>(q.scale(), f);
  if constexpr (Parts && has_shift<P>) for_each_plane<true>(q.shift(), f);
  if constexpr (Parts && has_zero_point<P>) for_each_plane<true>(q.zero_point(), f);
}

/// True if codes may end within a byte.
template <class View>
inline constexpr bool is_padded = View::codec::bits % 8 != 0 && View::per_record == 0;

/// Before the first element: the last byte is 0, so that bits too few for a code are 0.
template <bool Parts, class View>
constexpr void clear_last_byte(const View& whole) {
  for_each_plane<Parts>(whole, []<class Q>(const Q& q) {
    if constexpr (is_padded<Q>) {
      const std::size_t bytes = Q::precision_type::packing::template bytes<Q::codec::bits>(q.size());
      if (bytes != 0) q.plane(0)[bytes - 1] = 0;
    }
  });
}

/// After the last element: the codes of 0 up to the end of the last byte.
template <bool Parts, class View>
constexpr void encode_padding(const View& whole) {
  for_each_plane<Parts>(whole, []<class Q>(const Q& q) {
    if constexpr (is_padded<Q>) {
      using C = typename Q::codec;
      using Packing = typename Q::precision_type::packing;
      const std::size_t bytes = Packing::template bytes<C::bits>(q.size());
      for (std::size_t i = q.size(); bytes != 0 && Packing::template bytes<C::bits>(i + 1) == bytes; ++i) {
        Packing::template put<C::bits>(q.plane(0), i, C::encode(0.0f));
      }
    }
  });
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

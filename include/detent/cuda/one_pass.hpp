// SPDX-License-Identifier: MIT
//
// Which precisions are quantized in one pass, and which in several.
#ifndef DETENT_CUDA_ONE_PASS_HPP
#define DETENT_CUDA_ONE_PASS_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/cuda/octets.hpp"

namespace detent::inline v0::detail::gpu {

/// A part that can be stored as soon as it is chosen: a codec alone, with bytes of its own.
template <class Part>
inline constexpr bool is_direct = std::same_as<Part, none>;
template <unscaled_precision Part>
inline constexpr bool is_direct<Part> =
    Part::codec::bits % 8 == 0 && std::same_as<typename Part::packing, low_bits_first>;

template <class P>
inline constexpr bool refits = requires(const float* x) { P::rule::template refit<P>(x, std::size_t{1}, 1.0f); };

template <class P>
inline constexpr bool direct_shift = is_direct<typename P::shift> || is_centered<P>;

/// Whether one pass is enough: nothing that codes follow has to be known of other groups.
template <class P>
constexpr bool can_fuse() {
  if constexpr (!scaled_precision<P>) {
    return false;
  } else {
    using view = packed_view<P, std::uint8_t>;
    const bool direct = is_direct<typename P::scale> && direct_shift<P> && is_direct<typename P::zero_point>;
    const bool later = !P::rule::from_stored && is_direct<typename P::zero_point>;
    return P::grouping::in_order && is_planar<P> && octets<view>::whole && !refits<P> && (direct || later);
  }
}

}  // namespace detent::inline v0::detail::gpu

#endif

// SPDX-License-Identifier: MIT
//
// What xsimd calls differently from version to version, 8.1 to 14, by one name each.
//
//   as<To>(x)       the same bits as lanes of another type:
//                   bitwise_cast, to which a batch is named until 10, and an element since 11
//   mask_as<To>(m)  the same mask for lanes of another type:
//                   bool_cast in 8, batch_bool_cast since 9
//
// Not used, because their meaning changed: min and max of NaN, horizontal sums, rounding of halves by `round`; nor
// division, which on NEON multiplies by an estimate of the reciprocal.
#ifndef DETENT_BACKEND_SIMD_BRIDGE_HPP
#define DETENT_BACKEND_SIMD_BRIDGE_HPP

#include "detent/backend/x86/region.hpp"  // before xsimd: it keeps g++'s warnings of its own intrinsics away

#include <cstdint>
#include <xsimd/xsimd.hpp>

namespace detent::inline v0::detail::inline DETENT_ISA::bridge {

template <class To, class From, class Arch>
DETENT_INLINE xsimd::batch<To, Arch> as(const xsimd::batch<From, Arch>& x) {
  if constexpr (XSIMD_VERSION_MAJOR < 11)
    return xsimd::bitwise_cast<xsimd::batch<To, Arch>>(x);
  else
    return xsimd::bitwise_cast<To>(x);
}

template <class To, class From, class Arch>
DETENT_INLINE xsimd::batch_bool<To, Arch> mask_as(const xsimd::batch_bool<From, Arch>& m) {
  if constexpr (requires { bool_cast(m); })
    return bool_cast(m);
  else
    return batch_bool_cast<To>(m);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA::bridge

#endif

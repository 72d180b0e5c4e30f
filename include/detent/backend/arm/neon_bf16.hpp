// SPDX-License-Identifier: MIT
//
// NEON with Armv8.6's conversion to the upper half of a float: to nearest even, subnormals kept, NaN quiet with its
// sign and what fits of its payload, as the kernels define it. The other extensions (half arithmetic, dot products,
// integer matrices) compute nothing of encoding and decoding that has the same bits.
#ifndef DETENT_BACKEND_ARM_NEON_BF16_HPP
#define DETENT_BACKEND_ARM_NEON_BF16_HPP

#include "detent/backend/arm/neon.hpp"

#if defined(__AARCH64EL__)

namespace detent::inline v0::detail::inline DETENT_ISA::neon_bf16 {

DETENT_REGION_BF16_BEGIN

struct lanes : neon::lanes {
  /// The upper half of each float, rounded, in the low 16 bits of its lane.
  DETENT_INLINE static i32 to_upper_half(f32 x) {
    uint16x4_t half;
    __asm__("bfcvtn %0.4h, %1.4s" : "=w"(half) : "w"(x));
    return vreinterpretq_s32_u32(vmovl_u16(half));
  }
};

#include "detent/backend/kernels/all.inl"

namespace kernels {

/// Codes that are the upper half of a float, all of them.
template <class C>
concept upper_half =
    codec_of_kind<C, kind::minifloat> && C::wide && C::bits == 16 &&
    C::special_codes == decltype(C::special_codes)::ieee && C::on_overflow == decltype(C::on_overflow)::special;

/// Preferred to the common text, being the more constrained.
template <class V, codec_of_kind<kind::minifloat> C, affine Form>
  requires upper_half<C>
DETENT_INLINE typename V::i32 codes_of(typename V::f32 x, const parameters<V>&) {
  if constexpr (Form.scaled || Form.shift) x = V::select(V::ordered(x), x, V::floats(V::all(quiet_nan_bits)));
  return V::to_upper_half(x);
}

}  // namespace kernels

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::neon_bf16

#endif

#endif

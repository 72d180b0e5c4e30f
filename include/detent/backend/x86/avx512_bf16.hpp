// SPDX-License-Identifier: MIT
//
// AVX-512 with BF16's conversion. It keeps NaN's sign and what fits of its payload, and makes it quiet, as bf16_codec
// does; but it takes subnormals for zeros: these are watched for (kernels/encode_fast.inl). All else is avx512's.
#ifndef DETENT_BACKEND_X86_AVX512_BF16_HPP
#define DETENT_BACKEND_X86_AVX512_BF16_HPP

#include "detent/backend/x86/avx512.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::avx512_bf16 {

DETENT_REGION_AVX512_BF16_BEGIN

struct lanes : avx512::lanes {
  static constexpr bool bf16_keeps_subnormals = false;
  DETENT_INLINE static void store_bf16(std::uint16_t* to, f32 a, f32 b) {
    _mm512_storeu_si512(to, __builtin_bit_cast(__m512i, _mm512_cvtne2ps_pbh(b, a)));
  }
};

#include "detent/backend/kernels/all.inl"

struct backend : avx512::vector_backend<avx512::lanes> {
  using base = avx512::vector_backend<avx512::lanes>;

  template <codec C, affine Form>
  static bool encode(const float* x, std::size_t n, std::size_t group, const group_factors& by, code_t<C>* to) {
    if constexpr (kernels::is_bf16<C>)
      return kernels::encode<lanes, C, Form>(x, n, group, by, to);
    else
      return base::template encode<C, Form>(x, n, group, by, to);
  }
};

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx512_bf16

#endif

#endif

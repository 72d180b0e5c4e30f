// SPDX-License-Identifier: MIT
//
// AVX-512 with BF16's conversion and VBMI's lookups of bytes: Sapphire Rapids, Zen 4 and later. The conversion keeps
// NaN's sign and what fits of its payload, and makes it quiet, as bf16_codec does; but it takes subnormals for zeros:
// these are watched for (kernels/encode_fast.inl). All else is avx512's.
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

  /// Byte 0 of each lane of a, b, c and d.
  DETENT_INLINE static i8 low_bytes(i32 a, i32 b, i32 c, i32 d) {
    const i8 every_fourth = _mm512_loadu_si512(fourths.data);
    const i8 ab = _mm512_permutex2var_epi8(a, every_fourth, b), cd = _mm512_permutex2var_epi8(c, every_fourth, d);
    return _mm512_inserti64x4(ab, _mm512_castsi512_si256(cd), 1);
  }
  /// table[x % 64] of bytes.
  DETENT_INLINE static i8 lookup64(const std::uint8_t* table, i8 x) {
    return _mm512_permutexvar_epi8(x, _mm512_loadu_si512(table));
  }

 private:
  alignas(64) static constexpr auto fourths = [] {
    table<std::uint8_t, 64> made{};
    for (std::size_t i = 0; i < 64; ++i) made[i] = static_cast<std::uint8_t>(4 * i);
    return made;
  }();
};

#include "detent/backend/kernels/all.inl"

struct backend : avx512::vector_backend<avx512::lanes> {
  using base = avx512::vector_backend<avx512::lanes>;

  template <codec C, affine Form>
  static bool encode(const float* x, std::size_t n, std::size_t group, const group_factors& by, code_t<C>* to) {
    if constexpr (kernels::is_bf16<C> || kernels::fast::is_binned<lanes, C, Form>)
      return kernels::encode<lanes, C, Form>(x, n, group, by, to);
    else
      return base::template encode<C, Form>(x, n, group, by, to);
  }
};

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx512_bf16

#endif

#endif

// SPDX-License-Identifier: MIT
//
// AVX-512 F, BW, VL and DQ: sixteen lanes. Only what the set does; what is computed with it stands in backend/kernels.
#ifndef DETENT_BACKEND_X86_AVX512_HPP
#define DETENT_BACKEND_X86_AVX512_HPP

#include "detent/backend/scalar.hpp"
#include "detent/backend/x86/region.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::avx512 {

DETENT_REGION_AVX512_BEGIN

struct lanes {
  static constexpr std::size_t width = 16;
  static constexpr bool has_lookup = true;
  using f32 = __m512;
  using i32 = __m512i;
  using mask = __mmask16;

  DETENT_INLINE static f32 load(const float* from) { return _mm512_loadu_ps(from); }
  DETENT_INLINE static i32 load(const std::int32_t* from) { return _mm512_loadu_si512(from); }
  DETENT_INLINE static void store(float* to, f32 x) { _mm512_storeu_ps(to, x); }
  DETENT_INLINE static f32 all(float x) { return _mm512_set1_ps(x); }
  DETENT_INLINE static i32 all(std::int32_t x) { return _mm512_set1_epi32(x); }

  DETENT_INLINE static f32 add(f32 a, f32 b) { return _mm512_add_ps(a, b); }
  DETENT_INLINE static f32 subtract(f32 a, f32 b) { return _mm512_sub_ps(a, b); }
  DETENT_INLINE static f32 multiply(f32 a, f32 b) { return _mm512_mul_ps(a, b); }
  DETENT_INLINE static f32 divide(f32 a, f32 b) { return _mm512_div_ps(a, b); }
  DETENT_INLINE static f32 min(f32 a, f32 b) { return _mm512_min_ps(a, b); }
  DETENT_INLINE static f32 max(f32 a, f32 b) { return _mm512_max_ps(a, b); }
  DETENT_INLINE static f32 rounded(f32 x) {
    DETENT_REGION_BARRIER(x);
    return x;
  }

  DETENT_INLINE static i32 add(i32 a, i32 b) { return _mm512_add_epi32(a, b); }
  DETENT_INLINE static i32 subtract(i32 a, i32 b) { return _mm512_sub_epi32(a, b); }
  DETENT_INLINE static i32 min(i32 a, i32 b) { return _mm512_min_epi32(a, b); }
  DETENT_INLINE static i32 max(i32 a, i32 b) { return _mm512_max_epi32(a, b); }
  DETENT_INLINE static i32 bit_and(i32 a, i32 b) { return _mm512_and_si512(a, b); }
  DETENT_INLINE static i32 bit_or(i32 a, i32 b) { return _mm512_or_si512(a, b); }
  DETENT_INLINE static i32 bit_xor(i32 a, i32 b) { return _mm512_xor_si512(a, b); }
  template <int Bits>
  DETENT_INLINE static i32 shift_left(i32 a) {
    return _mm512_slli_epi32(a, Bits);
  }
  template <int Bits>
  DETENT_INLINE static i32 shift_right(i32 a) {
    return _mm512_srai_epi32(a, Bits);
  }

  DETENT_INLINE static i32 bits(f32 x) { return _mm512_castps_si512(x); }
  DETENT_INLINE static f32 floats(i32 x) { return _mm512_castsi512_ps(x); }
  DETENT_INLINE static f32 to_float(i32 x) { return _mm512_cvtepi32_ps(x); }
  DETENT_INLINE static i32 truncate(f32 x) { return _mm512_cvttps_epi32(x); }
  DETENT_INLINE static i32 nearest(f32 x) { return _mm512_cvtps_epi32(x); }

  /// IEEE half precision in the low 16 bits of each lane. NaN keeps its payload, and becomes quiet.
  DETENT_INLINE static i32 to_half(f32 x) { return _mm512_cvtepu16_epi32(_mm512_cvtps_ph(x, 0)); }
  DETENT_INLINE static f32 from_half(i32 x) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(x)); }

  DETENT_INLINE static bool any(mask m) { return m != 0; }
  DETENT_INLINE static mask less(f32 a, f32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  DETENT_INLINE static mask ordered(f32 x) { return _mm512_cmp_ps_mask(x, x, _CMP_ORD_Q); }
  DETENT_INLINE static mask less(i32 a, i32 b) { return _mm512_cmpgt_epi32_mask(b, a); }
  DETENT_INLINE static mask equal(i32 a, i32 b) { return _mm512_cmpeq_epi32_mask(a, b); }
  DETENT_INLINE static f32 select(mask m, f32 a, f32 b) { return _mm512_mask_blend_ps(m, b, a); }
  DETENT_INLINE static i32 select(mask m, i32 a, i32 b) { return _mm512_mask_blend_epi32(m, b, a); }
  DETENT_INLINE static i32 increment_where(mask m, i32 a) { return _mm512_mask_add_epi32(a, m, a, all(1)); }
  DETENT_INLINE static i32 decrement_where(mask m, i32 a) { return _mm512_mask_sub_epi32(a, m, a, all(1)); }

  DETENT_INLINE static std::int32_t greatest_of(i32 x) { return _mm512_reduce_max_epi32(x); }
  DETENT_INLINE static float greatest_of(f32 x) { return _mm512_reduce_max_ps(x); }
  DETENT_INLINE static float least_of(f32 x) { return _mm512_reduce_min_ps(x); }

  /// table[i] of `Entries` floats, a power of two, 16 at least.
  template <std::size_t Entries>
  DETENT_INLINE static f32 lookup(const float* table, i32 i) {
    if constexpr (Entries == 16)
      return _mm512_permutexvar_ps(i, _mm512_loadu_ps(table));
    else if constexpr (Entries == 32)
      return _mm512_permutex2var_ps(_mm512_loadu_ps(table), i, _mm512_loadu_ps(table + 16));
    else
      return _mm512_i32gather_ps(i, table, 4);
  }

  /// tree[k], where k is on level `Level`: 2^Level <= k < 2^(Level + 1).
  template <int Level>
  DETENT_INLINE static f32 node(const float* tree, i32 k) {
    if constexpr (Level == 0)
      return _mm512_set1_ps(tree[1]);
    else if constexpr (Level < 4)
      return lookup<16>(tree, k);
    else if constexpr (Level == 4)
      return lookup<16>(tree + 16, k);
    else if constexpr (Level == 5)
      return lookup<32>(tree + 32, k);
    else
      return lookup<std::size_t{2} << Level>(tree, k);
  }

  DETENT_INLINE static i32 load_codes(const std::uint8_t* from) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  DETENT_INLINE static i32 load_codes(const std::uint16_t* from) {
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  DETENT_INLINE static i32 load_codes(const std::uint32_t* from) { return _mm512_loadu_si512(from); }

  DETENT_INLINE static void store_codes(std::uint8_t* to, i32 a, i32 b, i32 c, i32 d) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(a));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 16), _mm512_cvtepi32_epi8(b));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 32), _mm512_cvtepi32_epi8(c));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 48), _mm512_cvtepi32_epi8(d));
  }
  DETENT_INLINE static void store_codes(std::uint16_t* to, i32 a, i32 b, i32 c, i32 d) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(a));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 16), _mm512_cvtepi32_epi16(b));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 32), _mm512_cvtepi32_epi16(c));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 48), _mm512_cvtepi32_epi16(d));
  }
  DETENT_INLINE static void store_codes(std::uint32_t* to, i32 a, i32 b, i32 c, i32 d) {
    _mm512_storeu_si512(to, a);
    _mm512_storeu_si512(to + 16, b);
    _mm512_storeu_si512(to + 32, c);
    _mm512_storeu_si512(to + 48, d);
  }
};

#include "detent/backend/kernels/all.inl"

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx512

#endif

#endif

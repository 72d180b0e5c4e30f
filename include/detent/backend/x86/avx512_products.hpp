// SPDX-License-Identifier: MIT
//
// Products by AVX-512.
//
//   multiply_kept(s, m, x)       the next survivors times what m keeps of a vector x; 0 elsewhere
//   add_products(sums, w, x)     twice as many products of 8-bit codes as there are lanes, two to a sum
//   all_pairs(v, w)              two codes, for
//   pair_sums                    sums of 32 bits for two vectors of lanes; add(pair, x, y) adds v · x + w · y
#ifndef DETENT_BACKEND_X86_AVX512_PRODUCTS_HPP
#define DETENT_BACKEND_X86_AVX512_PRODUCTS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/backend/x86/avx512_moves.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::avx512 {

DETENT_REGION_AVX512_BEGIN

struct products : moves {
  /// The products of sixteen lanes, 0 where m keeps none.
  DETENT_INLINE static __m512 multiply_kept(const float* survivors, std::uint64_t m, __m512 x) {
    const auto kept = static_cast<__mmask16>(m);
    const __m512 w = _mm512_castsi512_ps(_mm512_maskz_expand_epi32(kept, _mm512_loadu_si512(survivors)));
    return _mm512_maskz_mul_ps(kept, w, x);
  }

  DETENT_INLINE static __m512i add_products(__m512i sums, const std::int8_t* w, const std::int8_t* x) {
    return _mm512_add_epi32(sums, _mm512_madd_epi16(widened(w), widened(x)));
  }

  DETENT_INLINE static __m512i all_pairs(std::int8_t v, std::int8_t w) {
    return _mm512_set1_epi32((v & 0xFFFF) | static_cast<int>(static_cast<unsigned>(w) << 16));
  }
  /// Lanes lie as pairs of 16 bits are interleaved: within 128 bits.
  struct pair_sums {
    __m512i low, high;
    DETENT_INLINE void load(const std::int32_t* from) {
      const __m512i a = _mm512_loadu_si512(from), b = _mm512_loadu_si512(from + 16);
      low = _mm512_shuffle_i32x4(a, b, 0x88);
      high = _mm512_shuffle_i32x4(a, b, 0xDD);
    }
    DETENT_INLINE void store(std::int32_t* to) const {
      const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
      const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
      _mm512_storeu_si512(to, _mm512_permutex2var_epi64(low, first, high));
      _mm512_storeu_si512(to + 16, _mm512_permutex2var_epi64(low, second, high));
    }
    DETENT_INLINE void add(__m512i pair, const std::int16_t* x, const std::int16_t* y) {
      const __m512i a = _mm512_loadu_si512(x), b = _mm512_loadu_si512(y);
      low = _mm512_add_epi32(low, _mm512_madd_epi16(pair, _mm512_unpacklo_epi16(a, b)));
      high = _mm512_add_epi32(high, _mm512_madd_epi16(pair, _mm512_unpackhi_epi16(a, b)));
    }
  };

 private:
  DETENT_INLINE static __m512i widened(const std::int8_t* from) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
};

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx512

#endif

#endif

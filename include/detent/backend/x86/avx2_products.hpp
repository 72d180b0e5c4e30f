// SPDX-License-Identifier: MIT
//
// Products by AVX2.
//
//   multiply_kept(s, m, x)       the next survivors times what m keeps of a vector x; 0 elsewhere
//   add_products(sums, w, x)     twice as many products of 8-bit codes as there are lanes, two to a sum
//   all_pairs(v, w)              two codes, for
//   pair_sums                    sums of 32 bits for two vectors of lanes; add(pair, x, y) adds v · x + w · y
#ifndef DETENT_BACKEND_X86_AVX2_PRODUCTS_HPP
#define DETENT_BACKEND_X86_AVX2_PRODUCTS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/backend/x86/avx2_moves.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::avx2 {

DETENT_REGION_AVX2_BEGIN

struct products : moves {
  /// The products of eight lanes, 0 where m keeps none.
  DETENT_INLINE static __m256 multiply_kept(const float* survivors, std::uint64_t m, __m256 x) {
    const __m256i i = _mm256_cvtepi8_epi32(index(move_tables::expand_index.data + 8 * m));
    const __m256 product = _mm256_mul_ps(_mm256_permutevar8x32_ps(_mm256_loadu_ps(survivors), i), x);
    return _mm256_andnot_ps(_mm256_castsi256_ps(_mm256_srai_epi32(i, 31)), product);
  }

  DETENT_INLINE static __m256i add_products(__m256i sums, const std::int8_t* w, const std::int8_t* x) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(widened(w), widened(x)));
  }

  /// Of what m keeps of sixteen.
  DETENT_INLINE static __m256i add_products_kept(__m256i sums, const std::int8_t* survivors, std::uint64_t m,
                                                 const std::int8_t* x) {
    const std::uint8_t* table = move_tables::expand_index.data;
    const __m128i indices = _mm_unpacklo_epi64(index(table + 8 * (m & 255)), index(table + 8 * (m >> 8)));
    const auto* up = reinterpret_cast<const __m128i*>(move_tables::upper_index.data + 16 * count(m & 255));
    const __m128i loaded = _mm_loadu_si128(reinterpret_cast<const __m128i*>(survivors));
    const __m128i w = _mm_shuffle_epi8(loaded, _mm_add_epi8(indices, _mm_load_si128(up)));
    return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_cvtepi8_epi16(w), widened(x)));
  }

  DETENT_INLINE static __m256i all_pairs(std::int8_t v, std::int8_t w) {
    return _mm256_set1_epi32((v & 0xFFFF) | static_cast<int>(static_cast<unsigned>(w) << 16));
  }
  /// Lanes lie as pairs of 16 bits are interleaved: within 128 bits.
  struct pair_sums {
    __m256i low, high;
    DETENT_INLINE void load(const std::int32_t* from) {
      const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)),
                    b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 8));
      low = _mm256_permute2x128_si256(a, b, 0x20);
      high = _mm256_permute2x128_si256(a, b, 0x31);
    }
    DETENT_INLINE void store(std::int32_t* to) const {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permute2x128_si256(low, high, 0x20));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 8), _mm256_permute2x128_si256(low, high, 0x31));
    }
    DETENT_INLINE void add(__m256i pair, const std::int16_t* x, const std::int16_t* y) {
      const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)),
                    b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(y));
      low = _mm256_add_epi32(low, _mm256_madd_epi16(pair, _mm256_unpacklo_epi16(a, b)));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(pair, _mm256_unpackhi_epi16(a, b)));
    }
  };

 private:
  DETENT_INLINE static __m256i widened(const std::int8_t* from) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
};

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx2

#endif

#endif

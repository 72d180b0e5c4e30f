// SPDX-License-Identifier: MIT
//
// Products by SSE2 and by SSE4.1, whose shuffles multiply survivors where they lie.
//
//   multiply_kept(s, m, x)       the next survivors times what m keeps of a vector x; 0 elsewhere
//   add_products(sums, w, x)     twice as many products of 8-bit codes as there are lanes, two to a sum
//   all_pairs(v, w)              two codes, for
//   pair_sums                    sums of 32 bits for two vectors of lanes; add(pair, x, y) adds v · x + w · y
#ifndef DETENT_BACKEND_X86_SSE_PRODUCTS_HPP
#define DETENT_BACKEND_X86_SSE_PRODUCTS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/backend/x86/sse_moves.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::sse2 {

struct products : moves {
  DETENT_INLINE static __m128i add_products(__m128i sums, const std::int8_t* w, const std::int8_t* x) {
    return _mm_add_epi32(sums, _mm_madd_epi16(eight(w), eight(x)));
  }

  DETENT_INLINE static __m128i all_pairs(std::int8_t v, std::int8_t w) {
    return _mm_set1_epi32((v & 0xFFFF) | static_cast<int>(static_cast<unsigned>(w) << 16));
  }
  struct pair_sums {
    __m128i low, high;
    DETENT_INLINE void load(const std::int32_t* from) {
      low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
      high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 4));
    }
    DETENT_INLINE void store(std::int32_t* to) const {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), low);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 4), high);
    }
    DETENT_INLINE void add(__m128i pair, const std::int16_t* x, const std::int16_t* y) {
      const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x));
      const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(y));
      low = _mm_add_epi32(low, _mm_madd_epi16(pair, _mm_unpacklo_epi16(a, b)));
      high = _mm_add_epi32(high, _mm_madd_epi16(pair, _mm_unpackhi_epi16(a, b)));
    }
  };

 private:
  DETENT_INLINE static __m128i eight(const std::int8_t* from) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
  }
};

}  // namespace detent::inline v0::detail::inline DETENT_ISA::sse2

namespace detent::inline v0::detail::inline DETENT_ISA::sse41 {

DETENT_REGION_SSE41_BEGIN

struct products : moves {
  /// The products of four lanes, 0 where m keeps none.
  DETENT_INLINE static __m128 multiply_kept(const float* survivors, std::uint64_t m, __m128 x) {
    const __m128i i =
        bytes_of<4>(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(move_tables::expand_index.data + 8 * m)));
    const __m128 w = _mm_castsi128_ps(_mm_shuffle_epi8(_mm_castps_si128(_mm_loadu_ps(survivors)), i));
    return _mm_andnot_ps(_mm_castsi128_ps(_mm_srai_epi32(i, 31)), _mm_mul_ps(w, x));
  }
};

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::sse41

#endif

#endif

// SPDX-License-Identifier: MIT
//
// Elements moved through a mask by AVX2 (sse_moves.hpp says what each function does): of four bytes by permutations of
// eight lanes; smaller ones by the shuffles of SSE4.1, for there are none across 128 bits.
#ifndef DETENT_BACKEND_X86_AVX2_MOVES_HPP
#define DETENT_BACKEND_X86_AVX2_MOVES_HPP

#include "detent/backend/x86/sse_moves.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::avx2 {

DETENT_REGION_AVX2_BEGIN

struct moves {
  template <std::size_t Size>
  static constexpr std::size_t zeroed = Size <= 4 ? 32 / Size : 0;
  template <std::size_t Size>
  static constexpr std::size_t moved = Size <= 4 ? 8 : 0;

  template <std::size_t Size>
  DETENT_INLINE static void zero_pruned(const void* x, std::uint64_t m, void* to) {
    const __m256i loaded = _mm256_loadu_si256(static_cast<const __m256i*>(x));
    _mm256_storeu_si256(static_cast<__m256i*>(to), _mm256_and_si256(loaded, kept<Size>(static_cast<int>(m))));
  }

  static constexpr bool counts_words = true;
  DETENT_INLINE static std::size_t count(std::uint64_t m) { return static_cast<std::size_t>(__builtin_popcountll(m)); }

  template <std::size_t Size>
  DETENT_INLINE static void compress(const void* x, std::uint64_t m, void* to) {
    if constexpr (Size == 4) {
      const __m256i loaded = _mm256_loadu_si256(static_cast<const __m256i*>(x));
      const __m256i i = _mm256_cvtepu8_epi32(index(move_tables::compress_index.data + 8 * m));
      _mm256_storeu_si256(static_cast<__m256i*>(to), _mm256_permutevar8x32_epi32(loaded, i));
    } else {
      sse41::moves::compress<Size>(x, m, to);
    }
  }

  template <std::size_t Size>
  DETENT_INLINE static void expand(const void* x, std::uint64_t m, void* to) {
    if constexpr (Size == 4)
      _mm256_storeu_si256(static_cast<__m256i*>(to), expanded(x, move_tables::expand_index.data + 8 * m));
    else
      sse41::moves::expand<Size>(x, m, to);
  }

 protected:
  /// Eight lanes, each the one of that index; 0 where it is absent, whose sign is negative.
  DETENT_INLINE static __m256i expanded(const void* x, const std::uint8_t* from) {
    const __m256i i = _mm256_cvtepi8_epi32(index(from));
    const __m256i moved = _mm256_permutevar8x32_epi32(_mm256_loadu_si256(static_cast<const __m256i*>(x)), i);
    return _mm256_andnot_si256(_mm256_srai_epi32(i, 31), moved);
  }
  DETENT_INLINE static __m128i index(const std::uint8_t* from) {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  }
  /// All bits of the elements that are kept.
  template <std::size_t Size>
  DETENT_INLINE static __m256i kept(int m) {
    if constexpr (Size == 1) {
      const __m256i byte_of = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
      const __m256i bits = _mm256_set1_epi64x(static_cast<std::int64_t>(0x8040201008040201u));
      const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(m), byte_of);
      return _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bits), bits);
    } else if constexpr (Size == 2) {
      const __m256i bits =
          _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, -32768);
      return _mm256_cmpeq_epi16(_mm256_and_si256(_mm256_set1_epi16(static_cast<short>(m)), bits), bits);
    } else {
      const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
      return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(m), bits), bits);
    }
  }
};

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx2

#endif

#endif

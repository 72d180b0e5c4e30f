// SPDX-License-Identifier: MIT
//
// Elements moved through a mask by AVX-512 (sse_moves.hpp says what each function does): lanes of 32 bits are
// compressed and expanded by one instruction, smaller elements pass through such lanes.
#ifndef DETENT_BACKEND_X86_AVX512_MOVES_HPP
#define DETENT_BACKEND_X86_AVX512_MOVES_HPP

#include <cstddef>
#include <cstdint>

#include "detent/backend/move_tables.hpp"
#include "detent/backend/x86/region.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::avx512 {

DETENT_REGION_AVX512_BEGIN

struct moves {
  template <std::size_t Size>
  static constexpr std::size_t zeroed = Size <= 4 ? 64 / Size : 0;
  template <std::size_t Size>
  static constexpr std::size_t moved = Size <= 4 ? 16 : 0;

  template <std::size_t Size>
  DETENT_INLINE static void zero_pruned(const void* x, std::uint64_t m, void* to) {
    const __m512i loaded = _mm512_loadu_si512(x);
    if constexpr (Size == 1)
      _mm512_storeu_si512(to, _mm512_maskz_mov_epi8(m, loaded));
    else if constexpr (Size == 2)
      _mm512_storeu_si512(to, _mm512_maskz_mov_epi16(static_cast<__mmask32>(m), loaded));
    else
      _mm512_storeu_si512(to, _mm512_maskz_mov_epi32(static_cast<__mmask16>(m), loaded));
  }

  static constexpr bool counts_words = true;
  DETENT_INLINE static std::size_t count(std::uint64_t m) { return static_cast<std::size_t>(__builtin_popcountll(m)); }

  template <std::size_t Size>
  DETENT_INLINE static void compress(const void* x, std::uint64_t m, void* to) {
    store<Size>(to, _mm512_maskz_compress_epi32(static_cast<__mmask16>(m), load<Size>(x)));
  }
  template <std::size_t Size>
  DETENT_INLINE static void expand(const void* x, std::uint64_t m, void* to) {
    store<Size>(to, _mm512_maskz_expand_epi32(static_cast<__mmask16>(m), load<Size>(x)));
  }

 protected:
  template <std::size_t Size>
  DETENT_INLINE static __m512i load(const void* from) {
    if constexpr (Size == 1) return _mm512_cvtepu8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(from)));
    if constexpr (Size == 2) return _mm512_cvtepu16_epi32(_mm256_loadu_si256(static_cast<const __m256i*>(from)));
    return _mm512_loadu_si512(from);
  }
  template <std::size_t Size>
  DETENT_INLINE static void store(void* to, __m512i x) {
    if constexpr (Size == 1)
      _mm_storeu_si128(static_cast<__m128i*>(to), _mm512_cvtepi32_epi8(x));
    else if constexpr (Size == 2)
      _mm256_storeu_si256(static_cast<__m256i*>(to), _mm512_cvtepi32_epi16(x));
    else
      _mm512_storeu_si512(to, x);
  }
};

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx512

#endif

#endif

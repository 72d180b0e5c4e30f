// SPDX-License-Identifier: MIT
//
// Elements of `Size` bytes moved through a mask by SSE2 and by SSE4.1:
//
//   zeroed<Size>                 elements that zero_pruned does at a time
//   moved<Size>                  elements that compress and expand do at a time; 0: none
//   compress<Size>(x, m, to)     what m keeps of them, one after another; writes as many as it reads
//   expand<Size>(x, m, to)       and back, 0 elsewhere; reads as many as it writes
//   count(m)                     how many m keeps
#ifndef DETENT_BACKEND_X86_SSE_MOVES_HPP
#define DETENT_BACKEND_X86_SSE_MOVES_HPP

#include <cstddef>
#include <cstdint>

#include "detent/backend/move_tables.hpp"
#include "detent/backend/x86/region.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::sse2 {

struct moves {
  template <std::size_t Size>
  static constexpr std::size_t zeroed = Size <= 4 ? 16 / Size : 0;

  template <std::size_t Size>
  DETENT_INLINE static void zero_pruned(const void* x, std::uint64_t m, void* to) {
    const __m128i loaded = _mm_loadu_si128(static_cast<const __m128i*>(x));
    _mm_storeu_si128(static_cast<__m128i*>(to), _mm_and_si128(loaded, kept<Size>(static_cast<int>(m))));
  }

 protected:
  /// All bits of the elements that are kept.
  template <std::size_t Size>
  DETENT_INLINE static __m128i kept(int m) {
    if constexpr (Size == 1) {
      const __m128i bytes = _mm_cvtsi32_si128(m);
      const __m128i words = _mm_shufflelo_epi16(_mm_unpacklo_epi8(bytes, bytes), 0x50);
      const __m128i bits = _mm_set1_epi64x(static_cast<std::int64_t>(0x8040201008040201u));
      return _mm_cmpeq_epi8(_mm_and_si128(_mm_shuffle_epi32(words, 0x50), bits), bits);
    } else if constexpr (Size == 2) {
      const __m128i bits = _mm_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128);
      return _mm_cmpeq_epi16(_mm_and_si128(_mm_set1_epi16(static_cast<short>(m)), bits), bits);
    } else {
      const __m128i bits = _mm_setr_epi32(1, 2, 4, 8);
      return _mm_cmpeq_epi32(_mm_and_si128(_mm_set1_epi32(m), bits), bits);
    }
  }
};

}  // namespace detent::inline v0::detail::inline DETENT_ISA::sse2

namespace detent::inline v0::detail::inline DETENT_ISA::sse41 {

DETENT_REGION_SSE41_BEGIN

struct moves {
  template <std::size_t Size>
  static constexpr std::size_t moved = Size == 4   ? 4
                                       : Size <= 2 ? 8
                                                   : 0;

  DETENT_INLINE static std::size_t count(std::uint64_t m) { return move_tables::kept_in_byte[m]; }

  template <std::size_t Size>
  DETENT_INLINE static void compress(const void* x, std::uint64_t m, void* to) {
    shuffle<Size>(x, move_tables::compress_index.data + 8 * m, to);
  }
  template <std::size_t Size>
  DETENT_INLINE static void expand(const void* x, std::uint64_t m, void* to) {
    shuffle<Size>(x, move_tables::expand_index.data + 8 * m, to);
  }

 protected:
  template <std::size_t Size>
  DETENT_INLINE static void shuffle(const void* x, const std::uint8_t* index, void* to) {
    const __m128i i = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(index));
    if constexpr (Size == 1) {
      const __m128i loaded = _mm_loadl_epi64(static_cast<const __m128i*>(x));
      _mm_storel_epi64(static_cast<__m128i*>(to), _mm_shuffle_epi8(loaded, i));
    } else {
      const __m128i loaded = _mm_loadu_si128(static_cast<const __m128i*>(x));
      _mm_storeu_si128(static_cast<__m128i*>(to), _mm_shuffle_epi8(loaded, bytes_of<Size>(i)));
    }
  }
  /// The bytes of elements: index · Size, and those that follow.
  template <std::size_t Size>
  DETENT_INLINE static __m128i bytes_of(__m128i i) {
    const __m128i twice = _mm_unpacklo_epi8(i, i);
    if constexpr (Size == 2) return _mm_add_epi8(_mm_add_epi8(twice, twice), _mm_set1_epi16(0x0100));
    const __m128i four = _mm_unpacklo_epi8(twice, twice);  // in pairs of pairs: each index four times
    const __m128i doubled = _mm_add_epi8(four, four);
    return _mm_add_epi8(_mm_add_epi8(doubled, doubled), _mm_set1_epi32(0x03020100));
  }
};

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::sse41

#endif

#endif

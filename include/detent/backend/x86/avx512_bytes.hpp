// SPDX-License-Identifier: MIT
//
// AVX-512's lanes of bytes: 64 codes at a time, those of four vectors. How they become bytes in memory and are read
// from there, and stores that pass the caches.
#ifndef DETENT_BACKEND_X86_AVX512_BYTES_HPP
#define DETENT_BACKEND_X86_AVX512_BYTES_HPP

#include <cstddef>
#include <cstdint>

#include "detent/backend/x86/dense.hpp"
#include "detent/backend/x86/region.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::avx512 {

DETENT_REGION_AVX512_BEGIN

struct byte_lanes {
  /// Between `saturate16` and `saturate8` the order of elements is the instructions'.
  using i8 = __m512i;
  using i16 = __m512i;
  DETENT_INLINE static i16 all16(int x) { return _mm512_set1_epi16(static_cast<short>(x)); }
  DETENT_INLINE static i16 min16(i16 a, i16 b) { return _mm512_min_epi16(a, b); }
  DETENT_INLINE static i16 add16(i16 a, i16 b) { return _mm512_adds_epi16(a, b); }
  DETENT_INLINE static i16 saturate16(i8 a, i8 b) { return _mm512_packs_epi32(a, b); }
  DETENT_INLINE static bool has_least(i16 x) { return _mm512_cmpeq_epi16_mask(x, all16(-32768)) != 0; }
  template <bool Signed>
  DETENT_INLINE static i8 saturate8(i16 a, i16 b) {
    return in_order(Signed ? _mm512_packs_epi16(a, b) : _mm512_packus_epi16(a, b));
  }
  DETENT_INLINE static i8 all8(int x) { return _mm512_set1_epi8(static_cast<char>(x)); }
  DETENT_INLINE static i8 min8(i8 a, i8 b) { return _mm512_min_epi8(a, b); }
  DETENT_INLINE static i8 max8(i8 a, i8 b) { return _mm512_max_epi8(a, b); }
  DETENT_INLINE static i8 add8(i8 a, i8 b) { return _mm512_add_epi8(a, b); }
  DETENT_INLINE static i8 and8(i8 a, i8 b) { return _mm512_and_si512(a, b); }
  DETENT_INLINE static void store(std::uint8_t* to, i8 x) { _mm512_storeu_si512(to, x); }

  /// Bits of a where m is 1, of b where it is 0.
  DETENT_INLINE static i8 select_bits(i8 m, i8 a, i8 b) { return _mm512_ternarylogic_epi32(m, a, b, 0xCA); }

  /// 64 bytes, to a multiple of 64.
  DETENT_INLINE static void stream_line(std::uint8_t* to, const std::uint8_t* from) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to), _mm512_loadu_si512(from));
  }
  DETENT_INLINE static void fence() { _mm_sfence(); }

  /// 4-bit codes into bytes, 128 at a time; the number done is returned. `High`: the first of two is the high nibble.
  template <bool High>
  DETENT_INLINE static std::size_t pack_nibbles(const std::uint8_t* codes, std::size_t n, std::uint8_t* to) {
    const i16 weights = all16(High ? 0x0110 : 0x1001);
    std::size_t i = 0;
    for (; i + 128 <= n; i += 128) {
      const i16 a = _mm512_maddubs_epi16(_mm512_loadu_si512(codes + i), weights);
      const i16 b = _mm512_maddubs_epi16(_mm512_loadu_si512(codes + i + 64), weights);
      store(to + i / 2, pairs_in_order(_mm512_packus_epi16(a, b)));
    }
    for (; i + 64 <= n; i += 64) {
      const i16 a = _mm512_maddubs_epi16(_mm512_loadu_si512(codes + i), weights);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i / 2), _mm512_cvtepi16_epi8(a));
    }
    return i;
  }
  template <bool High>
  DETENT_INLINE static std::size_t unpack_nibbles(const std::uint8_t* from, std::size_t n, std::uint8_t* codes) {
    std::size_t i = 0;
    for (; i + 64 <= n; i += 64) {
      const i16 pairs = _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i / 2)));
      const i16 low = High ? _mm512_srli_epi16(pairs, 4) : pairs;
      const i16 high = High ? _mm512_slli_epi16(pairs, 8) : _mm512_slli_epi16(pairs, 4);
      store(codes + i, _mm512_ternarylogic_epi32(low, high, all8(15), 0xA8));  // (low | high) & 15
    }
    return i;
  }

  /// Codes of 1 to 6 bits into a dense stream, 64 at a time; the number done is returned.
  template <int Bits>
  DETENT_INLINE static std::size_t pack_dense(const std::uint8_t* codes, std::size_t n, std::uint8_t* to) {
    const i8 by_pairs = all16(1 | 256 << Bits);
    const i16 by_fours = _mm512_set1_epi32(1 | 65536 << (2 * Bits));
    const i8 low = _mm512_set1_epi64((std::int64_t{1} << (4 * Bits)) - 1);
    const i8 together = broadcast(dense::packed<Bits>.data);
    std::size_t i = 0;
    for (; i + 64 + dense::margin<Bits> <= n; i += 64, to += 8 * Bits) {
      const i8 fours = _mm512_madd_epi16(_mm512_maddubs_epi16(_mm512_loadu_si512(codes + i), by_pairs), by_fours);
      const i8 eights = select_bits(low, fours, _mm512_srli_epi64(fours, 32 - 4 * Bits));
      const i8 bytes = _mm512_shuffle_epi8(eights, together);
      store_lane(to, _mm512_castsi512_si128(bytes));
      store_lane(to + 2 * Bits, _mm512_extracti32x4_epi32(bytes, 1));
      store_lane(to + 4 * Bits, _mm512_extracti32x4_epi32(bytes, 2));
      store_lane(to + 6 * Bits, _mm512_extracti32x4_epi32(bytes, 3));
    }
    return i;
  }
  template <int Bits>
  DETENT_INLINE static std::size_t unpack_dense(const std::uint8_t* from, std::size_t n, std::uint8_t* codes) {
    const i8 even_bytes = broadcast(dense::bytes_of_codes<Bits, 0>.data);
    const i8 odd_bytes = broadcast(dense::bytes_of_codes<Bits, 1>.data);
    const i16 even_factors = broadcast(dense::factors_of_codes<Bits, 0>.data);
    const i16 odd_factors = broadcast(dense::factors_of_codes<Bits, 1>.data);
    std::size_t i = 0;
    for (; i + 64 + dense::margin<Bits> <= n; i += 64, from += 8 * Bits) {
      i8 x = _mm512_castsi128_si512(load_lane(from));
      x = _mm512_inserti32x4(x, load_lane(from + 2 * Bits), 1);
      x = _mm512_inserti32x4(x, load_lane(from + 4 * Bits), 2);
      x = _mm512_inserti32x4(x, load_lane(from + 6 * Bits), 3);
      const i16 even = _mm512_mullo_epi16(_mm512_shuffle_epi8(x, even_bytes), even_factors);
      const i16 odd = _mm512_mullo_epi16(_mm512_shuffle_epi8(x, odd_bytes), odd_factors);
      const i8 both = select_bits(all16(0x00FF), _mm512_srli_epi16(even, 8), odd);
      store(codes + i, and8(both, all8((1 << Bits) - 1)));
    }
    return i;
  }

 protected:
  DETENT_INLINE static __m128i load_lane(const void* from) {
    return _mm_loadu_si128(static_cast<const __m128i*>(from));
  }
  DETENT_INLINE static void store_lane(void* to, __m128i x) { _mm_storeu_si128(static_cast<__m128i*>(to), x); }
  DETENT_INLINE static i8 broadcast(const void* from) { return _mm512_broadcast_i32x4(load_lane(from)); }

  /// Four lanes of 128 bits with 8 bytes of each of two vectors, to one vector after the other.
  DETENT_INLINE static i8 pairs_in_order(i8 x) {
    return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), x);
  }
  /// Four lanes of 128 bits with 4 bytes of each of four vectors, to one vector after another.
  DETENT_INLINE static i8 in_order(i8 x) {
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), x);
  }
};

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx512

#endif

#endif

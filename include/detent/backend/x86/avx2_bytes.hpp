// SPDX-License-Identifier: MIT
//
// AVX2's lanes of bytes: 32 codes at a time, those of four vectors. How they become bytes in memory and are read from
// there, and stores that pass the caches.
#ifndef DETENT_BACKEND_X86_AVX2_BYTES_HPP
#define DETENT_BACKEND_X86_AVX2_BYTES_HPP

#include <cstddef>
#include <cstdint>

#include "detent/backend/x86/dense.hpp"
#include "detent/backend/x86/region.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::avx2 {

DETENT_REGION_AVX2_BEGIN

struct byte_lanes {
  /// Between `saturate16` and `saturate8` the order of elements is the instructions'.
  using i8 = __m256i;
  using i16 = __m256i;
  DETENT_INLINE static i16 all16(int x) { return _mm256_set1_epi16(static_cast<short>(x)); }
  DETENT_INLINE static i16 min16(i16 a, i16 b) { return _mm256_min_epi16(a, b); }
  DETENT_INLINE static i16 add16(i16 a, i16 b) { return _mm256_adds_epi16(a, b); }
  DETENT_INLINE static i16 saturate16(i8 a, i8 b) { return _mm256_packs_epi32(a, b); }
  DETENT_INLINE static bool has_least(i16 x) { return _mm256_movemask_epi8(_mm256_cmpeq_epi16(x, all16(-32768))) != 0; }
  template <bool Signed>
  DETENT_INLINE static i8 saturate8(i16 a, i16 b) {
    return in_order(Signed ? _mm256_packs_epi16(a, b) : _mm256_packus_epi16(a, b));
  }
  DETENT_INLINE static i8 all8(int x) { return _mm256_set1_epi8(static_cast<char>(x)); }
  DETENT_INLINE static i8 min8(i8 a, i8 b) { return _mm256_min_epi8(a, b); }
  DETENT_INLINE static i8 max8(i8 a, i8 b) { return _mm256_max_epi8(a, b); }
  DETENT_INLINE static i8 add8(i8 a, i8 b) { return _mm256_add_epi8(a, b); }
  DETENT_INLINE static i8 and8(i8 a, i8 b) { return _mm256_and_si256(a, b); }
  DETENT_INLINE static void store(std::uint8_t* to, i8 x) { _mm256_storeu_si256(as_register(to), x); }

  DETENT_INLINE static i8 or8(i8 a, i8 b) { return _mm256_or_si256(a, b); }
  DETENT_INLINE static i8 subtract8(i8 a, i8 b) { return _mm256_sub_epi8(a, b); }
  DETENT_INLINE static i8 select8(i8 m, i8 a, i8 b) { return _mm256_blendv_epi8(b, a, m); }
  DETENT_INLINE static bool any8(i8 m) { return _mm256_movemask_epi8(m) != 0; }
  DETENT_INLINE static i8 equal8(i8 a, i8 b) { return _mm256_cmpeq_epi8(a, b); }
  DETENT_INLINE static i8 greater8(i8 a, i8 b) { return _mm256_cmpgt_epi8(a, b); }
  DETENT_INLINE static i8 high_nibbles(i8 x) { return and8(_mm256_srli_epi16(x, 4), all8(15)); }
  /// With saturation.
  DETENT_INLINE static i16 subtract16(i16 a, i16 b) { return _mm256_subs_epi16(a, b); }
  template <int Bits>
  DETENT_INLINE static i16 shift_right16(i16 a) {
    return _mm256_srai_epi16(a, Bits);
  }
  /// What `low_words` and `high_words` undo.
  DETENT_INLINE static i8 narrow8(i16 a, i16 b) { return _mm256_packs_epi16(a, b); }
  DETENT_INLINE static i16 low_words(i8 low, i8 high) { return _mm256_unpacklo_epi8(low, high); }
  DETENT_INLINE static i16 high_words(i8 low, i8 high) { return _mm256_unpackhi_epi8(low, high); }
  /// table[i & 15], and 0 where i is negative.
  DETENT_INLINE static i8 pick(const std::uint8_t* table, i8 i) { return _mm256_shuffle_epi8(broadcast(table), i); }

  /// Bits of a where m is 1, of b where it is 0.
  DETENT_INLINE static i8 select_bits(i8 m, i8 a, i8 b) {
    return _mm256_or_si256(_mm256_and_si256(m, a), _mm256_andnot_si256(m, b));
  }

  /// 64 bytes, to a multiple of 64.
  DETENT_INLINE static void stream_line(std::uint8_t* to, const std::uint8_t* from) {
    _mm256_stream_si256(as_register(to), _mm256_loadu_si256(as_register(from)));
    _mm256_stream_si256(as_register(to + 32), _mm256_loadu_si256(as_register(from + 32)));
  }
  DETENT_INLINE static void fence() { _mm_sfence(); }

  /// Codes of 1 to 6 bits into a dense stream, 32 at a time; the number done is returned.
  template <int Bits>
  DETENT_INLINE static std::size_t pack_dense(const std::uint8_t* codes, std::size_t n, std::uint8_t* to) {
    const i8 by_pairs = all16(1 | 256 << Bits);
    const i16 by_fours = _mm256_set1_epi32(1 | 65536 << (2 * Bits));
    const i8 low = _mm256_set1_epi64x((std::int64_t{1} << (4 * Bits)) - 1);
    const i8 together = broadcast(dense::packed<Bits>.data);
    std::size_t i = 0;
    for (; i + 32 + dense::margin<Bits> <= n; i += 32, to += 4 * Bits) {
      const i8 x = _mm256_loadu_si256(as_register(codes + i));
      const i8 fours = _mm256_madd_epi16(_mm256_maddubs_epi16(x, by_pairs), by_fours);
      const i8 eights = select_bits(low, fours, _mm256_srli_epi64(fours, 32 - 4 * Bits));
      const i8 bytes = _mm256_shuffle_epi8(eights, together);
      store_lane(to, _mm256_castsi256_si128(bytes));
      store_lane(to + 2 * Bits, _mm256_extracti128_si256(bytes, 1));
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
    for (; i + 32 + dense::margin<Bits> <= n; i += 32, from += 4 * Bits) {
      const i8 x = _mm256_inserti128_si256(_mm256_castsi128_si256(load_lane(from)), load_lane(from + 2 * Bits), 1);
      const i16 even = _mm256_mullo_epi16(_mm256_shuffle_epi8(x, even_bytes), even_factors);
      const i16 odd = _mm256_mullo_epi16(_mm256_shuffle_epi8(x, odd_bytes), odd_factors);
      const i8 both = _mm256_blendv_epi8(odd, _mm256_srli_epi16(even, 8), all16(0x00FF));
      store(codes + i, and8(both, all8((1 << Bits) - 1)));
    }
    return i;
  }

  /// 4-bit codes into bytes, 64 at a time; the number done is returned. `High`: the first of two is the high nibble.
  template <bool High>
  DETENT_INLINE static std::size_t pack_nibbles(const std::uint8_t* codes, std::size_t n, std::uint8_t* to) {
    std::size_t i = 0;
    for (; i + 64 <= n; i += 64) {
      const i8 first = paired<High>(_mm256_loadu_si256(as_register(codes + i)));
      const i8 second = paired<High>(_mm256_loadu_si256(as_register(codes + i + 32)));
      const i8 bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0xD8);
      _mm256_storeu_si256(as_register(to + i / 2), bytes);
    }
    return i;
  }
  template <bool High>
  DETENT_INLINE static std::size_t unpack_nibbles(const std::uint8_t* from, std::size_t n, std::uint8_t* codes) {
    const i8 mask = _mm256_set1_epi8(15);
    std::size_t i = 0;
    for (; i + 64 <= n; i += 64) {
      const i8 bytes = _mm256_permute4x64_epi64(_mm256_loadu_si256(as_register(from + i / 2)), 0xD8);
      const i8 low = _mm256_and_si256(bytes, mask);
      const i8 high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask);
      const i8 even = High ? high : low;
      const i8 odd = High ? low : high;
      _mm256_storeu_si256(as_register(codes + i), _mm256_unpacklo_epi8(even, odd));
      _mm256_storeu_si256(as_register(codes + i + 32), _mm256_unpackhi_epi8(even, odd));
    }
    return i;
  }

  /// Two lanes of 128 bits with 4 bytes of each of four vectors, to one vector after another.
  DETENT_INLINE static i8 in_order(i8 x) {
    return _mm256_permutevar8x32_epi32(x, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  }

 protected:
  DETENT_INLINE static __m128i load_lane(const void* from) {
    return _mm_loadu_si128(static_cast<const __m128i*>(from));
  }
  DETENT_INLINE static void store_lane(void* to, __m128i x) { _mm_storeu_si128(static_cast<__m128i*>(to), x); }
  DETENT_INLINE static i8 broadcast(const void* from) { return _mm256_broadcastsi128_si256(load_lane(from)); }
  /// Two codes in two bytes to one byte in 16 bits.
  template <bool High>
  DETENT_INLINE static i8 paired(i8 codes) {
    return _mm256_maddubs_epi16(codes, _mm256_set1_epi16(High ? 0x0110 : 0x1001));
  }
  template <class T>
  DETENT_INLINE static __m256i* as_register(T* p) {
    return reinterpret_cast<__m256i*>(p);
  }
  template <class T>
  DETENT_INLINE static const __m256i* as_register(const T* p) {
    return reinterpret_cast<const __m256i*>(p);
  }
};

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx2

#endif

#endif

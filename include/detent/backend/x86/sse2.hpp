// SPDX-License-Identifier: MIT
//
// SSE2, which every x86-64 processor has: four lanes, and no target region. There is no lookup in registers, so tables
// are read through memory, and books are encoded by counting thresholds.
#ifndef DETENT_BACKEND_X86_SSE2_HPP
#define DETENT_BACKEND_X86_SSE2_HPP

#include "detent/backend/scalar.hpp"
#include "detent/backend/x86/region.hpp"
#include "detent/backend/x86/sse_products.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::sse2 {

struct lanes : products {
  static constexpr std::size_t width = 4;
  static constexpr bool has_lookup = false;
  using f32 = __m128;
  using i32 = __m128i;
  using mask = __m128;

  DETENT_INLINE static f32 load(const float* from) { return _mm_loadu_ps(from); }
  DETENT_INLINE static i32 load(const std::int32_t* from) { return _mm_loadu_si128(as_register(from)); }
  DETENT_INLINE static void store(float* to, f32 x) { _mm_storeu_ps(to, x); }
  DETENT_INLINE static void stream(float* to, f32 x) { _mm_stream_ps(to, x); }
  DETENT_INLINE static void fence() { _mm_sfence(); }
  DETENT_INLINE static f32 all(float x) { return _mm_set1_ps(x); }
  DETENT_INLINE static i32 all(std::int32_t x) { return _mm_set1_epi32(x); }

  DETENT_INLINE static f32 add(f32 a, f32 b) { return _mm_add_ps(a, b); }
  DETENT_INLINE static f32 subtract(f32 a, f32 b) { return _mm_sub_ps(a, b); }
  DETENT_INLINE static f32 multiply(f32 a, f32 b) { return _mm_mul_ps(a, b); }
  DETENT_INLINE static f32 divide(f32 a, f32 b) { return _mm_div_ps(a, b); }
  DETENT_INLINE static f32 min(f32 a, f32 b) { return _mm_min_ps(a, b); }
  DETENT_INLINE static f32 max(f32 a, f32 b) { return _mm_max_ps(a, b); }
  DETENT_INLINE static f32 rounded(f32 x) {
    DETENT_REGION_BARRIER(x);
    return x;
  }

  DETENT_INLINE static i32 add(i32 a, i32 b) { return _mm_add_epi32(a, b); }
  DETENT_INLINE static i32 subtract(i32 a, i32 b) { return _mm_sub_epi32(a, b); }
  DETENT_INLINE static i32 multiply(i32 a, i32 b) {
    const i32 even = _mm_mul_epu32(a, b);
    const i32 odd = _mm_mul_epu32(_mm_srli_epi64(a, 32), _mm_srli_epi64(b, 32));
    return _mm_unpacklo_epi32(_mm_shuffle_epi32(even, 0x08), _mm_shuffle_epi32(odd, 0x08));
  }
  DETENT_INLINE static i32 min(i32 a, i32 b) { return select(less(a, b), a, b); }
  DETENT_INLINE static i32 max(i32 a, i32 b) { return select(less(a, b), b, a); }
  DETENT_INLINE static i32 bit_and(i32 a, i32 b) { return _mm_and_si128(a, b); }
  DETENT_INLINE static i32 bit_or(i32 a, i32 b) { return _mm_or_si128(a, b); }
  DETENT_INLINE static i32 bit_xor(i32 a, i32 b) { return _mm_xor_si128(a, b); }
  template <int Bits>
  DETENT_INLINE static i32 shift_left(i32 a) {
    return _mm_slli_epi32(a, Bits);
  }
  template <int Bits>
  DETENT_INLINE static i32 shift_right(i32 a) {
    return _mm_srai_epi32(a, Bits);
  }

  DETENT_INLINE static i32 bits(f32 x) { return _mm_castps_si128(x); }
  DETENT_INLINE static f32 floats(i32 x) { return _mm_castsi128_ps(x); }
  DETENT_INLINE static f32 to_float(i32 x) { return _mm_cvtepi32_ps(x); }
  DETENT_INLINE static i32 truncate(f32 x) { return _mm_cvttps_epi32(x); }
  DETENT_INLINE static i32 nearest(f32 x) { return _mm_cvtps_epi32(x); }

  DETENT_INLINE static mask nowhere() { return _mm_setzero_ps(); }
  DETENT_INLINE static mask either(mask a, mask b) { return _mm_or_ps(a, b); }
  /// Bit i: lane i.
  DETENT_INLINE static std::uint32_t mask_bits(mask m) { return static_cast<std::uint32_t>(_mm_movemask_ps(m)); }
  /// Of every M lanes, lane i: lane (i + By) % M.
  template <unsigned M, unsigned By>
    requires(M == 4)
  DETENT_INLINE static i32 rotated(i32 x) {
    return _mm_shuffle_epi32(x, move_tables::rotation<By>);
  }
  DETENT_INLINE static bool any(mask m) { return _mm_movemask_ps(m) != 0; }
  DETENT_INLINE static mask less(f32 a, f32 b) { return _mm_cmplt_ps(a, b); }
  DETENT_INLINE static mask ordered(f32 x) { return _mm_cmpord_ps(x, x); }
  DETENT_INLINE static mask less(i32 a, i32 b) { return floats(_mm_cmplt_epi32(a, b)); }
  DETENT_INLINE static mask equal(i32 a, i32 b) { return floats(_mm_cmpeq_epi32(a, b)); }
  DETENT_INLINE static f32 select(mask m, f32 a, f32 b) { return _mm_or_ps(_mm_and_ps(m, a), _mm_andnot_ps(m, b)); }
  DETENT_INLINE static i32 select(mask m, i32 a, i32 b) {
    return _mm_or_si128(_mm_and_si128(bits(m), a), _mm_andnot_si128(bits(m), b));
  }
  DETENT_INLINE static i32 increment_where(mask m, i32 a) { return _mm_sub_epi32(a, bits(m)); }
  DETENT_INLINE static i32 decrement_where(mask m, i32 a) { return _mm_add_epi32(a, bits(m)); }

  DETENT_INLINE static std::int32_t greatest_of(i32 x) {
    const i32 m = max(x, _mm_shuffle_epi32(x, 0x4E));
    return _mm_cvtsi128_si32(max(m, _mm_shuffle_epi32(m, 0xB1)));
  }
  DETENT_INLINE static float greatest_of(f32 x) {
    const f32 m = _mm_max_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_shuffle_ps(m, m, 1)));
  }
  DETENT_INLINE static float least_of(f32 x) {
    const f32 m = _mm_min_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_min_ss(m, _mm_shuffle_ps(m, m, 1)));
  }

  /// table[i] of at most 2^16 floats.
  template <std::size_t Entries>
  DETENT_INLINE static f32 lookup(const float* table, i32 i) {
    static_assert(Entries <= 65536);
    const f32 even =
        _mm_unpacklo_ps(_mm_load_ss(table + _mm_extract_epi16(i, 0)), _mm_load_ss(table + _mm_extract_epi16(i, 2)));
    const f32 odd =
        _mm_unpacklo_ps(_mm_load_ss(table + _mm_extract_epi16(i, 4)), _mm_load_ss(table + _mm_extract_epi16(i, 6)));
    return _mm_movelh_ps(even, odd);
  }

  DETENT_INLINE static i32 load_codes(const std::uint8_t* from) {
    const i32 zero = _mm_setzero_si128();
    return _mm_unpacklo_epi16(_mm_unpacklo_epi8(four_bytes(from), zero), zero);
  }
  DETENT_INLINE static i32 load_codes(const std::uint16_t* from) {
    return _mm_unpacklo_epi16(_mm_loadl_epi64(as_register(from)), _mm_setzero_si128());
  }
  DETENT_INLINE static i32 load_codes(const std::uint32_t* from) { return _mm_loadu_si128(as_register(from)); }

  DETENT_INLINE static void store_codes(std::uint8_t* to, i32 a, i32 b, i32 c, i32 d) {
    _mm_storeu_si128(as_register(to), _mm_packus_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d)));
  }
  DETENT_INLINE static void store_codes(std::uint16_t* to, i32 a, i32 b, i32 c, i32 d) {
    _mm_storeu_si128(as_register(to), _mm_packs_epi32(signed_halves(a), signed_halves(b)));
    _mm_storeu_si128(as_register(to + 8), _mm_packs_epi32(signed_halves(c), signed_halves(d)));
  }
  DETENT_INLINE static void store_codes(std::uint32_t* to, i32 a, i32 b, i32 c, i32 d) {
    _mm_storeu_si128(as_register(to), a);
    _mm_storeu_si128(as_register(to + 4), b);
    _mm_storeu_si128(as_register(to + 8), c);
    _mm_storeu_si128(as_register(to + 12), d);
  }

  /// 4-bit codes into bytes, 32 at a time; the number done is returned. `High`: the first of two is the high nibble.
  template <bool High>
  DETENT_INLINE static std::size_t pack_nibbles(const std::uint8_t* codes, std::size_t n, std::uint8_t* to) {
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      const i32 first = paired<High>(_mm_loadu_si128(as_register(codes + i)));
      const i32 second = paired<High>(_mm_loadu_si128(as_register(codes + i + 16)));
      _mm_storeu_si128(as_register(to + i / 2), _mm_packus_epi16(first, second));
    }
    return i;
  }
  template <bool High>
  DETENT_INLINE static std::size_t unpack_nibbles(const std::uint8_t* from, std::size_t n, std::uint8_t* codes) {
    const i32 mask = _mm_set1_epi8(15);
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      const i32 bytes = _mm_loadu_si128(as_register(from + i / 2));
      const i32 low = _mm_and_si128(bytes, mask);
      const i32 high = _mm_and_si128(_mm_srli_epi16(bytes, 4), mask);
      const i32 even = High ? high : low;
      const i32 odd = High ? low : high;
      _mm_storeu_si128(as_register(codes + i), _mm_unpacklo_epi8(even, odd));
      _mm_storeu_si128(as_register(codes + i + 16), _mm_unpackhi_epi8(even, odd));
    }
    return i;
  }

 protected:
  DETENT_INLINE static i32 four_bytes(const std::uint8_t* from) {
    std::int32_t four;
    __builtin_memcpy(&four, from, 4);
    return _mm_cvtsi32_si128(four);
  }
  template <class T>
  DETENT_INLINE static __m128i* as_register(T* p) {
    return reinterpret_cast<__m128i*>(p);
  }
  template <class T>
  DETENT_INLINE static const __m128i* as_register(const T* p) {
    return reinterpret_cast<const __m128i*>(p);
  }

 private:
  /// So that packing with signed saturation, the only one of SSE2, keeps all 16 bits.
  DETENT_INLINE static i32 signed_halves(i32 x) { return _mm_srai_epi32(_mm_slli_epi32(x, 16), 16); }
  /// Two codes in two bytes to one byte in 16 bits.
  template <bool High>
  DETENT_INLINE static i32 paired(i32 codes) {
    const i32 joined = High ? _mm_or_si128(_mm_slli_epi16(codes, 4), _mm_srli_epi16(codes, 8))
                            : _mm_or_si128(codes, _mm_srli_epi16(codes, 4));
    return _mm_and_si128(joined, _mm_set1_epi16(255));
  }
};

#include "detent/backend/kernels/all.inl"

}  // namespace detent::inline v0::detail::inline DETENT_ISA::sse2

#endif

#endif

// SPDX-License-Identifier: MIT
//
// AVX-512 F, BW, VL and DQ: sixteen lanes. Only what the set does; what is computed with it stands in backend/kernels.
#ifndef DETENT_BACKEND_X86_AVX512_HPP
#define DETENT_BACKEND_X86_AVX512_HPP

#include "detent/backend/scalar.hpp"
#include "detent/backend/x86/avx512_bytes.hpp"
#include "detent/backend/x86/avx512_products.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::avx512 {

DETENT_REGION_AVX512_BEGIN

struct lanes : byte_lanes, products {
  static constexpr std::size_t width = 16;
  static constexpr bool has_lookup = true;
  using f32 = __m512;
  using i32 = __m512i;
  using mask = __mmask16;

  DETENT_INLINE static f32 load(const float* from) { return _mm512_loadu_ps(from); }
  DETENT_INLINE static i32 load(const std::int32_t* from) { return _mm512_loadu_si512(from); }
  using byte_lanes::store;
  DETENT_INLINE static void store(float* to, f32 x) { _mm512_storeu_ps(to, x); }
  DETENT_INLINE static void stream(float* to, f32 x) { _mm512_stream_ps(to, x); }
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
  DETENT_INLINE static i32 multiply(i32 a, i32 b) { return _mm512_mullo_epi32(a, b); }
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

  template <int Bits>
  DETENT_INLINE static i32 shift_right_zeros(i32 a) {
    return _mm512_srli_epi32(a, Bits);
  }

  DETENT_INLINE static i32 bits(f32 x) { return _mm512_castps_si512(x); }
  DETENT_INLINE static f32 floats(i32 x) { return _mm512_castsi512_ps(x); }
  DETENT_INLINE static f32 to_float(i32 x) { return _mm512_cvtepi32_ps(x); }
  DETENT_INLINE static i32 truncate(f32 x) { return _mm512_cvttps_epi32(x); }
  DETENT_INLINE static i32 nearest(f32 x) { return _mm512_cvtps_epi32(x); }

  /// IEEE half precision in the low 16 bits of each lane. NaN keeps its payload, and becomes quiet.
  DETENT_INLINE static i32 to_half(f32 x) { return _mm512_cvtepu16_epi32(_mm512_cvtps_ph(x, 0)); }
  DETENT_INLINE static f32 from_half(i32 x) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(x)); }

  /// Bit i: lane i.
  DETENT_INLINE static std::uint32_t mask_bits(mask m) { return m; }
  /// Of every M lanes, lane i: lane (i + By) % M.
  template <unsigned M, unsigned By>
    requires(M == 4 || M == 8)
  DETENT_INLINE static i32 rotated(i32 x) {
    if constexpr (M == 8) return _mm512_permutexvar_epi32(load(move_tables::turned_in_eight<By>.data), x);
    return _mm512_shuffle_epi32(x, static_cast<_MM_PERM_ENUM>(move_tables::rotation<By>));
  }
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
    else if constexpr (Entries == 64)
      return _mm512_mask_blend_ps(_mm512_test_epi32_mask(i, all(32)), lookup<32>(table, i), lookup<32>(table + 32, i));
    else
      return _mm512_i32gather_ps(i, table, 4);
  }
  static constexpr int lookup_bits = 6;
  /// values[i % 16].
  DETENT_INLINE static f32 lookup16(f32 values, i32 i) { return _mm512_permutexvar_ps(i, values); }
  /// Sixteen codes from eight bytes, in the low 4 bits of the lanes, above which anything may be. `High`: the first of
  /// each two is the high half of its byte.
  template <bool High>
  DETENT_INLINE static i32 load_pairs(const std::uint8_t* from) {
    long long eight;
    __builtin_memcpy(&eight, from, 8);
    const i32 byte = _mm512_shuffle_epi8(_mm512_set1_epi64(eight), _mm512_loadu_si512(byte_of_code.data));
    return _mm512_srlv_epi32(byte, _mm512_set1_epi64(High ? 4 : std::int64_t{4} << 32));
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
    store(to, in_order(_mm512_packus_epi16(_mm512_packus_epi32(a, b), _mm512_packus_epi32(c, d))));
  }
  DETENT_INLINE static void store_codes(std::uint16_t* to, i32 a, i32 b, i32 c, i32 d) {
    _mm512_storeu_si512(to, pairs_in_order(_mm512_packus_epi32(a, b)));
    _mm512_storeu_si512(to + 32, pairs_in_order(_mm512_packus_epi32(c, d)));
  }
  DETENT_INLINE static void store_codes(std::uint32_t* to, i32 a, i32 b, i32 c, i32 d) {
    _mm512_storeu_si512(to, a);
    _mm512_storeu_si512(to + 16, b);
    _mm512_storeu_si512(to + 32, c);
    _mm512_storeu_si512(to + 48, d);
  }

  DETENT_INLINE static mask nowhere() { return 0; }
  DETENT_INLINE static mask either(mask a, mask b) { return static_cast<mask>(a | b); }
  /// Where one of two is NaN.
  DETENT_INLINE static mask unordered(f32 a, f32 b) { return _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q); }
  DETENT_INLINE static i32 floor(f32 x) {
    return _mm512_cvt_roundps_epi32(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  }

  /// In the low bits: x · per_unit to nearest even, rounded once.
  DETENT_INLINE static i32 bin(f32 x, f32 per_unit) { return bits(_mm512_fmadd_ps(x, per_unit, all(0x1.8p23f))); }
  /// x · per_unit + lift, rounded, to nearest even.
  DETENT_INLINE static i32 bin(f32 x, f32 per_unit, f32 lift) {
    return bits(add(_mm512_fmadd_ps(x, per_unit, lift), all(0x1.8p23f)));
  }
  DETENT_INLINE static i32 add_where(mask m, i32 a, i32 b) { return _mm512_mask_add_epi32(a, m, a, b); }
  /// The lesser magnitude of the two, with a's sign.
  DETENT_INLINE static f32 least_magnitude(f32 a, f32 b) { return _mm512_range_ps(a, b, 2); }
  /// table[x % 16] of bytes, 0 where bit 7 of x is set.
  DETENT_INLINE static i8 lookup16(const std::uint8_t* table, i8 x) { return _mm512_shuffle_epi8(broadcast(table), x); }

  /// Codes that lie in bytes 0, 1, 2 and 3 of the lanes of a, b, c and d.
  DETENT_INLINE static i8 joined_bytes(i32 a, i32 b, i32 c, i32 d) {
    const i32 all_four = _mm512_ternarylogic_epi32(bit_or(a, b), c, d, 0xFE);
    const __m128i columns = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return in_order(_mm512_shuffle_epi8(all_four, _mm512_broadcast_i32x4(columns)));
  }

  /// NaN and infinities; with `Subnormals` these too.
  template <bool Subnormals>
  DETENT_INLINE static mask unusual(f32 x) {
    return _mm512_fpclass_ps_mask(x, Subnormals ? 0xB9 : 0x99);
  }
  /// A line at once: with two stores for it fp16 took a tenth longer from memory.
  DETENT_INLINE static void store_halves(std::uint16_t* to, f32 a, f32 b) {
    const __m512i first = _mm512_castsi256_si512(_mm512_cvtps_ph(a, 0));
    _mm512_storeu_si512(to, _mm512_inserti64x4(first, _mm512_cvtps_ph(b, 0), 1));
  }
  /// The upper halves, rounded; of NaN nothing that can be used.
  DETENT_INLINE static void store_bf16(std::uint16_t* to, f32 a, f32 b) {
    _mm512_storeu_si512(to, pairs_in_order(_mm512_packus_epi32(upper_half(bits(a)), upper_half(bits(b)))));
  }
  static constexpr bool bf16_keeps_subnormals = true;
  DETENT_INLINE static f32 load_half(const std::uint16_t* from) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  DETENT_INLINE static i32 load_signed(const std::uint8_t* from) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }

  using words = i16;
  DETENT_INLINE static words words_of(const i32* of) { return _mm512_broadcast_i64x4(_mm512_cvtepi32_epi16(of[0])); }
  static constexpr std::size_t words_at_once = 32;
  DETENT_INLINE static void store_words(std::uint16_t* to, const words& table, const std::uint8_t* codes) {
    const i16 x = _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes)));
    _mm512_storeu_si512(to, _mm512_permutexvar_epi16(x, table));
  }

  struct pair {
    f32 first, second;
  };
  /// 8-bit floats with their exponents and mantissas in the place of a half's.
  template <int Shift>
  DETENT_INLINE static pair load_small_halves(const std::uint8_t* from) {
    const i32 words = _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    i32 halves = _mm512_slli_epi16(words, Shift);
    // The sign, at bit 14, is carried to its place.
    if constexpr (Shift == 7) halves = _mm512_add_epi16(halves, bit_and(halves, all16(0x4000)));
    return {_mm512_cvtph_ps(_mm512_castsi512_si256(halves)), _mm512_cvtph_ps(_mm512_extracti64x4_epi64(halves, 1))};
  }
  /// Of 64 codes: where one, without its sign, is greater than `last`.
  DETENT_INLINE static mask any_magnitude_beyond(const std::uint8_t* codes, int last) {
    const i8 magnitudes = and8(_mm512_loadu_si512(codes), all8(0x7F));
    return static_cast<mask>(_mm512_cmpgt_epi8_mask(magnitudes, all8(last)) != 0);
  }

  /// The greatest lane of each of 16 vectors.
  DETENT_INLINE static i32 greatest_of_each(const i32* x) {
    i32 fours[4];
    for (int i = 0; i < 4; ++i) fours[i] = greatest_of_four(x + 4 * i);
    // Each lane of 128 bits now holds one quarter of four vectors.
    const i32 ab = max(_mm512_shuffle_i32x4(fours[0], fours[1], 0x88), _mm512_shuffle_i32x4(fours[0], fours[1], 0xDD));
    const i32 cd = max(_mm512_shuffle_i32x4(fours[2], fours[3], 0x88), _mm512_shuffle_i32x4(fours[2], fours[3], 0xDD));
    return max(_mm512_shuffle_i32x4(ab, cd, 0x88), _mm512_shuffle_i32x4(ab, cd, 0xDD));
  }

 private:
  DETENT_INLINE static i32 upper_half(i32 x) {
    const i32 odd = bit_and(_mm512_srli_epi32(x, 16), all(1));
    return _mm512_srli_epi32(add(add(x, all(0x7FFF)), odd), 16);
  }
  /// In every 128 bits, lane k: the greatest of these four lanes of x[k].
  DETENT_INLINE static i32 greatest_of_four(const i32* x) {
    const i32 ab = max(_mm512_unpacklo_epi32(x[0], x[1]), _mm512_unpackhi_epi32(x[0], x[1]));
    const i32 cd = max(_mm512_unpacklo_epi32(x[2], x[3]), _mm512_unpackhi_epi32(x[2], x[3]));
    return max(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
  }
  /// A lane's lowest byte is that of its code, the others are 0.
  alignas(64) static constexpr auto byte_of_code = [] {
    table<std::uint8_t, 64> made{};
    for (std::size_t i = 0; i < 64; ++i) made[i] = static_cast<std::uint8_t>(i % 4 == 0 ? i / 8 : 0x80);
    return made;
  }();
};

#include "detent/backend/kernels/all.inl"

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx512

#endif

#endif

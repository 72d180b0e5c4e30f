// SPDX-License-Identifier: MIT
//
// AVX2 and F16C: eight lanes. Only what the set does; what is computed with it stands in backend/kernels.
#ifndef DETENT_BACKEND_X86_AVX2_HPP
#define DETENT_BACKEND_X86_AVX2_HPP

#include "detent/backend/scalar.hpp"
#include "detent/backend/x86/avx2_bytes.hpp"
#include "detent/backend/x86/avx2_products.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::avx2 {

DETENT_REGION_AVX2_BEGIN

struct lanes : byte_lanes, products {
  static constexpr std::size_t width = 8;
  static constexpr bool has_lookup = true;
  using f32 = __m256;
  using i32 = __m256i;
  using mask = __m256;

  DETENT_INLINE static f32 load(const float* from) { return _mm256_loadu_ps(from); }
  DETENT_INLINE static i32 load(const std::int32_t* from) { return _mm256_loadu_si256(as_register(from)); }
  using byte_lanes::store;
  DETENT_INLINE static void store(float* to, f32 x) { _mm256_storeu_ps(to, x); }
  DETENT_INLINE static void stream(float* to, f32 x) { _mm256_stream_ps(to, x); }
  DETENT_INLINE static f32 all(float x) { return _mm256_set1_ps(x); }
  DETENT_INLINE static i32 all(std::int32_t x) { return _mm256_set1_epi32(x); }

  DETENT_INLINE static f32 add(f32 a, f32 b) { return _mm256_add_ps(a, b); }
  DETENT_INLINE static f32 subtract(f32 a, f32 b) { return _mm256_sub_ps(a, b); }
  DETENT_INLINE static f32 multiply(f32 a, f32 b) { return _mm256_mul_ps(a, b); }
  DETENT_INLINE static f32 divide(f32 a, f32 b) { return _mm256_div_ps(a, b); }
  DETENT_INLINE static f32 min(f32 a, f32 b) { return _mm256_min_ps(a, b); }
  DETENT_INLINE static f32 max(f32 a, f32 b) { return _mm256_max_ps(a, b); }
  DETENT_INLINE static f32 rounded(f32 x) {
    DETENT_REGION_BARRIER(x);
    return x;
  }

  DETENT_INLINE static i32 add(i32 a, i32 b) { return _mm256_add_epi32(a, b); }
  DETENT_INLINE static i32 subtract(i32 a, i32 b) { return _mm256_sub_epi32(a, b); }
  DETENT_INLINE static i32 multiply(i32 a, i32 b) { return _mm256_mullo_epi32(a, b); }
  DETENT_INLINE static i32 min(i32 a, i32 b) { return _mm256_min_epi32(a, b); }
  DETENT_INLINE static i32 max(i32 a, i32 b) { return _mm256_max_epi32(a, b); }
  DETENT_INLINE static i32 bit_and(i32 a, i32 b) { return _mm256_and_si256(a, b); }
  DETENT_INLINE static i32 bit_or(i32 a, i32 b) { return _mm256_or_si256(a, b); }
  DETENT_INLINE static i32 bit_xor(i32 a, i32 b) { return _mm256_xor_si256(a, b); }
  template <int Bits>
  DETENT_INLINE static i32 shift_left(i32 a) {
    return _mm256_slli_epi32(a, Bits);
  }
  template <int Bits>
  DETENT_INLINE static i32 shift_right(i32 a) {
    return _mm256_srai_epi32(a, Bits);
  }

  template <int Bits>
  DETENT_INLINE static i32 shift_right_zeros(i32 a) {
    return _mm256_srli_epi32(a, Bits);
  }

  DETENT_INLINE static i32 bits(f32 x) { return _mm256_castps_si256(x); }
  DETENT_INLINE static f32 floats(i32 x) { return _mm256_castsi256_ps(x); }
  DETENT_INLINE static f32 to_float(i32 x) { return _mm256_cvtepi32_ps(x); }
  DETENT_INLINE static i32 truncate(f32 x) { return _mm256_cvttps_epi32(x); }
  DETENT_INLINE static i32 nearest(f32 x) { return _mm256_cvtps_epi32(x); }

  /// IEEE half precision in the low 16 bits of each lane. NaN keeps its payload, and becomes quiet.
  DETENT_INLINE static i32 to_half(f32 x) { return _mm256_cvtepu16_epi32(_mm256_cvtps_ph(x, 0)); }
  DETENT_INLINE static f32 from_half(i32 x) {
    return _mm256_cvtph_ps(_mm256_castsi256_si128(_mm256_permute4x64_epi64(_mm256_packus_epi32(x, x), 0xD8)));
  }

  /// Bit i: lane i.
  DETENT_INLINE static std::uint32_t mask_bits(mask m) { return static_cast<std::uint32_t>(_mm256_movemask_ps(m)); }
  /// Of every M lanes, lane i: lane (i + By) % M.
  template <unsigned M, unsigned By>
    requires(M == 4 || M == 8)
  DETENT_INLINE static i32 rotated(i32 x) {
    if constexpr (M == 4) return _mm256_shuffle_epi32(x, move_tables::rotation<By>);
    const i32 lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_permutevar8x32_epi32(x, _mm256_add_epi32(lane, all(static_cast<std::int32_t>(By))));
  }
  DETENT_INLINE static bool any(mask m) { return _mm256_movemask_ps(m) != 0; }
  DETENT_INLINE static mask less(f32 a, f32 b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  DETENT_INLINE static mask ordered(f32 x) { return _mm256_cmp_ps(x, x, _CMP_ORD_Q); }
  DETENT_INLINE static mask less(i32 a, i32 b) { return floats(_mm256_cmpgt_epi32(b, a)); }
  DETENT_INLINE static mask equal(i32 a, i32 b) { return floats(_mm256_cmpeq_epi32(a, b)); }
  DETENT_INLINE static f32 select(mask m, f32 a, f32 b) { return _mm256_blendv_ps(b, a, m); }
  DETENT_INLINE static i32 select(mask m, i32 a, i32 b) { return _mm256_blendv_epi8(b, a, bits(m)); }
  DETENT_INLINE static i32 increment_where(mask m, i32 a) { return _mm256_sub_epi32(a, bits(m)); }
  DETENT_INLINE static i32 decrement_where(mask m, i32 a) { return _mm256_add_epi32(a, bits(m)); }

  DETENT_INLINE static std::int32_t greatest_of(i32 x) {
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4E));
    return _mm_cvtsi128_si32(_mm_max_epi32(m, _mm_shuffle_epi32(m, 0xB1)));
  }
  DETENT_INLINE static float greatest_of(f32 x) {
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_shuffle_ps(m, m, 1)));
  }
  DETENT_INLINE static float least_of(f32 x) {
    __m128 m = _mm_min_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    m = _mm_min_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_min_ss(m, _mm_shuffle_ps(m, m, 1)));
  }

  /// table[i] in memory, by loads. A gather is slower on Zen, and on what Intel has mitigated since.
  DETENT_INLINE static __m128 four_of(const float* table, __m128i i) {
    const auto low = static_cast<std::uint64_t>(_mm_cvtsi128_si64(i));
    const auto high = static_cast<std::uint64_t>(_mm_extract_epi64(i, 1));
    __m128 found = _mm_load_ss(table + static_cast<std::uint32_t>(low));
    found = _mm_insert_ps(found, _mm_load_ss(table + (low >> 32)), 0x10);
    found = _mm_insert_ps(found, _mm_load_ss(table + static_cast<std::uint32_t>(high)), 0x20);
    return _mm_insert_ps(found, _mm_load_ss(table + (high >> 32)), 0x30);
  }
  DETENT_INLINE static f32 eight_of(const float* table, i32 i) {
    return _mm256_set_m128(four_of(table, _mm256_extracti128_si256(i, 1)), four_of(table, _mm256_castsi256_si128(i)));
  }

  /// table[i] of `Entries` floats, a power of two, 16 at least.
  template <std::size_t Entries>
  DETENT_INLINE static f32 lookup(const float* table, i32 i) {
    if constexpr (Entries == 16) {
      const f32 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), i);
      const f32 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table + 8), i);
      return _mm256_blendv_ps(low, high, floats(_mm256_slli_epi32(i, 28)));
    } else {
      return eight_of(table, i);
    }
  }

  /// tree[k], where k is on level `Level`: 2^Level <= k < 2^(Level + 1).
  template <int Level>
  DETENT_INLINE static f32 node(const float* tree, i32 k) {
    if constexpr (Level == 0)
      return _mm256_set1_ps(tree[1]);
    else if constexpr (Level < 3)
      return _mm256_permutevar8x32_ps(_mm256_loadu_ps(tree), k);
    else if constexpr (Level == 3)
      return _mm256_permutevar8x32_ps(_mm256_loadu_ps(tree + 8), k);
    else if constexpr (Level == 4)
      return lookup<16>(tree + 16, k);
    else
      return eight_of(tree, k);
  }

  DETENT_INLINE static i32 load_codes(const std::uint8_t* from) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
  }
  DETENT_INLINE static i32 load_codes(const std::uint16_t* from) {
    return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  DETENT_INLINE static i32 load_codes(const std::uint32_t* from) { return _mm256_loadu_si256(as_register(from)); }

  DETENT_INLINE static void store_codes(std::uint8_t* to, i32 a, i32 b, i32 c, i32 d) {
    store(to, in_order(_mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d))));
  }
  DETENT_INLINE static void store_codes(std::uint16_t* to, i32 a, i32 b, i32 c, i32 d) {
    _mm256_storeu_si256(as_register(to), _mm256_permute4x64_epi64(_mm256_packus_epi32(a, b), 0xD8));
    _mm256_storeu_si256(as_register(to + 16), _mm256_permute4x64_epi64(_mm256_packus_epi32(c, d), 0xD8));
  }
  DETENT_INLINE static void store_codes(std::uint32_t* to, i32 a, i32 b, i32 c, i32 d) {
    _mm256_storeu_si256(as_register(to), a);
    _mm256_storeu_si256(as_register(to + 8), b);
    _mm256_storeu_si256(as_register(to + 16), c);
    _mm256_storeu_si256(as_register(to + 24), d);
  }

  DETENT_INLINE static mask nowhere() { return _mm256_setzero_ps(); }
  DETENT_INLINE static mask either(mask a, mask b) { return _mm256_or_ps(a, b); }
  /// Where one of two is NaN.
  DETENT_INLINE static mask unordered(f32 a, f32 b) { return _mm256_cmp_ps(a, b, _CMP_UNORD_Q); }
  DETENT_INLINE static i32 floor(f32 x) { return nearest(_mm256_floor_ps(x)); }

  DETENT_INLINE static void store_halves(std::uint16_t* to, f32 a, f32 b) {
    store_lane(to, _mm256_cvtps_ph(a, 0));
    store_lane(to + 8, _mm256_cvtps_ph(b, 0));
  }
  /// The upper halves, rounded; of NaN nothing that can be used.
  DETENT_INLINE static void store_bf16(std::uint16_t* to, f32 a, f32 b) {
    const i32 pairs = _mm256_packus_epi32(upper_half(bits(a)), upper_half(bits(b)));
    _mm256_storeu_si256(as_register(to), _mm256_permute4x64_epi64(pairs, 0xD8));
  }
  static constexpr bool bf16_keeps_subnormals = true;
  DETENT_INLINE static f32 load_half(const std::uint16_t* from) { return _mm256_cvtph_ps(load_lane(from)); }
  DETENT_INLINE static i32 load_signed(const std::uint8_t* from) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
  }

  /// The floats of 32 codes, from 16 lowest bytes, 16 next ones, …
  DETENT_INLINE static void pick_floats(const std::uint8_t* planes, const std::uint8_t* codes, f32 (&to)[4]) {
    const i32 order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    const i8 x = _mm256_permutevar8x32_epi32(_mm256_loadu_si256(as_register(codes)), order);
    const i8 b0 = pick(planes, x), b1 = pick(planes + 16, x), b2 = pick(planes + 32, x), b3 = pick(planes + 48, x);
    const i16 low0 = low_words(b0, b1), low1 = high_words(b0, b1);
    const i16 high0 = low_words(b2, b3), high1 = high_words(b2, b3);
    to[0] = floats(_mm256_unpacklo_epi16(low0, high0));
    to[1] = floats(_mm256_unpackhi_epi16(low0, high0));
    to[2] = floats(_mm256_unpacklo_epi16(low1, high1));
    to[3] = floats(_mm256_unpackhi_epi16(low1, high1));
  }

  /// The low and the high bytes of 16 words, in both lanes.
  struct words {
    i8 low, high;
  };
  DETENT_INLINE static words words_of(const i32* of) {
    const i16 four_by_four = _mm256_packus_epi32(of[0], of[1]);
    const i8 low_and_high =
        _mm256_packus_epi16(bit_and(four_by_four, all16(0x00FF)), _mm256_srli_epi16(four_by_four, 8));
    const i8 bytes = in_order(low_and_high);
    return {_mm256_permute2x128_si256(bytes, bytes, 0x00), _mm256_permute2x128_si256(bytes, bytes, 0x11)};
  }
  static constexpr std::size_t words_at_once = 32;
  DETENT_INLINE static void store_words(std::uint16_t* to, const words& table, const std::uint8_t* codes) {
    const i8 x = _mm256_permute4x64_epi64(_mm256_loadu_si256(as_register(codes)), 0xD8);
    const i8 low = _mm256_shuffle_epi8(table.low, x);
    const i8 high = _mm256_shuffle_epi8(table.high, x);
    _mm256_storeu_si256(as_register(to), low_words(low, high));
    _mm256_storeu_si256(as_register(to + 16), high_words(low, high));
  }

  struct pair {
    f32 first, second;
  };
  /// 8-bit floats with their exponents and mantissas in the place of a half's.
  template <int Shift>
  DETENT_INLINE static pair load_small_halves(const std::uint8_t* from) {
    i16 halves = _mm256_slli_epi16(_mm256_cvtepu8_epi16(load_lane(from)), Shift);
    // The sign, at bit 14, is carried to its place.
    if constexpr (Shift == 7) halves = _mm256_add_epi16(halves, bit_and(halves, all16(0x4000)));
    return {_mm256_cvtph_ps(_mm256_castsi256_si128(halves)), _mm256_cvtph_ps(_mm256_extracti128_si256(halves, 1))};
  }
  /// Of 32 codes: where one, without its sign, is greater than `last`.
  DETENT_INLINE static mask any_magnitude_beyond(const std::uint8_t* codes, int last) {
    const i8 magnitudes = and8(_mm256_loadu_si256(as_register(codes)), all8(0x7F));
    return floats(all(_mm256_movemask_epi8(_mm256_cmpgt_epi8(magnitudes, all8(last))) != 0 ? -1 : 0));
  }

  /// The greatest lane of each of 8 vectors.
  DETENT_INLINE static i32 greatest_of_each(const i32* x) {
    const i32 a = greatest_of_four(x);
    const i32 b = greatest_of_four(x + 4);
    return max(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
  }

 private:
  DETENT_INLINE static i32 upper_half(i32 x) {
    const i32 odd = bit_and(_mm256_srli_epi32(x, 16), all(1));
    return _mm256_srli_epi32(add(add(x, all(0x7FFF)), odd), 16);
  }
  /// In every 128 bits, lane k: the greatest of these four lanes of x[k].
  DETENT_INLINE static i32 greatest_of_four(const i32* x) {
    const i32 ab = max(_mm256_unpacklo_epi32(x[0], x[1]), _mm256_unpackhi_epi32(x[0], x[1]));
    const i32 cd = max(_mm256_unpacklo_epi32(x[2], x[3]), _mm256_unpackhi_epi32(x[2], x[3]));
    return max(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd));
  }
};

#include "detent/backend/kernels/all.inl"

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx2

#endif

#endif

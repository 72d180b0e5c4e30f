// SPDX-License-Identifier: MIT
//
// SSE4.1, and SSSE3 which comes with it: what they do better than SSE2. Bytes are shuffled by a register, which looks
// up floats in tables of 16, and levels of threshold trees of up to 16 nodes.
#ifndef DETENT_BACKEND_X86_SSE41_HPP
#define DETENT_BACKEND_X86_SSE41_HPP

#include "detent/backend/x86/sse2.hpp"
#include "detent/backend/x86/sse_products.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::sse41 {

DETENT_REGION_SSE41_BEGIN

struct lanes : sse2::lanes, products {
  static constexpr bool has_lookup = true;

  using sse2::lanes::max;
  using sse2::lanes::min;
  using sse2::lanes::multiply;
  DETENT_INLINE static i32 multiply(i32 a, i32 b) { return _mm_mullo_epi32(a, b); }
  DETENT_INLINE static i32 min(i32 a, i32 b) { return _mm_min_epi32(a, b); }
  DETENT_INLINE static i32 max(i32 a, i32 b) { return _mm_max_epi32(a, b); }
  DETENT_INLINE static f32 select(mask m, f32 a, f32 b) { return _mm_blendv_ps(b, a, m); }
  DETENT_INLINE static i32 select(mask m, i32 a, i32 b) { return _mm_blendv_epi8(b, a, bits(m)); }

  using sse2::lanes::greatest_of;
  DETENT_INLINE static std::int32_t greatest_of(i32 x) {
    const i32 m = max(x, _mm_shuffle_epi32(x, 0x4E));
    return _mm_cvtsi128_si32(max(m, _mm_shuffle_epi32(m, 0xB1)));
  }

  /// tree[k], where k is on level `Level`: 2^Level <= k < 2^(Level + 1).
  template <int Level>
  DETENT_INLINE static f32 node(const float* tree, i32 k) {
    if constexpr (Level == 0)
      return _mm_set1_ps(tree[1]);
    else if constexpr (Level < 3)
      return of_four(Level == 1 ? tree : tree + 4, bytes_of(k));
    else if constexpr (Level == 3)
      return select(floats(_mm_slli_epi32(k, 29)), of_four(tree + 12, bytes_of(k)), of_four(tree + 8, bytes_of(k)));
    else
      return lookup<std::size_t{2} << Level>(tree, k);
  }

  /// The floats of 16 codes, from 16 lowest bytes, 16 next ones, …
  DETENT_INLINE static void pick_floats(const std::uint8_t* planes, const std::uint8_t* codes, f32 (&to)[4]) {
    const i32 x = _mm_loadu_si128(as_register(codes));
    const i32 b0 = pick(planes, x), b1 = pick(planes + 16, x), b2 = pick(planes + 32, x), b3 = pick(planes + 48, x);
    const i32 low0 = _mm_unpacklo_epi8(b0, b1), low1 = _mm_unpackhi_epi8(b0, b1);
    const i32 high0 = _mm_unpacklo_epi8(b2, b3), high1 = _mm_unpackhi_epi8(b2, b3);
    to[0] = floats(_mm_unpacklo_epi16(low0, high0));
    to[1] = floats(_mm_unpackhi_epi16(low0, high0));
    to[2] = floats(_mm_unpacklo_epi16(low1, high1));
    to[3] = floats(_mm_unpackhi_epi16(low1, high1));
  }

  /// The low and the high bytes of 16 words.
  struct words {
    i32 low, high;
  };
  DETENT_INLINE static words words_of(const i32* of) {
    const i32 first = _mm_packus_epi32(of[0], of[1]), second = _mm_packus_epi32(of[2], of[3]);
    const i32 low = _mm_set1_epi16(0x00FF);
    return {_mm_packus_epi16(_mm_and_si128(first, low), _mm_and_si128(second, low)),
            _mm_packus_epi16(_mm_srli_epi16(first, 8), _mm_srli_epi16(second, 8))};
  }
  static constexpr std::size_t words_at_once = 16;
  DETENT_INLINE static void store_words(std::uint16_t* to, const words& table, const std::uint8_t* codes) {
    const i32 x = _mm_loadu_si128(as_register(codes));
    const i32 low = _mm_shuffle_epi8(table.low, x), high = _mm_shuffle_epi8(table.high, x);
    _mm_storeu_si128(as_register(to), _mm_unpacklo_epi8(low, high));
    _mm_storeu_si128(as_register(to + 8), _mm_unpackhi_epi8(low, high));
  }

  using sse2::lanes::load_codes;
  DETENT_INLINE static i32 load_codes(const std::uint8_t* from) { return _mm_cvtepu8_epi32(four_bytes(from)); }

  using sse2::lanes::store_codes;
  DETENT_INLINE static void store_codes(std::uint16_t* to, i32 a, i32 b, i32 c, i32 d) {
    _mm_storeu_si128(as_register(to), _mm_packus_epi32(a, b));
    _mm_storeu_si128(as_register(to + 8), _mm_packus_epi32(c, d));
  }

 private:
  DETENT_INLINE static i32 pick(const std::uint8_t* table, i32 i) {
    return _mm_shuffle_epi8(_mm_loadu_si128(as_register(table)), i);
  }
  /// The four bytes of float i of any four floats: 4i, 4i + 1, …, of which the shuffle reads the low four bits.
  DETENT_INLINE static i32 bytes_of(i32 i) {
    const i32 low_bytes = _mm_setr_epi32(0, 0x04040404, 0x08080808, 0x0C0C0C0C);
    return _mm_add_epi8(_mm_shuffle_epi8(_mm_slli_epi32(i, 2), low_bytes), _mm_set1_epi32(0x03020100));
  }
  DETENT_INLINE static f32 of_four(const float* four, i32 bytes) {
    return floats(_mm_shuffle_epi8(_mm_loadu_si128(as_register(four)), bytes));
  }
};

#include "detent/backend/kernels/all.inl"

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::sse41

#endif

#endif

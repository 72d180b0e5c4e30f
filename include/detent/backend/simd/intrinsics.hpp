// SPDX-License-Identifier: MIT
//
// What xsimd has not in all of its versions, on raw registers: codes of 8 and 16 bits to 32-bit lanes and back, lookup
// in a table, and the barrier against fused multiplication and addition. Arrays do it where nothing better is known.
//
//   raw_lanes<Arch>::type   of width, f32, i32, load_codes, store_codes, lookup, rounded, greatest_of, least_of
#ifndef DETENT_BACKEND_SIMD_INTRINSICS_HPP
#define DETENT_BACKEND_SIMD_INTRINSICS_HPP

#include "detent/backend/simd/bridge.hpp"

#if defined(__x86_64__)
#include "detent/backend/x86/avx2.hpp"
#include "detent/backend/x86/avx512.hpp"
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace detent::inline v0::detail::inline DETENT_ISA::raw {

/// Through memory.
template <class Arch>
struct portable {
  using f32 = typename xsimd::batch<float, Arch>::register_type;
  using i32 = typename xsimd::batch<std::int32_t, Arch>::register_type;
  static constexpr std::size_t width = xsimd::batch<float, Arch>::size;
  static constexpr bool has_lookup = false;

  DETENT_INLINE static f32 rounded(f32 x) {
    __asm__("" : "+m"(x));
    return x;
  }

  template <class Code>
  DETENT_INLINE static i32 load_codes(const Code* from) {
    std::int32_t codes[width];
    for (std::size_t j = 0; j < width; ++j) codes[j] = static_cast<std::int32_t>(from[j]);
    i32 r;
    __builtin_memcpy(&r, codes, sizeof r);
    return r;
  }
  template <class Code>
  DETENT_INLINE static void store_codes(Code* to, i32 a, i32 b, i32 c, i32 d) {
    store_codes(to, a);
    store_codes(to + width, b);
    store_codes(to + 2 * width, c);
    store_codes(to + 3 * width, d);
  }

  template <std::size_t Entries>
  DETENT_INLINE static f32 lookup(const float* table, i32 i) {
    std::int32_t index[width];
    float values[width];
    __builtin_memcpy(index, &i, sizeof index);
    for (std::size_t j = 0; j < width; ++j) values[j] = table[index[j]];
    f32 r;
    __builtin_memcpy(&r, values, sizeof r);
    return r;
  }

  DETENT_INLINE static std::int32_t greatest_of(i32 x) {
    std::int32_t values[width];
    __builtin_memcpy(values, &x, sizeof values);
    return extreme_of(values, 1);
  }
  DETENT_INLINE static float greatest_of(f32 x) {
    float values[width];
    __builtin_memcpy(values, &x, sizeof values);
    return extreme_of(values, 1.0f);
  }
  DETENT_INLINE static float least_of(f32 x) {
    float values[width];
    __builtin_memcpy(values, &x, sizeof values);
    return extreme_of(values, -1.0f);
  }

 private:
  template <class Code>
  DETENT_INLINE static void store_codes(Code* to, i32 x) {
    std::int32_t codes[width];
    __builtin_memcpy(codes, &x, sizeof codes);
    for (std::size_t j = 0; j < width; ++j) to[j] = static_cast<Code>(codes[j]);
  }
  template <class T>
  DETENT_INLINE static T extreme_of(const T* values, T direction) {
    T best = values[0];
    for (std::size_t j = 1; j < width; ++j) best = values[j] * direction > best * direction ? values[j] : best;
    return best;
  }
};

template <class Arch, std::size_t Width>
struct lanes_of {
  using type = portable<Arch>;
};

#if defined(__x86_64__)

template <class Arch>
struct sse2_lanes : portable<Arch> {
  using f32 = __m128;
  using i32 = __m128i;

  DETENT_INLINE static f32 rounded(f32 x) {
    __asm__("" : "+x"(x));
    return x;
  }

  DETENT_INLINE static i32 load_codes(const std::uint8_t* from) {
    std::int32_t four;
    __builtin_memcpy(&four, from, 4);
    const i32 zero = _mm_setzero_si128();
    return _mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128(four), zero), zero);
  }
  DETENT_INLINE static i32 load_codes(const std::uint16_t* from) {
    return _mm_unpacklo_epi16(_mm_loadl_epi64(reinterpret_cast<const i32*>(from)), _mm_setzero_si128());
  }
  DETENT_INLINE static i32 load_codes(const std::uint32_t* from) {
    return _mm_loadu_si128(reinterpret_cast<const i32*>(from));
  }

  DETENT_INLINE static void store_codes(std::uint8_t* to, i32 a, i32 b, i32 c, i32 d) {
    store(to, _mm_packus_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d)));
  }
  DETENT_INLINE static void store_codes(std::uint16_t* to, i32 a, i32 b, i32 c, i32 d) {
    store(to, _mm_packs_epi32(signed_halves(a), signed_halves(b)));
    store(to + 8, _mm_packs_epi32(signed_halves(c), signed_halves(d)));
  }
  DETENT_INLINE static void store_codes(std::uint32_t* to, i32 a, i32 b, i32 c, i32 d) {
    store(to, a);
    store(to + 4, b);
    store(to + 8, c);
    store(to + 12, d);
  }

 private:
  DETENT_INLINE static void store(void* to, i32 x) { _mm_storeu_si128(static_cast<i32*>(to), x); }
  /// So that packing with signed saturation, the only one of SSE2, keeps all 16 bits.
  DETENT_INLINE static i32 signed_halves(i32 x) { return _mm_srai_epi32(_mm_slli_epi32(x, 16), 16); }
};

template <class Arch>
struct lanes_of<Arch, 4> {
  using type = sse2_lanes<Arch>;
};

#if defined(__AVX2__) && defined(__F16C__)
template <class Arch>
struct lanes_of<Arch, 8> {
  using type = avx2::lanes;
};
#endif

#if defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
template <class Arch>
struct lanes_of<Arch, 16> {
  using type = avx512::lanes;
};
#endif

#elif defined(__aarch64__)

template <class Arch>
struct neon_lanes : portable<Arch> {
  using f32 = float32x4_t;
  using i32 = int32x4_t;

  DETENT_INLINE static f32 rounded(f32 x) {
    __asm__("" : "+w"(x));
    return x;
  }

  DETENT_INLINE static i32 load_codes(const std::uint8_t* from) {
    std::uint32_t four;
    __builtin_memcpy(&four, from, 4);
    const uint8x8_t bytes = vreinterpret_u8_u32(vdup_n_u32(four));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
  }
  DETENT_INLINE static i32 load_codes(const std::uint16_t* from) {
    return vreinterpretq_s32_u32(vmovl_u16(vld1_u16(from)));
  }
  DETENT_INLINE static i32 load_codes(const std::uint32_t* from) { return vreinterpretq_s32_u32(vld1q_u32(from)); }

  DETENT_INLINE static void store_codes(std::uint8_t* to, i32 a, i32 b, i32 c, i32 d) {
    vst1q_u8(to, vcombine_u8(vmovn_u16(halves(a, b)), vmovn_u16(halves(c, d))));
  }
  DETENT_INLINE static void store_codes(std::uint16_t* to, i32 a, i32 b, i32 c, i32 d) {
    vst1q_u16(to, halves(a, b));
    vst1q_u16(to + 8, halves(c, d));
  }
  DETENT_INLINE static void store_codes(std::uint32_t* to, i32 a, i32 b, i32 c, i32 d) {
    vst1q_u32(to, vreinterpretq_u32_s32(a));
    vst1q_u32(to + 4, vreinterpretq_u32_s32(b));
    vst1q_u32(to + 8, vreinterpretq_u32_s32(c));
    vst1q_u32(to + 12, vreinterpretq_u32_s32(d));
  }

  template <std::size_t Entries>
  DETENT_INLINE static f32 lookup(const float* table, i32 i) {
    if constexpr (Entries != 16) {
      return portable<Arch>::template lookup<Entries>(table, i);
    } else {
      const uint8x16x4_t bytes = vld1q_u8_x4(reinterpret_cast<const std::uint8_t*>(table));
      // Entry k is bytes 4k … 4k + 3.
      const uint32x4_t four = vmlaq_n_u32(vdupq_n_u32(0x03020100), vreinterpretq_u32_s32(i), 0x04040404);
      return vreinterpretq_f32_u8(vqtbl4q_u8(bytes, vreinterpretq_u8_u32(four)));
    }
  }

  DETENT_INLINE static std::int32_t greatest_of(i32 x) { return vmaxvq_s32(x); }
  DETENT_INLINE static float greatest_of(f32 x) { return vmaxvq_f32(x); }
  DETENT_INLINE static float least_of(f32 x) { return vminvq_f32(x); }

 private:
  DETENT_INLINE static uint16x8_t halves(i32 a, i32 b) {
    return vcombine_u16(vmovn_u32(vreinterpretq_u32_s32(a)), vmovn_u32(vreinterpretq_u32_s32(b)));
  }
};

template <class Arch>
struct lanes_of<Arch, 4> {
  using type = neon_lanes<Arch>;
};

#endif

}  // namespace detent::inline v0::detail::inline DETENT_ISA::raw

#endif

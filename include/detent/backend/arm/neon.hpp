// SPDX-License-Identifier: MIT
//
// NEON, which every 64-bit Arm processor has: four lanes, half conversions, and lookups in up to 64 bytes: tables of 16
// floats, and levels of threshold trees of up to 16 nodes.
#ifndef DETENT_BACKEND_ARM_NEON_HPP
#define DETENT_BACKEND_ARM_NEON_HPP

#include "detent/backend/arm/neon_products.hpp"
#include "detent/backend/arm/region.hpp"
#include "detent/backend/scalar.hpp"

#if defined(__AARCH64EL__)

namespace detent::inline v0::detail::inline DETENT_ISA::neon {

struct lanes : products {
  static constexpr std::size_t width = 4;
  static constexpr bool has_lookup = true;
  using f32 = float32x4_t;
  using i32 = int32x4_t;
  using mask = uint32x4_t;

  DETENT_INLINE static f32 load(const float* from) { return vld1q_f32(from); }
  DETENT_INLINE static i32 load(const std::int32_t* from) { return vld1q_s32(from); }
  DETENT_INLINE static void store(float* to, f32 x) { vst1q_f32(to, x); }
  DETENT_INLINE static f32 all(float x) { return vdupq_n_f32(x); }
  DETENT_INLINE static i32 all(std::int32_t x) { return vdupq_n_s32(x); }

  DETENT_INLINE static f32 add(f32 a, f32 b) { return vaddq_f32(a, b); }
  DETENT_INLINE static f32 subtract(f32 a, f32 b) { return vsubq_f32(a, b); }
  DETENT_INLINE static f32 multiply(f32 a, f32 b) { return vmulq_f32(a, b); }
  DETENT_INLINE static f32 divide(f32 a, f32 b) { return vdivq_f32(a, b); }
  DETENT_INLINE static f32 min(f32 a, f32 b) { return vminq_f32(a, b); }
  DETENT_INLINE static f32 max(f32 a, f32 b) { return vmaxq_f32(a, b); }
  DETENT_INLINE static f32 rounded(f32 x) {
    DETENT_REGION_BARRIER(x);
    return x;
  }

  DETENT_INLINE static i32 add(i32 a, i32 b) { return vaddq_s32(a, b); }
  DETENT_INLINE static i32 subtract(i32 a, i32 b) { return vsubq_s32(a, b); }
  DETENT_INLINE static i32 multiply(i32 a, i32 b) { return vmulq_s32(a, b); }
  DETENT_INLINE static i32 min(i32 a, i32 b) { return vminq_s32(a, b); }
  DETENT_INLINE static i32 max(i32 a, i32 b) { return vmaxq_s32(a, b); }
  DETENT_INLINE static i32 bit_and(i32 a, i32 b) { return vandq_s32(a, b); }
  DETENT_INLINE static i32 bit_or(i32 a, i32 b) { return vorrq_s32(a, b); }
  DETENT_INLINE static i32 bit_xor(i32 a, i32 b) { return veorq_s32(a, b); }
  template <int Bits>
  DETENT_INLINE static i32 shift_left(i32 a) {
    return vshlq_n_s32(a, Bits);
  }
  template <int Bits>
  DETENT_INLINE static i32 shift_right(i32 a) {
    return vshrq_n_s32(a, Bits);
  }

  DETENT_INLINE static i32 bits(f32 x) { return vreinterpretq_s32_f32(x); }
  DETENT_INLINE static f32 floats(i32 x) { return vreinterpretq_f32_s32(x); }
  DETENT_INLINE static f32 to_float(i32 x) { return vcvtq_f32_s32(x); }
  DETENT_INLINE static i32 truncate(f32 x) { return vcvtq_s32_f32(x); }
  DETENT_INLINE static i32 nearest(f32 x) { return vcvtnq_s32_f32(x); }

  /// IEEE half precision in the low 16 bits of each lane. NaN keeps its payload, and becomes quiet.
  DETENT_INLINE static i32 to_half(f32 x) {
    return vreinterpretq_s32_u32(vmovl_u16(vreinterpret_u16_f16(vcvt_f16_f32(x))));
  }
  DETENT_INLINE static f32 from_half(i32 x) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32(vreinterpretq_u32_s32(x))));
  }

  DETENT_INLINE static mask nowhere() { return vdupq_n_u32(0); }
  DETENT_INLINE static mask either(mask a, mask b) { return vorrq_u32(a, b); }
  /// Bit i: lane i.
  DETENT_INLINE static std::uint32_t mask_bits(mask m) {
    const std::uint32_t bits[] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(m, vld1q_u32(bits)));
  }
  /// Of every M lanes, lane i: lane (i + By) % M.
  template <unsigned M, unsigned By>
    requires(M == 4)
  DETENT_INLINE static i32 rotated(i32 x) {
    return vextq_s32(x, x, By);
  }
  DETENT_INLINE static bool any(mask m) { return vmaxvq_u32(m) != 0; }
  DETENT_INLINE static mask less(f32 a, f32 b) { return vcltq_f32(a, b); }
  DETENT_INLINE static mask ordered(f32 x) { return vceqq_f32(x, x); }
  DETENT_INLINE static mask less(i32 a, i32 b) { return vcltq_s32(a, b); }
  DETENT_INLINE static mask equal(i32 a, i32 b) { return vceqq_s32(a, b); }
  DETENT_INLINE static f32 select(mask m, f32 a, f32 b) { return vbslq_f32(m, a, b); }
  DETENT_INLINE static i32 select(mask m, i32 a, i32 b) { return vbslq_s32(m, a, b); }
  DETENT_INLINE static i32 increment_where(mask m, i32 a) { return vsubq_s32(a, vreinterpretq_s32_u32(m)); }
  DETENT_INLINE static i32 decrement_where(mask m, i32 a) { return vaddq_s32(a, vreinterpretq_s32_u32(m)); }

  DETENT_INLINE static std::int32_t greatest_of(i32 x) { return vmaxvq_s32(x); }
  DETENT_INLINE static float greatest_of(f32 x) { return vmaxvq_f32(x); }
  DETENT_INLINE static float least_of(f32 x) { return vminvq_f32(x); }

  /// table[i] of `Entries` floats, a power of two, 16 at least.
  template <std::size_t Entries>
  DETENT_INLINE static f32 lookup(const float* table, i32 i) {
    if constexpr (Entries == 16) {
      return floats_of(vqtbl4q_u8(vld1q_u8_x4(as_bytes(table)), bytes_of<0>(i)));
    } else {
      f32 found = vdupq_n_f32(table[vgetq_lane_s32(i, 0)]);
      found = vld1q_lane_f32(table + vgetq_lane_s32(i, 1), found, 1);
      found = vld1q_lane_f32(table + vgetq_lane_s32(i, 2), found, 2);
      return vld1q_lane_f32(table + vgetq_lane_s32(i, 3), found, 3);
    }
  }

  /// tree[k], where k is on level `Level`: 2^Level <= k < 2^(Level + 1).
  template <int Level>
  DETENT_INLINE static f32 node(const float* tree, i32 k) {
    if constexpr (Level == 0)
      return vdupq_n_f32(tree[1]);
    else if constexpr (Level == 1)
      return floats_of(vqtbl1q_u8(vld1q_u8(as_bytes(tree)), bytes_of<0>(k)));
    else if constexpr (Level == 2)
      return floats_of(vqtbl1q_u8(vld1q_u8(as_bytes(tree + 4)), bytes_of<4>(k)));
    else if constexpr (Level == 3)
      return floats_of(vqtbl2q_u8(vld1q_u8_x2(as_bytes(tree + 8)), bytes_of<8>(k)));
    else if constexpr (Level == 4)
      return floats_of(vqtbl4q_u8(vld1q_u8_x4(as_bytes(tree + 16)), bytes_of<16>(k)));
    else
      return lookup<std::size_t{2} << Level>(tree, k);
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
    vst1q_u8(to, vuzp1q_u8(vreinterpretq_u8_u16(halves(a, b)), vreinterpretq_u8_u16(halves(c, d))));
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

  /// 4-bit codes into bytes, 32 at a time; the number done is returned. `High`: the first of two is the high nibble.
  template <bool High>
  DETENT_INLINE static std::size_t pack_nibbles(const std::uint8_t* codes, std::size_t n, std::uint8_t* to) {
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      const uint8x16x2_t pairs = vld2q_u8(codes + i);
      vst1q_u8(to + i / 2, vsliq_n_u8(pairs.val[High ? 1 : 0], pairs.val[High ? 0 : 1], 4));
    }
    return i;
  }
  template <bool High>
  DETENT_INLINE static std::size_t unpack_nibbles(const std::uint8_t* from, std::size_t n, std::uint8_t* codes) {
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      const uint8x16_t bytes = vld1q_u8(from + i / 2);
      uint8x16x2_t pairs;
      pairs.val[High ? 1 : 0] = vandq_u8(bytes, vdupq_n_u8(15));
      pairs.val[High ? 0 : 1] = vshrq_n_u8(bytes, 4);
      vst2q_u8(codes + i, pairs);
    }
    return i;
  }

  /// The floats of 16 codes, from 16 lowest bytes, 16 next ones, …
  DETENT_INLINE static void pick_floats(const std::uint8_t* planes, const std::uint8_t* codes, f32 (&to)[4]) {
    const uint8x16_t x = vld1q_u8(codes);
    const uint8x16x2_t low = vzipq_u8(vqtbl1q_u8(vld1q_u8(planes), x), vqtbl1q_u8(vld1q_u8(planes + 16), x));
    const uint8x16x2_t high = vzipq_u8(vqtbl1q_u8(vld1q_u8(planes + 32), x), vqtbl1q_u8(vld1q_u8(planes + 48), x));
    for (int k = 0; k < 2; ++k) {
      const uint16x8x2_t y = vzipq_u16(vreinterpretq_u16_u8(low.val[k]), vreinterpretq_u16_u8(high.val[k]));
      to[2 * k] = vreinterpretq_f32_u16(y.val[0]);
      to[2 * k + 1] = vreinterpretq_f32_u16(y.val[1]);
    }
  }

  /// The low and the high bytes of 16 words.
  struct words {
    uint8x16_t low, high;
  };
  DETENT_INLINE static words words_of(const i32* of) {
    const uint8x16_t first = vreinterpretq_u8_u16(halves(of[0], of[1]));
    const uint8x16_t second = vreinterpretq_u8_u16(halves(of[2], of[3]));
    return {vuzp1q_u8(first, second), vuzp2q_u8(first, second)};
  }
  static constexpr std::size_t words_at_once = 16;
  DETENT_INLINE static void store_words(std::uint16_t* to, const words& table, const std::uint8_t* codes) {
    const uint8x16_t x = vld1q_u8(codes);
    vst2q_u8(reinterpret_cast<std::uint8_t*>(to), {{vqtbl1q_u8(table.low, x), vqtbl1q_u8(table.high, x)}});
  }

 private:
  DETENT_INLINE static const std::uint8_t* as_bytes(const float* p) { return reinterpret_cast<const std::uint8_t*>(p); }
  DETENT_INLINE static f32 floats_of(uint8x16_t x) { return vreinterpretq_f32_u8(x); }
  /// The four bytes of float i - First: 4(i - First), and the three that follow.
  template <std::uint32_t First>
  DETENT_INLINE static uint8x16_t bytes_of(i32 i) {
    const uint32x4_t first = vdupq_n_u32(0x03020100u - 4 * First * 0x01010101u);
    return vreinterpretq_u8_u32(vmlaq_n_u32(first, vreinterpretq_u32_s32(i), 0x04040404u));
  }
  /// The low halves of lanes.
  DETENT_INLINE static uint16x8_t halves(i32 a, i32 b) {
    return vuzp1q_u16(vreinterpretq_u16_s32(a), vreinterpretq_u16_s32(b));
  }
};

#include "detent/backend/kernels/all.inl"

}  // namespace detent::inline v0::detail::inline DETENT_ISA::neon

#endif

#endif

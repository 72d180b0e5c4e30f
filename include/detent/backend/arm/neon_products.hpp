// SPDX-License-Identifier: MIT
//
// Products by NEON.
//
//   multiply_kept(s, m, x)       the next survivors times what m keeps of a vector x; 0 elsewhere
//   add_products(sums, w, x)     twice as many products of 8-bit codes as there are lanes, two to a sum
//   all_pairs(v, w)              two codes, for
//   pair_sums                    sums of 32 bits for two vectors of lanes; add(pair, x, y) adds v · x + w · y
#ifndef DETENT_BACKEND_ARM_NEON_PRODUCTS_HPP
#define DETENT_BACKEND_ARM_NEON_PRODUCTS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/backend/arm/neon_moves.hpp"

#if defined(__AARCH64EL__)

namespace detent::inline v0::detail::inline DETENT_ISA::neon {

struct products : moves {
  /// The products of four lanes, 0 where m keeps none.
  DETENT_INLINE static float32x4_t multiply_kept(const float* survivors, std::uint64_t m, float32x4_t x) {
    const uint8x16_t i = bytes_of<4>(vld1_u8(move_tables::expand_index.data + 8 * m));
    const uint8x16_t w = vqtbl1q_u8(vreinterpretq_u8_f32(vld1q_f32(survivors)), i);
    const uint32x4_t product = vreinterpretq_u32_f32(vmulq_f32(vreinterpretq_f32_u8(w), x));
    return vreinterpretq_f32_u32(vandq_u32(product, vreinterpretq_u32_u8(kept<4>(m))));
  }

  DETENT_INLINE static int32x4_t add_products(int32x4_t sums, const std::int8_t* w, const std::int8_t* x) {
    return vpadalq_s16(sums, vmull_s8(vld1_s8(w), vld1_s8(x)));
  }

  struct pair {
    std::int16_t first, second;
  };
  DETENT_INLINE static pair all_pairs(std::int8_t v, std::int8_t w) { return {v, w}; }
  struct pair_sums {
    int32x4_t low, high;
    DETENT_INLINE void load(const std::int32_t* from) {
      low = vld1q_s32(from);
      high = vld1q_s32(from + 4);
    }
    DETENT_INLINE void store(std::int32_t* to) const {
      vst1q_s32(to, low);
      vst1q_s32(to + 4, high);
    }
    DETENT_INLINE void add(pair w, const std::int16_t* x, const std::int16_t* y) {
      const int16x8_t a = vld1q_s16(x), b = vld1q_s16(y);
      low = vmlal_n_s16(vmlal_n_s16(low, vget_low_s16(a), w.first), vget_low_s16(b), w.second);
      high = vmlal_n_s16(vmlal_n_s16(high, vget_high_s16(a), w.first), vget_high_s16(b), w.second);
    }
  };
};

}  // namespace detent::inline v0::detail::inline DETENT_ISA::neon

#endif

#endif

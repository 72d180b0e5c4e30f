// SPDX-License-Identifier: MIT
//
// Elements of `Size` bytes moved through a mask by NEON's lookup of bytes, which gives 0 beyond the table.
//
//   zeroed<Size>                 elements that zero_pruned does at a time
//   moved<Size>                  elements that compress and expand do at a time; 0: none
//   compress<Size>(x, m, to)     what m keeps of them, one after another; writes as many as it reads
//   expand<Size>(x, m, to)       and back, 0 elsewhere; reads as many as it writes
//   count(m)                     how many m keeps
#ifndef DETENT_BACKEND_ARM_NEON_MOVES_HPP
#define DETENT_BACKEND_ARM_NEON_MOVES_HPP

#include <cstddef>
#include <cstdint>

#include "detent/backend/arm/region.hpp"
#include "detent/backend/move_tables.hpp"

#if defined(__AARCH64EL__)

namespace detent::inline v0::detail::inline DETENT_ISA::neon {

struct moves {
  template <std::size_t Size>
  static constexpr std::size_t zeroed = Size <= 4 ? 16 / Size : 0;
  template <std::size_t Size>
  static constexpr std::size_t moved = Size == 4   ? 4
                                       : Size <= 2 ? 8
                                                   : 0;

  template <std::size_t Size>
  DETENT_INLINE static void zero_pruned(const void* x, std::uint64_t m, void* to) {
    const uint8x16_t loaded = vld1q_u8(static_cast<const std::uint8_t*>(x));
    vst1q_u8(static_cast<std::uint8_t*>(to), vandq_u8(loaded, kept<Size>(m)));
  }

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
  /// All bits of the elements that are kept.
  template <std::size_t Size>
  DETENT_INLINE static uint8x16_t kept(std::uint64_t m) {
    const std::uint64_t by_byte = 0x8040201008040201u;
    const uint8x8_t bytes = vreinterpret_u8_u64(vdup_n_u64(by_byte));
    const uint8x16_t bits = vcombine_u8(bytes, bytes);
    if constexpr (Size == 1) {
      const auto low = vdup_n_u8(static_cast<std::uint8_t>(m));
      return vtstq_u8(vcombine_u8(low, vdup_n_u8(static_cast<std::uint8_t>(m >> 8))), bits);
    } else if constexpr (Size == 2) {
      return vreinterpretq_u8_u16(vtstq_u16(vdupq_n_u16(static_cast<std::uint16_t>(m)), vmovl_u8(bytes)));
    } else {
      const uint32x4_t four = vmovl_u16(vget_low_u16(vmovl_u8(bytes)));
      return vreinterpretq_u8_u32(vtstq_u32(vdupq_n_u32(static_cast<std::uint32_t>(m)), four));
    }
  }

  template <std::size_t Size>
  DETENT_INLINE static void shuffle(const void* x, const std::uint8_t* index, void* to) {
    const uint8x8_t i = vld1_u8(index);
    const auto* from = static_cast<const std::uint8_t*>(x);
    auto* target = static_cast<std::uint8_t*>(to);
    if constexpr (Size == 1)
      vst1_u8(target, vtbl1_u8(vld1_u8(from), i));
    else
      vst1q_u8(target, vqtbl1q_u8(vld1q_u8(from), bytes_of<Size>(i)));
  }
  /// The bytes of elements: index · Size, and those that follow. Absent ones stay beyond the table.
  template <std::size_t Size>
  DETENT_INLINE static uint8x16_t bytes_of(uint8x8_t i) {
    if constexpr (Size == 2) {
      const uint16x8_t first = vdupq_n_u16(0x0100);
      return vreinterpretq_u8_u16(vmlaq_n_u16(first, vmovl_u8(i), 0x0202));
    }
    const uint32x4_t wide = vmovl_u16(vget_low_u16(vmovl_u8(i)));
    return vreinterpretq_u8_u32(vmlaq_n_u32(vdupq_n_u32(0x03020100u), wide, 0x04040404u));
  }
};

}  // namespace detent::inline v0::detail::inline DETENT_ISA::neon

#endif

#endif

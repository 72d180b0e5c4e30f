// SPDX-License-Identifier: MIT
//
// Bytes of words put together, in one instruction each on the device; see machine.hpp.
#ifndef DETENT_CUDA_BYTES_HPP
#define DETENT_CUDA_BYTES_HPP

#include <cstdint>

#include "detent/core/config.hpp"

namespace detent::inline v0::detail::gpu {

/// The low halves of two words, the first lowest.
DETENT_INLINE std::uint32_t low_halves(std::uint32_t a, std::uint32_t b) {
#if defined(__CUDA_ARCH__)
  return __byte_perm(a, b, 0x5410);
#else
  return (a & 0xFFFFu) | b << 16;
#endif
}

/// The low bytes of four words, the first lowest.
DETENT_INLINE std::uint32_t low_bytes(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
#if defined(__CUDA_ARCH__)
  return low_halves(__byte_perm(a, b, 0x0040), __byte_perm(c, d, 0x0040));
#else
  return (a & 255u) | (b & 255u) << 8 | (c & 255u) << 16 | (d & 255u) << 24;
#endif
}

/// The high bytes of four words, the first lowest.
DETENT_INLINE std::uint32_t high_bytes(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
#if defined(__CUDA_ARCH__)
  return low_halves(__byte_perm(a, b, 0x0073), __byte_perm(c, d, 0x0073));
#else
  return a >> 24 | b >> 24 << 8 | c >> 24 << 16 | d >> 24 << 24;
#endif
}

/// Of each of two words the lowest byte, or the next; the first word's lowest. Bits from the 17th on are any.
DETENT_INLINE std::uint32_t chosen_bytes(std::uint32_t a, bool next_a, std::uint32_t b, bool next_b) {
#if defined(__CUDA_ARCH__)
  std::uint32_t which = next_a ? 0x41u : 0x40u;
  if (next_b) which += 0x10u;
  return __byte_perm(a, b, which);
#else
  return (a >> (next_a ? 8 : 0) & 255u) | (b >> (next_b ? 8 : 0) & 255u) << 8;
#endif
}

}  // namespace detent::inline v0::detail::gpu

#endif

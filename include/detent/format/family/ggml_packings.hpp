// SPDX-License-Identifier: MIT
//
// Where ggml's blocks put the bits that do not fit a nibble, and those of the scales that share bytes: packings, each
// with a whole block at once, by words of 64 bits.
#ifndef DETENT_FORMAT_FAMILY_GGML_PACKINGS_HPP
#define DETENT_FORMAT_FAMILY_GGML_PACKINGS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/packing.hpp"

namespace detent::inline v0::ggml {

namespace bytes_of_eight {

inline constexpr std::uint64_t every_byte = 0x0101010101010101u;

DETENT_INLINE std::uint64_t eight(const std::uint8_t* from) {
  std::uint64_t x;
  __builtin_memcpy(&x, from, 8);
  return x;
}
DETENT_INLINE void put_eight(std::uint8_t* to, std::uint64_t x) { __builtin_memcpy(to, &x, 8); }

/// Eight bits to the lowest bit of a byte each, and back.
DETENT_INLINE std::uint64_t spread_bits(std::uint64_t bits) {
  const std::uint64_t placed = (bits * every_byte) & 0x8040201008040201u;
  return (placed + 127 * every_byte) >> 7 & every_byte;
}
DETENT_INLINE std::uint64_t gathered_bits(std::uint64_t bytes) { return (bytes * 0x0102040810204080u) >> 56; }

}  // namespace bytes_of_eight

/// Q5: 4 bytes of fifth bits, bit j of element j, then 16 bytes of split halves.
struct five_bits {
  using low = split_halves<32>;

  template <int Bits>
    requires(Bits == 5)
  DETENT_INLINE static constexpr std::size_t bytes(std::size_t count) {
    return count / 32 * 20;
  }

  template <int Bits>
    requires(Bits == 5)
  DETENT_INLINE static constexpr std::uint32_t get(const std::uint8_t* from, std::size_t i) {
    return low::get<4>(from + 4, i) | low_bits_first::get<1>(from, i) << 4;
  }

  template <int Bits>
    requires(Bits == 5)
  DETENT_INLINE static constexpr void put(std::uint8_t* to, std::size_t i, std::uint32_t code) {
    low::put<4>(to + 4, i, code & 15);
    low_bits_first::put<1>(to, i, code >> 4);
  }

  static constexpr std::size_t words = 32;
  DETENT_INLINE static void pack_words(const std::uint8_t* codes, std::uint8_t* to) {
    constexpr std::uint64_t nibbles = 15 * bytes_of_eight::every_byte;
    for (std::size_t i = 0; i < 16; i += 8) {
      const std::uint64_t first = bytes_of_eight::eight(codes + i);
      const std::uint64_t second = bytes_of_eight::eight(codes + 16 + i);
      bytes_of_eight::put_eight(to + 4 + i, (first & nibbles) | (second & nibbles) << 4);
      to[i / 8] = static_cast<std::uint8_t>(bytes_of_eight::gathered_bits(first >> 4 & bytes_of_eight::every_byte));
      to[2 + i / 8] =
          static_cast<std::uint8_t>(bytes_of_eight::gathered_bits(second >> 4 & bytes_of_eight::every_byte));
    }
  }
  DETENT_INLINE static void unpack_words(const std::uint8_t* from, std::uint8_t* codes) {
    constexpr std::uint64_t nibbles = 15 * bytes_of_eight::every_byte;
    for (std::size_t i = 0; i < 16; i += 8) {
      const std::uint64_t pairs = bytes_of_eight::eight(from + 4 + i);
      bytes_of_eight::put_eight(codes + i, (pairs & nibbles) | bytes_of_eight::spread_bits(from[i / 8]) << 4);
      bytes_of_eight::put_eight(codes + 16 + i, (pairs >> 4 & nibbles) | bytes_of_eight::spread_bits(from[2 + i / 8])
                                                                             << 4);
    }
  }
};

/// Q6_K: 128 bytes of low nibbles, then 64 of high pairs. In a chunk of 128 elements, element l + 32·k (k = 0 … 3) has
/// its low nibble in byte l + 32·(k mod 2), the high half for k >= 2, and its high pair in byte l at bit 2·k.
struct six_bits {
  template <int Bits>
    requires(Bits == 6)
  DETENT_INLINE static constexpr std::size_t bytes(std::size_t count) {
    return count / 256 * 192;
  }

  template <int Bits>
    requires(Bits == 6)
  DETENT_INLINE static constexpr std::uint32_t get(const std::uint8_t* from, std::size_t i) {
    const std::size_t l = i % 32;
    const std::size_t k = i / 32 % 4;
    const std::uint32_t low = from[i / 128 * 64 + k % 2 * 32 + l];
    const std::uint32_t high = from[128 + i / 128 * 32 + l];
    return (low >> (k / 2 * 4) & 15) | (high >> (2 * k) & 3) << 4;
  }

  template <int Bits>
    requires(Bits == 6)
  DETENT_INLINE static constexpr void put(std::uint8_t* to, std::size_t i, std::uint32_t code) {
    const std::size_t l = i % 32;
    const std::size_t k = i / 32 % 4;
    std::uint8_t& low = to[i / 128 * 64 + k % 2 * 32 + l];
    std::uint8_t& high = to[128 + i / 128 * 32 + l];
    low = static_cast<std::uint8_t>((low & ~(15u << (k / 2 * 4))) | (code & 15) << (k / 2 * 4));
    high = static_cast<std::uint8_t>((high & ~(3u << (2 * k))) | code >> 4 << (2 * k));
  }

  static constexpr std::size_t words = 256;
  DETENT_INLINE static void pack_words(const std::uint8_t* codes, std::uint8_t* to) {
    constexpr std::uint64_t nibbles = 15 * bytes_of_eight::every_byte;
    constexpr std::uint64_t pairs = 3 * bytes_of_eight::every_byte;
    for (std::size_t i = 0; i < 64; i += 8) {
      const std::uint8_t* from = codes + i / 32 * 128 + i % 32;
      const std::uint64_t a = bytes_of_eight::eight(from), b = bytes_of_eight::eight(from + 32);
      const std::uint64_t c = bytes_of_eight::eight(from + 64), d = bytes_of_eight::eight(from + 96);
      std::uint8_t* low = to + i / 32 * 64 + i % 32;
      bytes_of_eight::put_eight(low, (a & nibbles) | (c & nibbles) << 4);
      bytes_of_eight::put_eight(low + 32, (b & nibbles) | (d & nibbles) << 4);
      bytes_of_eight::put_eight(
          to + 128 + i, (a >> 4 & pairs) | (b >> 4 & pairs) << 2 | (c >> 4 & pairs) << 4 | (d >> 4 & pairs) << 6);
    }
  }
  DETENT_INLINE static void unpack_words(const std::uint8_t* from, std::uint8_t* codes) {
    constexpr std::uint64_t nibbles = 15 * bytes_of_eight::every_byte;
    constexpr std::uint64_t pairs = 3 * bytes_of_eight::every_byte;
    for (std::size_t i = 0; i < 64; i += 8) {
      const std::uint8_t* low = from + i / 32 * 64 + i % 32;
      const std::uint64_t ac = bytes_of_eight::eight(low), bd = bytes_of_eight::eight(low + 32);
      const std::uint64_t high = bytes_of_eight::eight(from + 128 + i);
      std::uint8_t* to = codes + i / 32 * 128 + i % 32;
      bytes_of_eight::put_eight(to, (ac & nibbles) | (high & pairs) << 4);
      bytes_of_eight::put_eight(to + 32, (bd & nibbles) | (high >> 2 & pairs) << 4);
      bytes_of_eight::put_eight(to + 64, (ac >> 4 & nibbles) | (high >> 4 & pairs) << 4);
      bytes_of_eight::put_eight(to + 96, (bd >> 4 & nibbles) | (high >> 6 & pairs) << 4);
    }
  }
};

/// Q4_K: 6-bit scales (First = 0) and minima (First = 4) share 12 bytes. Entry j < 4: the low 6 bits of byte First + j.
/// Entry j >= 4: its low nibble is the low (scales) or the high (minima) half of byte 4 + j, its high pair the top of
/// byte First + j - 4.
template <std::size_t First>
struct k_scale_bits {
  template <int Bits>
    requires(Bits == 6)
  DETENT_INLINE static constexpr std::size_t bytes(std::size_t count) {
    return count / 8 * 12;
  }

  template <int Bits>
    requires(Bits == 6)
  DETENT_INLINE static constexpr std::uint32_t get(const std::uint8_t* s, std::size_t j) {
    if (j < 4) return s[First + j] & 63u;
    return (std::uint32_t{s[4 + j]} >> First & 15u) | (std::uint32_t{s[First + j - 4]} >> 6) << 4;
  }

  template <int Bits>
    requires(Bits == 6)
  DETENT_INLINE static constexpr void put(std::uint8_t* s, std::size_t j, std::uint32_t code) {
    if (j < 4) {
      s[First + j] = static_cast<std::uint8_t>((s[First + j] & 0xC0u) | code);
    } else {
      s[4 + j] = static_cast<std::uint8_t>((s[4 + j] & ~(15u << First)) | (code & 15u) << First);
      s[First + j - 4] = static_cast<std::uint8_t>((s[First + j - 4] & 63u) | code >> 4 << 6);
    }
  }

  static constexpr std::size_t words = 8;
  DETENT_INLINE static void pack_words(const std::uint8_t* codes, std::uint8_t* s) {
    for (std::size_t j = 0; j < 8; ++j) put<6>(s, j, codes[j]);
  }
  DETENT_INLINE static void unpack_words(const std::uint8_t* s, std::uint8_t* codes) {
    constexpr std::uint32_t low = 0x3F3F3F3F, nibbles = 0x0F0F0F0F, pairs = 0x30303030;
    std::uint32_t mine, shared;
    __builtin_memcpy(&mine, s + First, 4);
    __builtin_memcpy(&shared, s + 8, 4);
    const std::uint64_t first = mine & low;
    const std::uint64_t second = (shared >> First & nibbles) | (mine >> 2 & pairs);
    bytes_of_eight::put_eight(codes, first | second << 32);
  }
};

}  // namespace detent::inline v0::ggml

#endif

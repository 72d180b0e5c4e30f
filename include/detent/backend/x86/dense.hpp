// SPDX-License-Identifier: MIT
//
// Constants for dense streams of b-bit codes, 1 to 6 bits, in 128-bit lanes: 16 codes are 2b bytes.
//
//   packed<b>               after 8 codes have been added up in 64 bits: the bytes that they take, of both halves,
//                           together
//   bytes_of_codes<b, f>    for code 2j + f the two bytes in which it lies
//   factors_of_codes<b, f>  what these must be multiplied by so that it begins at bit 8
#ifndef DETENT_BACKEND_X86_DENSE_HPP
#define DETENT_BACKEND_X86_DENSE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/bits.hpp"

namespace detent::inline v0::detail::dense {

template <int Bits>
alignas(16) inline constexpr table<std::uint8_t, 16> packed = [] {
  table<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 16; ++i) bytes[i] = 0x80;  // a zero
  for (std::size_t i = 0; i < std::size_t{Bits}; ++i) {
    bytes[i] = static_cast<std::uint8_t>(i);
    bytes[Bits + i] = static_cast<std::uint8_t>(8 + i);
  }
  return bytes;
}();

/// The bytes of codes First, First + 2, …
template <int Bits, int First>
alignas(16) inline constexpr table<std::uint8_t, 16> bytes_of_codes = [] {
  table<std::uint8_t, 16> bytes{};
  for (std::size_t j = 0; j < 8; ++j) {
    const std::size_t byte = (2 * j + First) * Bits / 8;
    bytes[2 * j] = static_cast<std::uint8_t>(byte);
    bytes[2 * j + 1] = static_cast<std::uint8_t>(byte + 1);
  }
  return bytes;
}();

/// What a word of these two bytes is multiplied by, for the code to begin at bit 8.
template <int Bits, int First>
alignas(16) inline constexpr table<std::uint16_t, 8> factors_of_codes = [] {
  table<std::uint16_t, 8> factors{};
  for (std::size_t j = 0; j < 8; ++j) factors[j] = static_cast<std::uint16_t>(1u << (8 - (2 * j + First) * Bits % 8));
  return factors;
}();

/// Codes that must follow those of a step, since it reads and writes whole lanes.
template <int Bits>
inline constexpr std::size_t margin = 8 * 16 / Bits;

}  // namespace detent::inline v0::detail::dense

#endif

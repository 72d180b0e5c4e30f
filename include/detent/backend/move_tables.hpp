// SPDX-License-Identifier: MIT
//
// Tables by which shuffles move elements through a mask, eight at a time: entry 8 m + i is for mask m (bit k keeps
// element k) and output i.
//
//   compress_index   the i-th element that is kept; 0 behind the last
//   expand_index     how many are kept before element i; `absent` if it is pruned
//   kept_in_byte     how many are kept
//
// A shuffle of bytes takes elements of two and four bytes at index · size + 0, 1, …: `absent` · size stays an index
// with its highest bit set, for which shuffles give 0.
#ifndef DETENT_BACKEND_MOVE_TABLES_HPP
#define DETENT_BACKEND_MOVE_TABLES_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/bits.hpp"

namespace detent::inline v0::detail::move_tables {

inline constexpr std::uint8_t absent = 0xE0;

alignas(64) inline constexpr table<std::uint8_t, 2048> compress_index = [] {
  table<std::uint8_t, 2048> made{};
  for (std::size_t m = 0; m < 256; ++m) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      if ((m >> i & 1u) != 0) made[8 * m + count++] = static_cast<std::uint8_t>(i);
    }
  }
  return made;
}();

alignas(64) inline constexpr table<std::uint8_t, 2048> expand_index = [] {
  table<std::uint8_t, 2048> made{};
  for (std::size_t m = 0; m < 256; ++m) {
    std::uint8_t count = 0;
    for (std::size_t i = 0; i < 8; ++i) made[8 * m + i] = (m >> i & 1u) != 0 ? count++ : absent;
  }
  return made;
}();

alignas(64) inline constexpr table<std::uint8_t, 256> kept_in_byte = [] {
  table<std::uint8_t, 256> made{};
  for (std::size_t m = 0; m < 256; ++m) made[m] = static_cast<std::uint8_t>(__builtin_popcountll(m));
  return made;
}();

/// Entry 16 c + i, for two masks of eight of which the lower keeps c: what index i of the upper is moved up by.
alignas(64) inline constexpr table<std::uint8_t, 144> upper_index = [] {
  table<std::uint8_t, 144> made{};
  for (std::size_t i = 0; i < 144; ++i) made[i] = static_cast<std::uint8_t>(i % 16 < 8 ? 0 : i / 16);
  return made;
}();

/// What a shuffle of four is told so that lane i takes lane (i + By) % 4.
template <unsigned By>
inline constexpr int rotation = By % 4 | (1 + By) % 4 << 2 | (2 + By) % 4 << 4 | (3 + By) % 4 << 6;

/// The same in each eight of sixteen.
template <unsigned By>
alignas(64) inline constexpr table<std::int32_t, 16> turned_in_eight = [] {
  table<std::int32_t, 16> made{};
  for (std::size_t i = 0; i < 16; ++i) made[i] = static_cast<std::int32_t>(i / 8 * 8 + (i + By) % 8);
  return made;
}();

}  // namespace detent::inline v0::detail::move_tables

#endif

// SPDX-License-Identifier: MIT
//
// Survivors on their way past the caches (op/compress.hpp). Each tile keeps another number of elements: written at
// once, lines of memory would be written in parts, and read before.
#ifndef DETENT_OP_SURVIVOR_LINES_HPP
#define DETENT_OP_SURVIVOR_LINES_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/backend.hpp"
#include "detent/core/mask_steps.hpp"
#include "detent/op/tile.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Writes a task's survivors by whole lines: what does not fill one waits for the next tile's.
template <backend B, class Code>
struct survivor_lines {
  static constexpr std::size_t line = cache_line / sizeof(Code);
  const B& b;
  std::uint8_t* to;    // a line's first byte
  std::size_t begin;   // of waiting codes; those before it in the line are another task's
  std::size_t filled;  // their end
  alignas(cache_line) Code waiting[streamed_tile + 2 * line] = {};

  survivor_lines(const B& steps, std::uint8_t* at) : b(steps) {
    begin = filled = reinterpret_cast<std::uintptr_t>(at) % cache_line / sizeof(Code);
    to = at - begin * sizeof(Code);
  }
  survivor_lines(const survivor_lines&) = delete;
  survivor_lines& operator=(const survivor_lines&) = delete;

  /// n at most streamed_tile.
  void append(const Code* codes, const std::uint64_t* keep, std::size_t n) {
    filled += mask_steps_of(b).compress(codes, keep, n, waiting + filled, streamed_tile + 2 * line - filled - n);
    const std::size_t whole = filled / line * line;
    if (whole == 0) return;
    steps_of(b).stream(waiting + begin, (whole - begin) * sizeof(Code), to + begin * sizeof(Code));
    to += whole * sizeof(Code);
    filled -= whole;
    begin = 0;
    __builtin_memcpy(waiting, waiting + whole, line * sizeof(Code));
  }
  ~survivor_lines() {
    __builtin_memcpy(to + begin * sizeof(Code), waiting + begin, (filled - begin) * sizeof(Code));
    steps_of(b).fence();
  }
};

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

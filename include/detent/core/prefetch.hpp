// SPDX-License-Identifier: MIT
//
// Memory asked for before it is needed.
#ifndef DETENT_CORE_PREFETCH_HPP
#define DETENT_CORE_PREFETCH_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/config.hpp"
#include "detent/core/isa.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// What memory is asked into; the numbers are those of __builtin_prefetch. What is asked for into the second-level
/// cache may be dropped when memory is busy.
enum class cache_level { second = 2, first = 3 };

/// Asks for the bytes from `distance` behind an address on, and waits for nothing; there need be none. (Not inlined,
/// g++ takes it for a function without effect.)
template <cache_level Into>
[[gnu::always_inline]] constexpr void prefetch(const void* from, std::size_t distance, std::size_t bytes) {
  if (__builtin_is_constant_evaluated()) return;
  const std::uintptr_t at = reinterpret_cast<std::uintptr_t>(from) + distance;
  for (std::size_t i = 0; i < bytes; i += 64) {
    __builtin_prefetch(reinterpret_cast<const void*>(at + i), 0, static_cast<int>(Into));
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

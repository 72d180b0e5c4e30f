// SPDX-License-Identifier: MIT
//
// Memory asked for ahead by an operation: from how far, and into which cache, is a matter of the processor, which the
// backend knows.
#ifndef DETENT_OP_ASK_HPP
#define DETENT_OP_ASK_HPP

#include <cstddef>

#include "detent/core/backend.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// True if memory comes fastest when asked for from near, into the first-level cache; else from far, into the second.
template <backend B>
constexpr bool asks_near(const B& b) {
  if constexpr (requires { bool{b.asks_near()}; })
    return b.asks_near();
  else
    return false;
}

/// Asks for the bytes from `distance` behind an address on; there need be none. `near_by`: asks_near of the backend.
constexpr void ask(bool near_by, const void* from, std::size_t distance, std::size_t bytes) {
  if (near_by)
    prefetch<cache_level::first>(from, distance, bytes);
  else
    prefetch<cache_level::second>(from, distance, bytes);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

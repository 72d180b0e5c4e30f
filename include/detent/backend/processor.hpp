// SPDX-License-Identifier: MIT
//
// What is known of the processor beside its instruction sets.
#ifndef DETENT_BACKEND_PROCESSOR_HPP
#define DETENT_BACKEND_PROCESSOR_HPP

#include "detent/core/isa.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// True if memory and the second-level cache are best asked for ahead into the first-level cache (op/ask.hpp). AMD's
/// processors with AVX-512 seem to drop what is asked for into the second level when memory is busy; Intel's lose a
/// tenth if it goes into the first. Measured: docs/performance/hot-loops.md.
inline bool processor_asks_near() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_is("amd") != 0 && __builtin_cpu_supports("avx512f") != 0;
#else
  return false;
#endif
}

/// After stores past the caches, whichever set made them: the choice may have been lowered since. (Other families' sets
/// have none.)
inline void fence_stores_past_caches() {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

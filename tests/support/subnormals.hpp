// SPDX-License-Identifier: MIT
#ifndef DETENT_TESTS_SUPPORT_SUBNORMALS_HPP
#define DETENT_TESTS_SUPPORT_SUBNORMALS_HPP

#include <cstdint>

namespace test {

/// Subnormals flushed on this thread, results and operands, where the processor has bits for it.
inline void flush_subnormals(bool on) {
#if defined(__SSE__)
  const unsigned bits = 0x8040;
  const unsigned state = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(on ? state | bits : state & ~bits);
#elif defined(__aarch64__)
  std::uint64_t state = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(state));
  state = on ? state | std::uint64_t{1} << 24 : state & ~(std::uint64_t{1} << 24);
  __asm__ volatile("msr fpcr, %0" ::"r"(state));
#else
  static_cast<void>(on);
#endif
}

}  // namespace test

#endif

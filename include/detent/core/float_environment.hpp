// SPDX-License-Identifier: MIT
//
// Same bytes on every thread: rounding to nearest even, no flushing of subnormals, whatever the caller's thread was set
// to, and that setting back at the end. Exception flags raised in between are dropped.
#ifndef DETENT_CORE_FLOAT_ENVIRONMENT_HPP
#define DETENT_CORE_FLOAT_ENVIRONMENT_HPP

#include <cstdint>

#include "detent/core/config.hpp"

namespace detent::inline v0::detail {

class float_environment {
 public:
  [[gnu::always_inline]] constexpr float_environment() {
    if (__builtin_is_constant_evaluated()) return;
#if defined(__SSE__)
    saved_ = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(0x1F80);  // all exceptions masked, round to nearest, no FTZ, no DAZ
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved_));
    __asm__ volatile("msr fpcr, %0" ::"r"(std::uint64_t{0}));
#endif
  }

  [[gnu::always_inline]] constexpr ~float_environment() {
    if (__builtin_is_constant_evaluated()) return;
#if defined(__SSE__)
    __builtin_ia32_ldmxcsr(static_cast<unsigned>(saved_));
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" ::"r"(saved_));
#endif
  }

  float_environment(const float_environment&) = delete;
  float_environment& operator=(const float_environment&) = delete;

 private:
  std::uint64_t saved_ = 0;
};

}  // namespace detent::inline v0::detail

#endif

// SPDX-License-Identifier: MIT
//
// Same bytes on every thread: rounding to nearest even, no flushing of subnormals, whatever the caller's thread was set
// to, and that setting back at the end. Exception flags raised in between are dropped. Of other processors than x86 and
// 64-bit Arm only the rounding mode is known.
#ifndef DETENT_CORE_FLOAT_ENVIRONMENT_HPP
#define DETENT_CORE_FLOAT_ENVIRONMENT_HPP

#include <cstdint>

#include "detent/core/config.hpp"

#if !defined(__SSE__) && !defined(__aarch64__)
#include <cfenv>
#endif

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
#else
    saved_ = static_cast<std::uint64_t>(std::fegetround());
    std::fesetround(FE_TONEAREST);
#endif
  }

  [[gnu::always_inline]] constexpr ~float_environment() {
    if (__builtin_is_constant_evaluated()) return;
#if defined(__SSE__)
    __builtin_ia32_ldmxcsr(static_cast<unsigned>(saved_));
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" ::"r"(saved_));
#else
    std::fesetround(static_cast<int>(saved_));
#endif
  }

  float_environment(const float_environment&) = delete;
  float_environment& operator=(const float_environment&) = delete;

 private:
  std::uint64_t saved_ = 0;
};

}  // namespace detent::inline v0::detail

#endif

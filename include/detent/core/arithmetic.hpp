// SPDX-License-Identifier: MIT
//
// The arithmetic of formats: each operation rounds once, to nearest even, and keeps subnormals. On a processor these
// are the operators themselves. In device code they are instructions with their rounding spelled out, because a user's
// --use_fast_math or -ftz=true changes what an operator, a comparison or even __fmul_rn means; nor does any compiler
// fuse them.
#ifndef DETENT_CORE_ARITHMETIC_HPP
#define DETENT_CORE_ARITHMETIC_HPP

#include <cstdint>

#include "detent/core/bits.hpp"

namespace detent::inline v0::detail {

DETENT_INLINE constexpr float multiply(float a, float b) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) {
    float to = 0;
    asm("mul.rn.f32 %0, %1, %2;" : "=f"(to) : "f"(a), "f"(b));
    return to;
  }
#endif
  return a * b;
}

DETENT_INLINE constexpr float add(float a, float b) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) {
    float to = 0;
    asm("add.rn.f32 %0, %1, %2;" : "=f"(to) : "f"(a), "f"(b));
    return to;
  }
#endif
  return a + b;
}

DETENT_INLINE constexpr float subtract(float a, float b) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) {
    float to = 0;
    asm("sub.rn.f32 %0, %1, %2;" : "=f"(to) : "f"(a), "f"(b));
    return to;
  }
#endif
  return a - b;
}

DETENT_INLINE constexpr float divide(float a, float b) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) {
    float to = 0;
    asm("div.rn.f32 %0, %1, %2;" : "=f"(to) : "f"(a), "f"(b));
    return to;
  }
#endif
  return a / b;
}

/// 1/x, correctly rounded.
DETENT_INLINE constexpr float one_over(float x) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) {
    float to = 0;
    asm("rcp.rn.f32 %0, %1;" : "=f"(to) : "f"(x));
    return to;
  }
#endif
  return 1.0f / x;
}

/// a < b; false if either is NaN.
DETENT_INLINE constexpr bool less(float a, float b) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) {
    std::uint32_t to = 0;
    asm("{\n\t.reg .pred p;\n\tsetp.lt.f32 p, %1, %2;\n\tselp.u32 %0, 1, 0, p;\n\t}" : "=r"(to) : "f"(a), "f"(b));
    return to != 0;
  }
#endif
  return a < b;
}

/// Toward zero; x fits.
DETENT_INLINE constexpr std::int32_t truncate(float x) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) {
    std::int32_t to = 0;
    asm("cvt.rzi.s32.f32 %0, %1;" : "=r"(to) : "f"(x));
    return to;
  }
#endif
  return static_cast<std::int32_t>(x);
}

/// fp32 to double precision, exact; and back, rounded to nearest even.
DETENT_INLINE constexpr double widen(float x) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) {
    double to = 0;
    asm("cvt.f64.f32 %0, %1;" : "=d"(to) : "f"(x));
    return to;
  }
#endif
  return static_cast<double>(x);
}
DETENT_INLINE constexpr float narrow(double x) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) {
    float to = 0;
    asm("cvt.rn.f32.f64 %0, %1;" : "=f"(to) : "d"(x));
    return to;
  }
#endif
  return static_cast<float>(x);
}

DETENT_INLINE constexpr bool is_zero(float x) { return (bits_of(x) & ~f32_sign) == 0; }

}  // namespace detent::inline v0::detail

#endif

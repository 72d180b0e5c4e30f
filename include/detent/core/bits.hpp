// SPDX-License-Identifier: MIT
//
// An fp32 number and its bits:  s eeeeeeee mmmmmmmmmmmmmmmmmmmmmmm,  value = (-1)^s · 2^(e-127) · 1.m
#ifndef DETENT_CORE_BITS_HPP
#define DETENT_CORE_BITS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/config.hpp"

namespace detent::inline v0 {

/// A plain constant array: std::array costs 10,000 lines and emits symbols.
template <class T, std::size_t N>
struct constant_table {
  T data[N];

  DETENT_INLINE constexpr const T& operator[](std::size_t i) const { return data[i]; }
  DETENT_INLINE constexpr T& operator[](std::size_t i) { return data[i]; }
  DETENT_INLINE static constexpr std::size_t size() { return N; }
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail {

template <class T, std::size_t N>
using table = constant_table<T, N>;

inline constexpr std::uint32_t f32_sign = 0x80000000u;
inline constexpr std::uint32_t f32_infinity = 0x7F800000u;
inline constexpr std::uint32_t f32_quiet_nan = 0x7FC00000u;
inline constexpr float f32_max = 3.40282346638528859811704183484516925e38f;
inline constexpr float f32_min_normal = 1.17549435082228750796873653722224568e-38f;

DETENT_INLINE constexpr std::uint32_t bits_of(float x) { return __builtin_bit_cast(std::uint32_t, x); }
DETENT_INLINE constexpr float float_of(std::uint32_t bits) { return __builtin_bit_cast(float, bits); }

/// Bits that are 1. The baseline of x86-64 has no instruction for it, and compilers then call a function.
DETENT_INLINE constexpr std::size_t ones(std::uint64_t x) {
  x -= x >> 1 & 0x5555555555555555u;
  x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
  x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
  return static_cast<std::size_t>(x * 0x0101010101010101u >> 56);
}

/// 2^exponent for exponents of normal numbers, -126 to 127.
DETENT_INLINE constexpr float power_of_two(int exponent) {
  return float_of(static_cast<std::uint32_t>(exponent + 127) << 23);
}

/// Tests by bits: they hold whatever the compiler was told to assume of NaN.
DETENT_INLINE constexpr bool is_nan(float x) { return (bits_of(x) & ~f32_sign) > f32_infinity; }
DETENT_INLINE constexpr bool is_infinite(float x) { return (bits_of(x) & ~f32_sign) == f32_infinity; }
DETENT_INLINE constexpr bool is_finite(float x) { return (bits_of(x) & ~f32_sign) < f32_infinity; }
DETENT_INLINE constexpr float magnitude(float x) { return float_of(bits_of(x) & ~f32_sign); }

/// A product that is rounded before anything is added to it. Compilers fuse a*b+c into one rounding where the processor
/// can (g++ by default, across statements); a format whose definition has two roundings would then decode to other
/// bits. In device code products are instructions that no compiler fuses (core/arithmetic.hpp).
DETENT_INLINE constexpr float rounded(float x) {
  if (!__builtin_is_constant_evaluated()) {
#if defined(__CUDA_ARCH__)
#elif defined(__x86_64__) || defined(__SSE__)
    __asm__("" : "+x"(x));
#elif defined(__aarch64__)
    __asm__("" : "+w"(x));
#else
    __asm__("" : "+m"(x));
#endif
  }
  return x;
}

}  // namespace detent::inline v0::detail

#endif

// SPDX-License-Identifier: MIT
//
// What the machine does in one instruction and C++ has no word for: besides bytes.hpp, where device code and its twin on
// the host differ. Each function has the same result on both, for all arguments; the device's are written in PTX, so
// that flags such as -ftz=true do not reach them.
#ifndef DETENT_CUDA_MACHINE_HPP
#define DETENT_CUDA_MACHINE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/arithmetic.hpp"

namespace detent::inline v0::detail::gpu {

/// f(0) … f(N - 1): a loop would be unrolled too late for an array to be kept in registers.
template <unsigned N, unsigned I = 0, class F>
DETENT_INLINE void unrolled(const F& f) {
  if constexpr (I < N) {
    f(I);
    unrolled<N, I + 1>(f);
  }
}

#if defined(__CUDA_ARCH__)

/// The greater of the two; NaN if either is NaN.
DETENT_INLINE float greater_or_nan(float a, float b) {
  float to = 0;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(to) : "f"(a), "f"(b));
  return to;
}
DETENT_INLINE float lesser_or_nan(float a, float b) {
  float to = 0;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(to) : "f"(a), "f"(b));
  return to;
}

/// |x|.
DETENT_INLINE float absolute(float x) {
  float to = 0;
  asm("abs.f32 %0, %1;" : "=f"(to) : "f"(x));
  return to;
}

/// The greater of a and |x|; NaN if either is NaN.
DETENT_INLINE float greater_magnitude_or_nan(float a, float x) {
  float to = 0;
  asm("{\n\t.reg .f32 m;\n\tabs.f32 m, %2;\n\tmax.NaN.f32 %0, %1, m;\n\t}" : "=f"(to) : "f"(a), "f"(x));
  return to;
}

/// a · b + c, rounded once; on the host twice: for uses that have room for it.
DETENT_INLINE float multiply_add(float a, float b, float c) {
  float to = 0;
  asm("fma.rn.f32 %0, %1, %2, %3;" : "=f"(to) : "f"(a), "f"(b), "f"(c));
  return to;
}

/// x within low … high; NaN becomes low.
DETENT_INLINE float within(float x, float low, float high) {
  asm("max.f32 %0, %0, %1;" : "+f"(x) : "f"(low));
  asm("min.f32 %0, %0, %1;" : "+f"(x) : "f"(high));
  return x;
}

/// To nearest, ties to even; saturates at the ends of an int; NaN becomes 0.
DETENT_INLINE std::int32_t round_to_int(float x) {
  std::int32_t to = 0;
  asm("cvt.rni.s32.f32 %0, %1;" : "=r"(to) : "f"(x));
  return to;
}

/// True if either is NaN.
DETENT_INLINE bool either_nan(float a, float b) {
  std::uint32_t to = 0;
  asm("{\n\t.reg .pred p;\n\tsetp.nan.f32 p, %1, %2;\n\tselp.u32 %0, 1, 0, p;\n\t}" : "=r"(to) : "f"(a), "f"(b));
  return to != 0;
}

/// Two floats to two fp16 or bf16 codes, `low` in the low half; neither is NaN. Beyond the range: infinity.
DETENT_INLINE std::uint32_t to_fp16_pair(float low, float high) {
  std::uint32_t to = 0;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(to) : "f"(high), "f"(low));
  return to;
}
DETENT_INLINE std::uint32_t to_bf16_pair(float low, float high) {
  std::uint32_t to = 0;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(to) : "f"(high), "f"(low));
  return to;
}

/// An fp16 code to fp32; not NaN.
DETENT_INLINE float from_fp16(std::uint32_t code) {
  float to = 0;
  asm("cvt.f32.f16 %0, %1;" : "=f"(to) : "h"(static_cast<std::uint16_t>(code)));
  return to;
}

#else

DETENT_INLINE constexpr float greater_or_nan(float a, float b) {
  return is_nan(a) || is_nan(b) ? float_of(f32_quiet_nan) : a < b ? b : a;
}
DETENT_INLINE constexpr float lesser_or_nan(float a, float b) {
  return is_nan(a) || is_nan(b) ? float_of(f32_quiet_nan) : b < a ? b : a;
}
DETENT_INLINE constexpr float absolute(float x) { return magnitude(x); }
DETENT_INLINE constexpr float greater_magnitude_or_nan(float a, float x) { return greater_or_nan(a, magnitude(x)); }
DETENT_INLINE constexpr float multiply_add(float a, float b, float c) {
  return static_cast<float>(static_cast<double>(a) * static_cast<double>(b) + static_cast<double>(c));
}
DETENT_INLINE constexpr float within(float x, float low, float high) {
  const float raised = !(x > low) ? low : x;
  return raised > high ? high : raised;
}
DETENT_INLINE constexpr std::int32_t round_to_int(float x) {
  if (is_nan(x)) return 0;
  if (x >= 2147483648.0f) return 2147483647;
  if (x < -2147483648.0f) return -2147483647 - 1;
  const auto whole = static_cast<std::int32_t>(x);
  const float rest = magnitude(x - static_cast<float>(whole));
  const bool up = whole % 2 == 0 ? rest > 0.5f : rest >= 0.5f;
  return whole + (up ? (x < 0 ? -1 : 1) : 0);
}
DETENT_INLINE constexpr bool either_nan(float a, float b) { return is_nan(a) || is_nan(b); }

/// Magnitude bits on a grid of fewer bits: to nearest, ties to even, upwards without an end.
DETENT_INLINE constexpr std::uint32_t dropped(std::uint32_t a, int bits) {
  return (a + ((1u << (bits - 1)) - 1) + (a >> bits & 1)) >> bits;
}
DETENT_INLINE constexpr std::uint32_t to_fp16_one(float x) {
  const std::uint32_t a = bits_of(x) & ~f32_sign;
  const std::uint32_t sign = bits_of(x) >> 16 & 0x8000u;
  if (a < 0x38800000u) return sign | (bits_of(magnitude(x) + 0.5f) - bits_of(0.5f));
  const std::uint32_t code = dropped(a, 13) - (112u << 10);
  return sign | (code > 0x7C00u ? 0x7C00u : code);
}
DETENT_INLINE constexpr std::uint32_t to_fp16_pair(float low, float high) {
  return to_fp16_one(low) | to_fp16_one(high) << 16;
}
DETENT_INLINE constexpr std::uint32_t to_bf16_one(float x) {
  return (bits_of(x) >> 16 & 0x8000u) | dropped(bits_of(x) & ~f32_sign, 16);
}
DETENT_INLINE constexpr std::uint32_t to_bf16_pair(float low, float high) {
  return to_bf16_one(low) | to_bf16_one(high) << 16;
}
DETENT_INLINE constexpr float from_fp16(std::uint32_t code) {
  const std::uint32_t rest = code & 0x7FFFu;
  const float value =
      rest >= 0x7C00u ? float_of(f32_infinity | (rest & 0x3FFu) << 13) : float_of(rest << 13) * power_of_two(112);
  return float_of(bits_of(value) | (code & 0x8000u) << 16);
}

#endif

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890

/// Whether two floats become two fp8 codes in one instruction, saturating.
inline constexpr bool has_fp8_pairs = true;

DETENT_INLINE std::uint32_t to_e4m3_pair(float low, float high) {
  std::uint16_t to = 0;
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(to) : "f"(high), "f"(low));
  return to;
}
DETENT_INLINE std::uint32_t to_e5m2_pair(float low, float high) {
  std::uint16_t to = 0;
  asm("cvt.rn.satfinite.e5m2x2.f32 %0, %1, %2;" : "=h"(to) : "f"(high), "f"(low));
  return to;
}

#else

inline constexpr bool has_fp8_pairs = false;
DETENT_INLINE std::uint32_t to_e4m3_pair(float, float) { return 0; }
DETENT_INLINE std::uint32_t to_e5m2_pair(float, float) { return 0; }

#endif

/// A product in double precision that no compiler fuses with a sum.
DETENT_INLINE double multiply_wide(double a, double b) {
#if defined(__CUDA_ARCH__)
  double to = 0;
  asm("mul.rn.f64 %0, %1, %2;" : "=d"(to) : "d"(a), "d"(b));
  return to;
#else
  return a * b;
#endif
}

/// A place `offset` bytes behind the beginning of a table, whose address in shared memory has no bit that offset has.
DETENT_INLINE const void* at_offset(const void* table, std::uint32_t offset) {
#if defined(__CUDA_ARCH__)
  return __cvta_shared_to_generic(static_cast<std::uint32_t>(__cvta_generic_to_shared(table)) | offset);
#else
  return static_cast<const std::uint8_t*>(table) + offset;
#endif
}

DETENT_INLINE std::uint32_t bits_set(std::uint32_t x) {
#if defined(__CUDA_ARCH__)
  return static_cast<std::uint32_t>(__popc(static_cast<int>(x)));
#else
  return static_cast<std::uint32_t>(__builtin_popcount(x));
#endif
}

DETENT_INLINE bool is_aligned(const void* p, std::size_t to) {
  return (reinterpret_cast<std::uintptr_t>(p) & (to - 1)) == 0;
}

#if defined(__CUDA_ARCH__)

/// Bytes [0, N) at p to words, p aligned to N (at most 16); and back.
template <std::size_t N>
DETENT_INLINE void load_aligned(const void* p, std::uint32_t* to) {
  if constexpr (N == 16) {
    const ulonglong2 v = *static_cast<const ulonglong2*>(p);
    to[0] = static_cast<std::uint32_t>(v.x), to[1] = static_cast<std::uint32_t>(v.x >> 32);
    to[2] = static_cast<std::uint32_t>(v.y), to[3] = static_cast<std::uint32_t>(v.y >> 32);
  } else if constexpr (N == 8) {
    const std::uint64_t v = *static_cast<const std::uint64_t*>(p);
    to[0] = static_cast<std::uint32_t>(v), to[1] = static_cast<std::uint32_t>(v >> 32);
  } else if constexpr (N == 4) {
    to[0] = *static_cast<const std::uint32_t*>(p);
  } else {
    to[0] = *static_cast<const std::uint16_t*>(p);
  }
}
/// `Shared`: to shared memory. To global memory sixteen bytes are one instruction: the compiler likes to make it two,
/// each of which then writes half of what memory takes at once.
template <std::size_t N, bool Shared = false>
DETENT_INLINE void store_aligned(void* p, const std::uint32_t* from) {
  if constexpr (N == 16 && !Shared) {
    asm volatile("st.global.L1::no_allocate.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(__cvta_generic_to_global(p)),
                 "r"(from[0]), "r"(from[1]), "r"(from[2]), "r"(from[3])
                 : "memory");
  } else if constexpr (N == 16) {
    const std::uint64_t low = from[0] | std::uint64_t{from[1]} << 32;
    const std::uint64_t high = from[2] | std::uint64_t{from[3]} << 32;
    *static_cast<ulonglong2*>(p) = make_ulonglong2(low, high);
  } else if constexpr (N == 8) {
    *static_cast<std::uint64_t*>(p) = from[0] | std::uint64_t{from[1]} << 32;
  } else if constexpr (N == 4) {
    *static_cast<std::uint32_t*>(p) = from[0];
  } else {
    *static_cast<std::uint16_t*>(p) = static_cast<std::uint16_t>(from[0]);
  }
}

#else

template <std::size_t N>
DETENT_INLINE void load_aligned(const void* p, std::uint32_t* to) {
  to[0] = 0;
  __builtin_memcpy(to, p, N);
}
template <std::size_t N, bool = false>
DETENT_INLINE void store_aligned(void* p, const std::uint32_t* from) {
  __builtin_memcpy(p, from, N);
}

#endif

}  // namespace detent::inline v0::detail::gpu

#endif

// SPDX-License-Identifier: MIT
//
// What xsimd has not in all of its versions, on raw registers: codes of 8 and 16 bits to 32-bit lanes and back, lookup
// in a table, exact division, and the barrier against fused multiplication and addition. They are the lanes of `native`
// for the same instruction set; where there are none, arrays do it.
//
//   raw::lanes_of<Arch, width>::type   of load_codes, store_codes, lookup, divide, rounded, greatest_of, least_of, and
//   more
#ifndef DETENT_BACKEND_SIMD_INTRINSICS_HPP
#define DETENT_BACKEND_SIMD_INTRINSICS_HPP

#include "detent/backend/simd/bridge.hpp"

#if defined(__x86_64__)
#include "detent/backend/x86/avx2.hpp"
#include "detent/backend/x86/avx512.hpp"
#include "detent/backend/x86/sse2.hpp"
#include "detent/backend/x86/sse41.hpp"
#elif defined(__AARCH64EL__)
#include "detent/backend/arm/neon.hpp"
#endif

namespace detent::inline v0::detail::inline DETENT_ISA::raw {

/// Through memory.
template <class Arch>
struct portable {
  using f32 = typename xsimd::batch<float, Arch>::register_type;
  using i32 = typename xsimd::batch<std::int32_t, Arch>::register_type;
  static constexpr std::size_t width = xsimd::batch<float, Arch>::size;
  static constexpr bool has_lookup = false;

  DETENT_INLINE static f32 rounded(f32 x) {
    __asm__("" : "+m"(x));
    return x;
  }

  DETENT_INLINE static f32 divide(f32 a, f32 b) {
    float x[width];
    float y[width];
    __builtin_memcpy(x, &a, sizeof x);
    __builtin_memcpy(y, &b, sizeof y);
    for (std::size_t j = 0; j < width; ++j) x[j] = x[j] / y[j];
    __builtin_memcpy(&a, x, sizeof a);
    return a;
  }

  template <class Code>
  DETENT_INLINE static i32 load_codes(const Code* from) {
    std::int32_t codes[width];
    for (std::size_t j = 0; j < width; ++j) codes[j] = static_cast<std::int32_t>(from[j]);
    i32 r;
    __builtin_memcpy(&r, codes, sizeof r);
    return r;
  }
  template <class Code>
  DETENT_INLINE static void store_codes(Code* to, i32 a, i32 b, i32 c, i32 d) {
    store_codes(to, a);
    store_codes(to + width, b);
    store_codes(to + 2 * width, c);
    store_codes(to + 3 * width, d);
  }

  template <std::size_t Entries>
  DETENT_INLINE static f32 lookup(const float* table, i32 i) {
    std::int32_t index[width];
    float values[width];
    __builtin_memcpy(index, &i, sizeof index);
    for (std::size_t j = 0; j < width; ++j) values[j] = table[index[j]];
    f32 r;
    __builtin_memcpy(&r, values, sizeof r);
    return r;
  }

  DETENT_INLINE static std::int32_t greatest_of(i32 x) {
    std::int32_t values[width];
    __builtin_memcpy(values, &x, sizeof values);
    return extreme_of(values, 1);
  }
  DETENT_INLINE static float greatest_of(f32 x) {
    float values[width];
    __builtin_memcpy(values, &x, sizeof values);
    return extreme_of(values, 1.0f);
  }
  DETENT_INLINE static float least_of(f32 x) {
    float values[width];
    __builtin_memcpy(values, &x, sizeof values);
    return extreme_of(values, -1.0f);
  }

 private:
  template <class Code>
  DETENT_INLINE static void store_codes(Code* to, i32 x) {
    std::int32_t codes[width];
    __builtin_memcpy(codes, &x, sizeof codes);
    for (std::size_t j = 0; j < width; ++j) to[j] = static_cast<Code>(codes[j]);
  }
  template <class T>
  DETENT_INLINE static T extreme_of(const T* values, T direction) {
    T best = values[0];
    for (std::size_t j = 1; j < width; ++j) best = values[j] * direction > best * direction ? values[j] : best;
    return best;
  }
};

template <class Arch, std::size_t Width>
struct lanes_of {
  using type = portable<Arch>;
};

#if defined(__x86_64__)

#if defined(__SSE4_1__)
using four_lanes = sse41::lanes;
#else
using four_lanes = sse2::lanes;
#endif

template <class Arch>
struct lanes_of<Arch, 4> {
  using type = four_lanes;
};

#if defined(__AVX2__) && defined(__F16C__)
template <class Arch>
struct lanes_of<Arch, 8> {
  using type = avx2::lanes;
};
#endif

#if defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
template <class Arch>
struct lanes_of<Arch, 16> {
  using type = avx512::lanes;
};
#endif

#elif defined(__AARCH64EL__)

template <class Arch>
struct lanes_of<Arch, 4> {
  using type = neon::lanes;
};

#endif

}  // namespace detent::inline v0::detail::inline DETENT_ISA::raw

#endif

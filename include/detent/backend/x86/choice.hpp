// SPDX-License-Identifier: MIT
//
// The instruction sets of x86-64 that have kernels. The compiler's tests of the processor include the system's part:
// registers must be saved, too. They are initialized before main, but a program may ask earlier.
//
// A program may leave some out, which saves compile time: DETENT_NATIVE_WITHOUT_SSE what only processors without AVX2
// need (there native is then scalar: right, and slow), DETENT_NATIVE_WITHOUT_AVX512 what those with AVX-512 gain from.
// Files that differ in that can be linked together: DETENT_CHOICE is part of the names of all that follows the choice.
#ifndef DETENT_BACKEND_X86_CHOICE_HPP
#define DETENT_BACKEND_X86_CHOICE_HPP

#include "detent/backend/instruction_set.hpp"

#if defined(__x86_64__)
#include <cpuid.h>

#include "detent/backend/x86/avx2.hpp"
#include "detent/backend/x86/avx512.hpp"
#include "detent/backend/x86/avx512_bf16.hpp"
#include "detent/backend/x86/sse2.hpp"
#include "detent/backend/x86/sse41.hpp"

#if defined(DETENT_NATIVE_WITHOUT_SSE) && defined(DETENT_NATIVE_WITHOUT_AVX512)
#define DETENT_CHOICE DETENT_ISA::inline avx2_alone
#elif defined(DETENT_NATIVE_WITHOUT_SSE)
#define DETENT_CHOICE DETENT_ISA::inline avx2_and_more
#elif defined(DETENT_NATIVE_WITHOUT_AVX512)
#define DETENT_CHOICE DETENT_ISA::inline up_to_avx2
#endif

namespace detent::inline v0::detail::inline DETENT_ISA {

struct sse2_set {
  static constexpr const char* name = "sse2";
  static bool runs() { return true; }
  using backend = sse2::vector_backend<sse2::lanes>;
};

struct sse41_set {
  static constexpr const char* name = "sse41";
  static bool runs() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.1") != 0;
  }
  using backend = sse41::vector_backend<sse41::lanes>;
};

struct avx2_set {
  static constexpr const char* name = "avx2";
  static bool runs() {
    __builtin_cpu_init();
    unsigned a = 0, b = 0, c = 0, d = 0;
    const bool has_f16c = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;  // clang 14 has no name for it
    return has_f16c && __builtin_cpu_supports("avx2") != 0;
  }
  using backend = avx2::vector_backend<avx2::lanes>;
};

struct avx512_set {
  static constexpr const char* name = "avx512";
  static bool runs() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0;
  }
  using backend = avx512::vector_backend<avx512::lanes>;
};

struct avx512_bf16_set {
  static constexpr const char* name = "avx512_bf16";
  static bool runs() {
    return avx512_set::runs() && __builtin_cpu_supports("avx512bf16") != 0 && __builtin_cpu_supports("avx512vbmi") != 0;
  }
  using backend = avx512_bf16::backend;
};

#if defined(DETENT_NATIVE_WITHOUT_SSE)
using sets_before_avx2 = instruction_set_table<scalar_set>;
#else
using sets_before_avx2 = instruction_set_table<scalar_set, sse2_set, sse41_set>;
#endif

#if defined(DETENT_NATIVE_WITHOUT_AVX512)
using instruction_set_list = sets_before_avx2::and_also<avx2_set>;
#else
using instruction_set_list = sets_before_avx2::and_also<avx2_set, avx512_set, avx512_bf16_set>;
#endif

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

#endif

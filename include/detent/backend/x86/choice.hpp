// SPDX-License-Identifier: MIT
//
// Which instruction sets have kernels, and which of them this processor and its system can run. On processors other
// than x86-64: scalar alone.
#ifndef DETENT_BACKEND_X86_CHOICE_HPP
#define DETENT_BACKEND_X86_CHOICE_HPP

#include "detent/backend/scalar.hpp"

#if defined(__x86_64__)
#include <cpuid.h>

#include "detent/backend/x86/avx2.hpp"
#include "detent/backend/x86/avx512.hpp"
#endif

namespace detent::inline v0::detail::inline DETENT_ISA {

#if defined(__x86_64__)

inline constexpr const char* instruction_set_names[] = {"scalar", "avx2", "avx512"};

/// The number of the best that runs here. The compiler's test includes the system's: registers must be saved, too.
inline int best_instruction_set() {
  __builtin_cpu_init();
  unsigned a = 0, b = 0, c = 0, d = 0;
  const bool has_f16c = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;  // clang 14 has no name for it
  if (!has_f16c || __builtin_cpu_supports("avx2") == 0) return 0;
  const bool has_avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                          __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0;
  return has_avx512 ? 2 : 1;
}

/// Calls f with the backend of that number.
template <class F>
auto with_instruction_set(int number, const F& f) {
  switch (number) {
    case 2:
      return f(avx512::vector_backend<avx512::lanes>{});
    case 1:
      return f(avx2::vector_backend<avx2::lanes>{});
    default:
      return f(scalar{});
  }
}

#else

inline constexpr const char* instruction_set_names[] = {"scalar"};

inline int best_instruction_set() { return 0; }

template <class F>
auto with_instruction_set(int, const F& f) {
  return f(scalar{});
}

#endif

inline constexpr int instruction_sets = static_cast<int>(sizeof instruction_set_names / sizeof *instruction_set_names);

/// -1 if there is none of that name.
inline int instruction_set_number(const char* name) {
  for (int i = 0; i < instruction_sets; ++i) {
    if (__builtin_strcmp(instruction_set_names[i], name) == 0) return i;
  }
  return -1;
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

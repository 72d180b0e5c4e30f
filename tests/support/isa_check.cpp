// SPDX-License-Identifier: MIT
//
// Ends a test program with code 77 and a sentence when the processor lacks what DETENT_TEST_NEEDS names. Compiled
// without -m flags. It runs as the first constructor: the tests register themselves before main, with code that already
// has the flags of the instruction set.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>

namespace {

struct extension {
  const char* name;
  bool present;
};

[[gnu::constructor(101)]] void check_processor() {
  __builtin_cpu_init();
  unsigned a = 0, b = 0, c = 0, d = 0;
  __get_cpuid(1, &a, &b, &c, &d);
  const extension extensions[] = {
      {"sse4.2", __builtin_cpu_supports("sse4.2") != 0},
      {"avx2", __builtin_cpu_supports("avx2") != 0},
      {"fma", __builtin_cpu_supports("fma") != 0},
      {"bmi2", __builtin_cpu_supports("bmi2") != 0},
      {"f16c", (c & bit_F16C) != 0},  // clang 14 does not know the name
      {"avx512f", __builtin_cpu_supports("avx512f") != 0},
      {"avx512bw", __builtin_cpu_supports("avx512bw") != 0},
      {"avx512cd", __builtin_cpu_supports("avx512cd") != 0},
      {"avx512dq", __builtin_cpu_supports("avx512dq") != 0},
      {"avx512vl", __builtin_cpu_supports("avx512vl") != 0},
  };
  char needs[] = DETENT_TEST_NEEDS;
  for (char* name = std::strtok(needs, " "); name != nullptr; name = std::strtok(nullptr, " ")) {
    bool present = false;
    for (const extension& e : extensions) present = present || (std::strcmp(e.name, name) == 0 && e.present);
    if (present) continue;
    std::printf("skipped: this processor has no %s\n", name);
    std::fflush(stdout);
    std::_Exit(77);
  }
}

}  // namespace
#endif

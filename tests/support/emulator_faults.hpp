// SPDX-License-Identifier: MIT
//
// What emulators do otherwise than processors.
#ifndef DETENT_TESTS_SUPPORT_EMULATOR_FAULTS_HPP
#define DETENT_TESTS_SUPPORT_EMULATOR_FAULTS_HPP

namespace test {

/// qemu 7.2 gathers element 0 eight times if the indices are in ymm4: of an address made of general registers, that
/// number means "no index". Asked only of processors that have AVX2.
inline bool gathers_wrongly() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") == 0) return false;
  const float table[2] = {0, 1};
  const int second[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  float found[8] = {};
  __asm__ volatile(
      "vmovdqu (%1), %%ymm4\n\t"
      "vpcmpeqd %%ymm7, %%ymm7, %%ymm7\n\t"
      "vxorps %%xmm0, %%xmm0, %%xmm0\n\t"
      "vgatherdps %%ymm7, (%0, %%ymm4, 4), %%ymm0\n\t"
      "vmovups %%ymm0, (%2)\n\t"
      "vzeroupper"
      :
      : "r"(table), "r"(second), "r"(found)
      : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
        "xmm12", "xmm13", "xmm14", "xmm15");
  return found[0] != 1 || found[7] != 1;
#else
  return false;
#endif
}

}  // namespace test

#endif

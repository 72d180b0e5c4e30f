// SPDX-License-Identifier: MIT
//
// The instruction sets of 64-bit Arm that have kernels. Extensions are found by what Linux tells of the processor;
// elsewhere by the flags of the file.
#ifndef DETENT_BACKEND_ARM_CHOICE_HPP
#define DETENT_BACKEND_ARM_CHOICE_HPP

#include "detent/backend/instruction_set.hpp"

#if defined(__AARCH64EL__)

#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "detent/backend/arm/neon.hpp"
#include "detent/backend/arm/neon_bf16.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

struct neon_set {
  static constexpr const char* name = "neon";
  static bool runs() { return true; }
  using backend = neon::vector_backend<neon::lanes>;
};

struct neon_bf16_set {
  static constexpr const char* name = "neon_bf16";
  static bool runs() {
#if defined(__linux__)
    return (getauxval(AT_HWCAP2) >> 14 & 1) != 0;  // HWCAP2_BF16, which older headers do not name
#elif defined(__ARM_FEATURE_BF16)
    return true;
#else
    return false;
#endif
  }
  using backend = neon_bf16::vector_backend<neon_bf16::lanes>;
};

using instruction_set_list = instruction_set_table<scalar_set, neon_set, neon_bf16_set>;

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

#endif

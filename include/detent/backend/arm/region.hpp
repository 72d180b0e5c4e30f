// SPDX-License-Identifier: MIT
//
// The intrinsics of 64-bit Arm, little-endian, and target regions: between BEGIN and END functions are compiled for one
// extension more than the file is. g++ 12 and clang 14 declare the intrinsics of an extension only for whole
// architectures (armv8.2-a+…), which would take away what the flags of the file have beyond it; the regions add the
// extension alone, and its instructions are written by name.
#ifndef DETENT_BACKEND_ARM_REGION_HPP
#define DETENT_BACKEND_ARM_REGION_HPP

#include "detent/core/config.hpp"

#if defined(__AARCH64EL__)

#include <arm_neon.h>

// Ends a computation: nothing that follows is fused with it.
#define DETENT_REGION_BARRIER(x) __asm__("" : "+w"(x))

#if defined(__clang__)
#define DETENT_REGION_BF16_BEGIN _Pragma("clang attribute push(__attribute__((target(\"bf16\"))), apply_to = function)")
#define DETENT_REGION_END _Pragma("clang attribute pop")
#else
#define DETENT_REGION_BF16_BEGIN _Pragma("GCC push_options") _Pragma("GCC target(\"+bf16\")")
#define DETENT_REGION_END _Pragma("GCC pop_options")
#endif

#endif

#endif

// SPDX-License-Identifier: MIT
//
// The intrinsics of x86, and target regions: between BEGIN and END every function is compiled for the named instruction
// set, added to the flags of the file. A function pointer may carry its address out; being inlined into others it
// cannot.
#ifndef DETENT_BACKEND_X86_REGION_HPP
#define DETENT_BACKEND_X86_REGION_HPP

#include "detent/core/config.hpp"

#if defined(__x86_64__)

// g++ 12 warns of its own AVX-512 header in the user's build.
#if !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// Ends a computation: nothing that follows is fused with it. Any of the 32 registers, where there are 32.
#define DETENT_REGION_BARRIER(x) __asm__("" : "+v"(x))

// Multiplications that feed additions must not be fused: no region asks for FMA by itself, and where a set brings it
// (AVX-512) barriers stand wherever a product is rounded.
#define DETENT_REGION_PRAGMA(...) _Pragma(#__VA_ARGS__)
#if defined(__clang__)
#define DETENT_REGION_FOR(set) \
  DETENT_REGION_PRAGMA(clang attribute push(__attribute__((target(set))), apply_to = function))
#define DETENT_REGION_END _Pragma("clang attribute pop")
#else
// Without optimization g++'s intrinsics are macros, whose conversions would be warnings in the user's build.
#define DETENT_REGION_QUIET _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wsign-conversion\"")
#define DETENT_REGION_FOR(set) DETENT_REGION_QUIET _Pragma("GCC push_options") DETENT_REGION_PRAGMA(GCC target(set))
#define DETENT_REGION_END _Pragma("GCC pop_options") _Pragma("GCC diagnostic pop")
#endif

#define DETENT_REGION_SSE41_BEGIN DETENT_REGION_FOR("sse4.1")
#define DETENT_REGION_AVX2_BEGIN DETENT_REGION_FOR("avx2,f16c")
#define DETENT_REGION_AVX512_BEGIN DETENT_REGION_FOR("avx512bw,avx512vl,avx512dq")
#define DETENT_REGION_AVX512_BF16_BEGIN DETENT_REGION_FOR("avx512bw,avx512vl,avx512dq,avx512bf16,avx512vbmi")

#endif

#endif

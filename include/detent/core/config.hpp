// SPDX-License-Identifier: MIT
//
// What the compiler must and must not do.
//
//   DETENT_INLINE  for functions outside of the namespace `DETENT_ISA`: always inlined, so that they emit no symbol.
//   DETENT_LAMBDA  the same for a lambda, after its parameters.
#ifndef DETENT_CORE_CONFIG_HPP
#define DETENT_CORE_CONFIG_HPP

#include <cfloat>

#include "detent/core/isa.hpp"
#include "detent/core/version.hpp"

#if defined(__FAST_MATH__) && !defined(DETENT_ALLOW_FAST_MATH)
#error \
    "detent: -ffast-math changes the bytes that quantization writes; build without it or define DETENT_ALLOW_FAST_MATH"
#endif

#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "detent: floats must be evaluated in their own precision (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif

#if defined(__CUDACC__)
#define DETENT_INLINE __host__ __device__ __forceinline__
#else
#define DETENT_INLINE [[gnu::always_inline]] inline
#endif
#define DETENT_LAMBDA __attribute__((always_inline))

#endif

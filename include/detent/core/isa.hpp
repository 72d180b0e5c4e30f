// SPDX-License-Identifier: MIT
//
// DETENT_ISA: a token that differs between files compiled for different instruction sets, one digit an extension.
// Everything that emits a symbol lives in the inline namespace of that name: the linker then never puts an AVX-512
// copy of a function into a program that also runs on an older processor. Only names are chosen here, no code.
#ifndef DETENT_CORE_ISA_HPP
#define DETENT_CORE_ISA_HPP

#if defined(__x86_64__) || defined(__i386__)

#ifdef __SSE4_2__
#define DETENT_ISA_SSE4_2 1
#else
#define DETENT_ISA_SSE4_2 0
#endif
#ifdef __AVX__
#define DETENT_ISA_AVX 1
#else
#define DETENT_ISA_AVX 0
#endif
#ifdef __AVX2__
#define DETENT_ISA_AVX2 1
#else
#define DETENT_ISA_AVX2 0
#endif
#ifdef __FMA__
#define DETENT_ISA_FMA 1
#else
#define DETENT_ISA_FMA 0
#endif
#ifdef __F16C__
#define DETENT_ISA_F16C 1
#else
#define DETENT_ISA_F16C 0
#endif
#ifdef __BMI2__
#define DETENT_ISA_BMI2 1
#else
#define DETENT_ISA_BMI2 0
#endif
#ifdef __AVX512F__
#define DETENT_ISA_AVX512F 1
#else
#define DETENT_ISA_AVX512F 0
#endif
#ifdef __AVX512BW__
#define DETENT_ISA_AVX512BW 1
#else
#define DETENT_ISA_AVX512BW 0
#endif
#ifdef __AVX512VL__
#define DETENT_ISA_AVX512VL 1
#else
#define DETENT_ISA_AVX512VL 0
#endif
#ifdef __AVX512VBMI__
#define DETENT_ISA_AVX512VBMI 1
#else
#define DETENT_ISA_AVX512VBMI 0
#endif
#ifdef __AVX512VNNI__
#define DETENT_ISA_AVX512VNNI 1
#else
#define DETENT_ISA_AVX512VNNI 0
#endif
#ifdef __AVX512BF16__
#define DETENT_ISA_AVX512BF16 1
#else
#define DETENT_ISA_AVX512BF16 0
#endif
#ifdef __AVX512FP16__
#define DETENT_ISA_AVX512FP16 1
#else
#define DETENT_ISA_AVX512FP16 0
#endif
#define DETENT_ISA_PASTE(a, b, c, d, e, f, g, h, i, j, k, l, m) x86_##a##b##c##d##e##f##g##h##i##j##k##l##m
#define DETENT_ISA_EXPAND(...) DETENT_ISA_PASTE(__VA_ARGS__)
#define DETENT_ISA                                                                                       \
  DETENT_ISA_EXPAND(DETENT_ISA_SSE4_2, DETENT_ISA_AVX, DETENT_ISA_AVX2, DETENT_ISA_FMA, DETENT_ISA_F16C, \
                    DETENT_ISA_BMI2, DETENT_ISA_AVX512F, DETENT_ISA_AVX512BW, DETENT_ISA_AVX512VL,       \
                    DETENT_ISA_AVX512VBMI, DETENT_ISA_AVX512VNNI, DETENT_ISA_AVX512BF16, DETENT_ISA_AVX512FP16)

#elif defined(__aarch64__)

#ifdef __ARM_FEATURE_DOTPROD
#define DETENT_ISA_DOTPROD 1
#else
#define DETENT_ISA_DOTPROD 0
#endif
#ifdef __ARM_FEATURE_FP16_VECTOR_ARITHMETIC
#define DETENT_ISA_FP16 1
#else
#define DETENT_ISA_FP16 0
#endif
#ifdef __ARM_FEATURE_BF16
#define DETENT_ISA_BF16 1
#else
#define DETENT_ISA_BF16 0
#endif
#ifdef __ARM_FEATURE_MATMUL_INT8
#define DETENT_ISA_I8MM 1
#else
#define DETENT_ISA_I8MM 0
#endif
#ifdef __ARM_FEATURE_SVE
#define DETENT_ISA_SVE 1
#else
#define DETENT_ISA_SVE 0
#endif
#define DETENT_ISA_PASTE(a, b, c, d, e) arm_##a##b##c##d##e
#define DETENT_ISA_EXPAND(...) DETENT_ISA_PASTE(__VA_ARGS__)
#define DETENT_ISA \
  DETENT_ISA_EXPAND(DETENT_ISA_DOTPROD, DETENT_ISA_FP16, DETENT_ISA_BF16, DETENT_ISA_I8MM, DETENT_ISA_SVE)

#else
#define DETENT_ISA portable
#endif

#endif

// SPDX-License-Identifier: MIT
//
// DETENT_ISA: a token that differs between files compiled for different instruction sets, four extensions a hexadecimal
// digit. Everything that emits a symbol lives in the inline namespace of that name: the linker then never puts an
// AVX-512 copy of a function into a program that also runs on an older processor. Only names are chosen here, no code.
//
// The extensions are those that compilers use by themselves, in code that does not ask for them.
#ifndef DETENT_CORE_ISA_HPP
#define DETENT_CORE_ISA_HPP

// 1 if the macro is defined as 1, else 0. Defined, it makes two arguments of one, and moves the 1 into second place.
#define DETENT_ISA_DEFINED_1 ~,
#define DETENT_ISA_SECOND(a, b, ...) b
#define DETENT_ISA_SECOND_OF(...) DETENT_ISA_SECOND(__VA_ARGS__)
#define DETENT_ISA_BIT_OF(value) DETENT_ISA_SECOND_OF(DETENT_ISA_DEFINED_##value 1, 0, ~)
#define DETENT_ISA_BIT(macro) DETENT_ISA_BIT_OF(macro)

#define DETENT_ISA_0000 0
#define DETENT_ISA_0001 1
#define DETENT_ISA_0010 2
#define DETENT_ISA_0011 3
#define DETENT_ISA_0100 4
#define DETENT_ISA_0101 5
#define DETENT_ISA_0110 6
#define DETENT_ISA_0111 7
#define DETENT_ISA_1000 8
#define DETENT_ISA_1001 9
#define DETENT_ISA_1010 a
#define DETENT_ISA_1011 b
#define DETENT_ISA_1100 c
#define DETENT_ISA_1101 d
#define DETENT_ISA_1110 e
#define DETENT_ISA_1111 f
#define DETENT_ISA_DIGIT_OF(a, b, c, d) DETENT_ISA_##a##b##c##d
#define DETENT_ISA_DIGIT_OF_BITS(...) DETENT_ISA_DIGIT_OF(__VA_ARGS__)
#define DETENT_ISA_DIGIT(a, b, c, d) \
  DETENT_ISA_DIGIT_OF_BITS(DETENT_ISA_BIT(a), DETENT_ISA_BIT(b), DETENT_ISA_BIT(c), DETENT_ISA_BIT(d))

#define DETENT_ISA_NAME_OF(begun, a, b, c, d) begun##a##b##c##d
#define DETENT_ISA_NAME(...) DETENT_ISA_NAME_OF(__VA_ARGS__)

#if defined(__x86_64__) || defined(__i386__)

#define DETENT_ISA_BEFORE_AVX512                                                       \
  DETENT_ISA_NAME(x86_, DETENT_ISA_DIGIT(__SSE3__, __SSSE3__, __SSE4_1__, __SSE4_2__), \
                  DETENT_ISA_DIGIT(__POPCNT__, __LZCNT__, __BMI__, __BMI2__),          \
                  DETENT_ISA_DIGIT(__AVX__, __F16C__, __AVX2__, __FMA__),              \
                  DETENT_ISA_DIGIT(__AVXVNNI__, __GFNI__, __MOVBE__, __FMA4__))
#define DETENT_ISA                                                                                                   \
  DETENT_ISA_NAME(DETENT_ISA_BEFORE_AVX512, DETENT_ISA_DIGIT(__AVX512F__, __AVX512BW__, __AVX512VL__, __AVX512DQ__), \
                  DETENT_ISA_DIGIT(__AVX512CD__, __AVX512VBMI__, __AVX512VBMI2__, __AVX512IFMA__),                   \
                  DETENT_ISA_DIGIT(__AVX512VNNI__, __AVX512BITALG__, __AVX512VPOPCNTDQ__, __AVX512BF16__),           \
                  DETENT_ISA_DIGIT(__AVX512FP16__, __AVX10_1__, __XOP__, __TBM__))

#elif defined(__aarch64__)

#define DETENT_ISA                                                                                                 \
  DETENT_ISA_NAME(                                                                                                 \
      arm_,                                                                                                        \
      DETENT_ISA_DIGIT(__ARM_FEATURE_ATOMICS, __ARM_FEATURE_CRC32, __ARM_FEATURE_QRDMX,                            \
                       __ARM_FEATURE_FP16_SCALAR_ARITHMETIC),                                                      \
      DETENT_ISA_DIGIT(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC, __ARM_FEATURE_FP16_FML, __ARM_FEATURE_DOTPROD,        \
                       __ARM_FEATURE_SHA3),                                                                        \
      DETENT_ISA_DIGIT(__ARM_FEATURE_JCVT, __ARM_FEATURE_COMPLEX, __ARM_FEATURE_FRINT, __ARM_FEATURE_MATMUL_INT8), \
      DETENT_ISA_DIGIT(__ARM_FEATURE_BF16, __ARM_FEATURE_SVE, __ARM_FEATURE_SVE2, __ARM_FEATURE_SME))

#else
#define DETENT_ISA portable
#endif

#endif

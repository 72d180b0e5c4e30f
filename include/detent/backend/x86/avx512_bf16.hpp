// SPDX-License-Identifier: MIT
//
// AVX-512 with BF16's conversion and VBMI's lookups of bytes: Sapphire Rapids, Zen 4 and later. The conversion keeps
// NaN's sign and what fits of its payload, and makes it quiet, as bf16_codec does; but it takes subnormals for zeros:
// these are watched for (kernels/encode_fast.inl). All else is avx512's.
#ifndef DETENT_BACKEND_X86_AVX512_BF16_HPP
#define DETENT_BACKEND_X86_AVX512_BF16_HPP

#include "detent/backend/x86/avx512.hpp"

#if defined(__x86_64__)

namespace detent::inline v0::detail::inline DETENT_ISA::avx512_bf16 {

DETENT_REGION_AVX512_BF16_BEGIN

struct lanes : avx512::lanes {
  static constexpr bool bf16_keeps_subnormals = false;
  DETENT_INLINE static void store_bf16(std::uint16_t* to, f32 a, f32 b) {
    _mm512_storeu_si512(to, __builtin_bit_cast(__m512i, _mm512_cvtne2ps_pbh(b, a)));
  }

  /// Byte 0 of each lane of a, b, c and d.
  DETENT_INLINE static i8 low_bytes(i32 a, i32 b, i32 c, i32 d) {
    const i8 every_fourth = _mm512_loadu_si512(fourths.data);
    const i8 ab = _mm512_permutex2var_epi8(a, every_fourth, b), cd = _mm512_permutex2var_epi8(c, every_fourth, d);
    return _mm512_inserti64x4(ab, _mm512_castsi512_si256(cd), 1);
  }
  /// table[x % 64] of bytes.
  DETENT_INLINE static i8 lookup64(const std::uint8_t* table, i8 x) {
    return _mm512_permutexvar_epi8(x, _mm512_loadu_si512(table));
  }

  template <bool High>
  DETENT_INLINE static i32 load_pairs(const std::uint8_t* from) {
    long long eight;
    __builtin_memcpy(&eight, from, 8);
    return _mm512_multishift_epi64_epi8(_mm512_loadu_si512(High ? high_first.data : low_first.data),
                                        _mm512_set1_epi64(eight));
  }

  /// For 64 codes the floats whose bytes lie in four planes of 256; of which the lower two are 0, and the first 128 of
  /// the others are of magnitudes.
  DETENT_INLINE static void pick_upper_halves(const std::uint8_t* planes, const std::uint8_t* codes, f32* to) {
    const i8 x = in_order(_mm512_loadu_si512(codes)), zero = all8(0);
    planes += 512;
    const i8 low = _mm512_permutex2var_epi8(_mm512_loadu_si512(planes), x, _mm512_loadu_si512(planes + 64));
    planes += 256;
    const i8 high = _mm512_permutex2var_epi8(_mm512_loadu_si512(planes), x, _mm512_loadu_si512(planes + 64));
    const i8 with_sign = _mm512_ternarylogic_epi32(high, x, all8(-128), 0xF8);  // high | (x & sign)
    const i8 first = _mm512_unpacklo_epi8(low, with_sign), second = _mm512_unpackhi_epi8(low, with_sign);
    to[0] = floats(_mm512_unpacklo_epi16(zero, first));
    to[1] = floats(_mm512_unpackhi_epi16(zero, first));
    to[2] = floats(_mm512_unpacklo_epi16(zero, second));
    to[3] = floats(_mm512_unpackhi_epi16(zero, second));
  }

  /// For 64 codes the floats whose bytes lie in four planes of 256.
  DETENT_INLINE static void pick_of_256(const std::uint8_t* planes, const std::uint8_t* codes, f32* to) {
    // Interleaving works within 128 bits: quarters of codes change places with quarters of vectors before.
    const i8 x = in_order(_mm512_loadu_si512(codes));
    const __mmask64 upper = _mm512_movepi8_mask(x);
    i8 byte[4];
    for (int k = 0; k < 4; ++k, planes += 256) {
      const i8 low = _mm512_permutex2var_epi8(_mm512_loadu_si512(planes), x, _mm512_loadu_si512(planes + 64));
      const i8 high = _mm512_permutex2var_epi8(_mm512_loadu_si512(planes + 128), x, _mm512_loadu_si512(planes + 192));
      byte[k] = _mm512_mask_blend_epi8(upper, low, high);
    }
    const i8 first = _mm512_unpacklo_epi8(byte[0], byte[1]), second = _mm512_unpackhi_epi8(byte[0], byte[1]);
    const i8 third = _mm512_unpacklo_epi8(byte[2], byte[3]), fourth = _mm512_unpackhi_epi8(byte[2], byte[3]);
    to[0] = floats(_mm512_unpacklo_epi16(first, third));
    to[1] = floats(_mm512_unpackhi_epi16(first, third));
    to[2] = floats(_mm512_unpacklo_epi16(second, fourth));
    to[3] = floats(_mm512_unpackhi_epi16(second, fourth));
  }

 private:
  alignas(64) static constexpr auto fourths = [] {
    table<std::uint8_t, 64> made{};
    for (std::size_t i = 0; i < 64; ++i) made[i] = static_cast<std::uint8_t>(4 * i);
    return made;
  }();
  /// Where the bytes of lanes begin among 64 bits: a lane's lowest with its code.
  template <int Swapped>
  static constexpr auto shifts_of_codes = [] {
    table<std::uint8_t, 64> made{};
    for (std::size_t i = 0; i < 64; i += 4) made[i] = static_cast<std::uint8_t>(i ^ Swapped);
    return made;
  }();
  alignas(64) static constexpr auto low_first = shifts_of_codes<0>, high_first = shifts_of_codes<4>;
};

#include "detent/backend/kernels/all.inl"

/// What these lanes do better, by them; the rest by avx512's, whose kernels are not compiled twice.
struct backend : avx512::vector_backend<avx512::lanes> {
  using older = avx512::vector_backend<avx512::lanes>;
  using newer = avx512_bf16::vector_backend<lanes>;  // unqualified, the name is the base
  template <codec C, affine Form>
  using encoder = std::conditional_t<kernels::is_bf16<C> || kernels::fast::is_binned<lanes, C, Form>, newer, older>;
  template <codec C>
  using decoder = std::conditional_t<kernels::fast::is_looked_up_in_many<lanes, C>, newer, older>;

  template <codec C, affine Form>
  static bool encode(const float* x, std::size_t n, std::size_t group, const group_factors& by, code_t<C>* to) {
    return encoder<C, Form>::template encode<C, Form>(x, n, group, by, to);
  }

  template <codec C, affine Form>
  static void decode(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by, float* to) {
    decoder<C>::template decode<C, Form>(codes, n, group, by, to);
  }

  template <codec C, affine Form>
  static void decode_past_caches(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by,
                                 float* to) {
    decoder<C>::template decode_past_caches<C, Form>(codes, n, group, by, to);
  }

  template <class Packing, codec C, affine Form, bool PastCaches>
  static bool decode_pairs(const std::uint8_t* from, std::size_t n, std::size_t group, const group_factors& by,
                           float* to) {
    return newer::template decode_pairs<Packing, C, Form, PastCaches>(from, n, group, by, to);
  }

  template <codec D, codec C, affine Form>
  static void decode_as(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by,
                        code_t<D>* to) {
    avx512::kernels::decode_as<avx512::lanes, backend, D, C, Form>(codes, n, group, by, to);
  }
};

DETENT_REGION_END

}  // namespace detent::inline v0::detail::inline DETENT_ISA::avx512_bf16

#endif

#endif

// SPDX-License-Identifier: MIT
//
// The AVX-512 intrinsics that detent uses, as loops over lanes, and regions that add nothing: from Intel's description
// of each. Written here rather than taken from SIMDe, whose 0.7.4 has no conversions, no narrowing and no gathers of
// 512 bits.
#ifndef DETENT_BACKEND_X86_REGION_HPP
#define DETENT_BACKEND_X86_REGION_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "detent/core/config.hpp"

#define DETENT_REGION_AVX2_BEGIN
#define DETENT_REGION_AVX512_BEGIN
#define DETENT_REGION_AVX512_BF16_BEGIN
#define DETENT_REGION_END
#define DETENT_REGION_BARRIER(x) static_cast<void>(x)

namespace emulated {

template <class T, int N>
struct lanes_of {
  T lane[N];
};

using __m512 = lanes_of<float, 16>;
using __m512i = lanes_of<std::int32_t, 16>;
using __m256i = lanes_of<std::uint8_t, 32>;
using __m128i = lanes_of<std::uint8_t, 16>;
using __mmask16 = std::uint16_t;

inline constexpr int _CMP_LT_OQ = 17;
inline constexpr int _CMP_ORD_Q = 7;
inline constexpr int _CMP_UNORD_Q = 3;
inline constexpr int _MM_FROUND_TO_NEG_INF = 1;
inline constexpr int _MM_FROUND_NO_EXC = 8;

/// A lane for each i.
template <class V, class F>
V each(const F& f) {
  V v;
  for (int i = 0; i < 16; ++i) v.lane[i] = f(i);
  return v;
}

template <class F>
__mmask16 mask_of(const F& f) {
  unsigned m = 0;
  for (int i = 0; i < 16; ++i) m |= f(i) ? 1u << i : 0u;
  return static_cast<__mmask16>(m);
}

inline bool bit(__mmask16 m, int i) { return (m >> i & 1) != 0; }
inline std::int32_t wrapped(std::int64_t x) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(x)); }

template <class To, class From>
To copied(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

template <class V>
V loaded(const void* from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <class V>
void stored(void* to, const V& v) {
  std::memcpy(to, &v, sizeof v);
}

inline __m512 _mm512_loadu_ps(const void* p) { return loaded<__m512>(p); }
inline __m512i _mm512_loadu_si512(const void* p) { return loaded<__m512i>(p); }
inline __m256i _mm256_loadu_si256(const __m256i* p) { return loaded<__m256i>(p); }
inline __m128i _mm_loadu_si128(const __m128i* p) { return loaded<__m128i>(p); }
inline void _mm512_storeu_ps(void* p, __m512 x) { stored(p, x); }
inline void _mm512_storeu_si512(void* p, __m512i x) { stored(p, x); }
inline void _mm256_storeu_si256(__m256i* p, __m256i x) { stored(p, x); }
inline void _mm_storeu_si128(__m128i* p, __m128i x) { stored(p, x); }
inline __m512 _mm512_set1_ps(float x) {
  return each<__m512>([&](int) { return x; });
}
inline __m512i _mm512_set1_epi32(std::int32_t x) {
  return each<__m512i>([&](int) { return x; });
}

inline __m512 _mm512_add_ps(__m512 a, __m512 b) {
  return each<__m512>([&](int i) { return a.lane[i] + b.lane[i]; });
}
inline __m512 _mm512_sub_ps(__m512 a, __m512 b) {
  return each<__m512>([&](int i) { return a.lane[i] - b.lane[i]; });
}
inline __m512 _mm512_mul_ps(__m512 a, __m512 b) {
  return each<__m512>([&](int i) { return a.lane[i] * b.lane[i]; });
}
inline __m512 _mm512_div_ps(__m512 a, __m512 b) {
  return each<__m512>([&](int i) { return a.lane[i] / b.lane[i]; });
}
inline __m512 _mm512_min_ps(__m512 a, __m512 b) {
  return each<__m512>([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline __m512 _mm512_max_ps(__m512 a, __m512 b) {
  return each<__m512>([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}

/// By 2: the lesser magnitude, with a's sign; a number, if the other is NaN.
inline __m512 _mm512_range_ps(__m512 a, __m512 b, int by) {
  if (by != 2) std::abort();
  return each<__m512>(
      [&](int i) { return std::copysign(std::fmin(std::fabs(a.lane[i]), std::fabs(b.lane[i])), a.lane[i]); });
}

inline __m512i _mm512_add_epi32(__m512i a, __m512i b) {
  return each<__m512i>([&](int i) { return wrapped(std::int64_t{a.lane[i]} + b.lane[i]); });
}
inline __m512i _mm512_sub_epi32(__m512i a, __m512i b) {
  return each<__m512i>([&](int i) { return wrapped(std::int64_t{a.lane[i]} - b.lane[i]); });
}
inline __m512i _mm512_mullo_epi32(__m512i a, __m512i b) {
  return each<__m512i>([&](int i) { return wrapped(std::int64_t{a.lane[i]} * b.lane[i]); });
}
inline __m512i _mm512_min_epi32(__m512i a, __m512i b) {
  return each<__m512i>([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline __m512i _mm512_max_epi32(__m512i a, __m512i b) {
  return each<__m512i>([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline __m512i _mm512_and_si512(__m512i a, __m512i b) {
  return each<__m512i>([&](int i) { return a.lane[i] & b.lane[i]; });
}
inline __m512i _mm512_or_si512(__m512i a, __m512i b) {
  return each<__m512i>([&](int i) { return a.lane[i] | b.lane[i]; });
}
inline __m512i _mm512_xor_si512(__m512i a, __m512i b) {
  return each<__m512i>([&](int i) { return a.lane[i] ^ b.lane[i]; });
}
inline __m512i _mm512_slli_epi32(__m512i a, unsigned n) {
  return each<__m512i>([&](int i) { return wrapped(std::int64_t{a.lane[i]} << n); });
}
inline __m512i _mm512_srai_epi32(__m512i a, unsigned n) {
  return each<__m512i>([&](int i) { return a.lane[i] >> n; });
}

inline __m512i _mm512_castps_si512(__m512 x) { return copied<__m512i>(x); }
inline __m512 _mm512_castsi512_ps(__m512i x) { return copied<__m512>(x); }
inline __m512 _mm512_cvtepi32_ps(__m512i x) {
  return each<__m512>([&](int i) { return static_cast<float>(x.lane[i]); });
}
/// What does not fit becomes INT_MIN.
inline std::int32_t converted(float x) {
  return x >= -2147483648.0f && x < 2147483648.0f ? static_cast<std::int32_t>(x) : INT32_MIN;
}
inline __m512i _mm512_cvttps_epi32(__m512 x) {
  return each<__m512i>([&](int i) { return converted(x.lane[i]); });
}
inline __m512i _mm512_cvtps_epi32(__m512 x) {
  return each<__m512i>([&](int i) { return converted(std::nearbyintf(x.lane[i])); });
}

/// Half precision, from its definition: 2^-24 is the least step, and 10 bits follow the first.
inline std::uint16_t half_of(float x, int) {
  const auto sign = static_cast<unsigned>(std::signbit(x) ? 0x8000 : 0);
  const float magnitude = std::fabs(x);
  if (std::isnan(x)) return static_cast<std::uint16_t>(sign | 0x7E00u | (copied<std::uint32_t>(x) >> 13 & 0x1FFu));
  if (magnitude >= 65520.0f) return static_cast<std::uint16_t>(sign | 0x7C00u);
  if (magnitude < 0x1p-14f)
    return static_cast<std::uint16_t>(sign | static_cast<unsigned>(std::nearbyintf(std::ldexp(magnitude, 24))));
  const int exponent = std::ilogb(magnitude);
  const auto significand = static_cast<unsigned>(std::nearbyintf(std::ldexp(magnitude, 10 - exponent)));
  return static_cast<std::uint16_t>(sign | ((static_cast<unsigned>(exponent + 14) << 10) + significand));
}
inline float float_of_half(unsigned code) {
  const unsigned exponent = code >> 10 & 31;
  const unsigned fraction = code & 0x3FF;
  float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                  : std::ldexp(static_cast<float>(fraction + 1024), static_cast<int>(exponent) - 25);
  if (exponent == 31) magnitude = copied<float>(fraction == 0 ? 0x7F800000u : 0x7FC00000u | fraction << 13);
  return (code & 0x8000) != 0 ? -magnitude : magnitude;
}
inline __m256i _mm512_cvtps_ph(__m512 x, int rounding) {
  std::uint16_t halves[16];
  for (int i = 0; i < 16; ++i) halves[i] = half_of(x.lane[i], rounding);
  return loaded<__m256i>(halves);
}
inline __m512 _mm512_cvtph_ps(__m256i x) {
  return each<__m512>(
      [&](int i) { return float_of_half(static_cast<unsigned>(x.lane[2 * i] | x.lane[2 * i + 1] << 8)); });
}

inline __mmask16 _mm512_cmp_ps_mask(__m512 a, __m512 b, int what) {
  if (what == _CMP_LT_OQ) return mask_of([&](int i) { return a.lane[i] < b.lane[i]; });
  const auto ordered = [&](int i) { return a.lane[i] == a.lane[i] && b.lane[i] == b.lane[i]; };
  return mask_of([&](int i) { return ordered(i) == (what == _CMP_ORD_Q); });
}
inline __mmask16 _mm512_cmpgt_epi32_mask(__m512i a, __m512i b) {
  return mask_of([&](int i) { return a.lane[i] > b.lane[i]; });
}
inline __mmask16 _mm512_cmpeq_epi32_mask(__m512i a, __m512i b) {
  return mask_of([&](int i) { return a.lane[i] == b.lane[i]; });
}
inline __m512 _mm512_mask_blend_ps(__mmask16 m, __m512 a, __m512 b) {
  return each<__m512>([&](int i) { return bit(m, i) ? b.lane[i] : a.lane[i]; });
}
inline __m512i _mm512_mask_blend_epi32(__mmask16 m, __m512i a, __m512i b) {
  return each<__m512i>([&](int i) { return bit(m, i) ? b.lane[i] : a.lane[i]; });
}
inline __m512i _mm512_mask_add_epi32(__m512i from, __mmask16 m, __m512i a, __m512i b) {
  return _mm512_mask_blend_epi32(m, from, _mm512_add_epi32(a, b));
}
inline __m512i _mm512_mask_sub_epi32(__m512i from, __mmask16 m, __m512i a, __m512i b) {
  return _mm512_mask_blend_epi32(m, from, _mm512_sub_epi32(a, b));
}

inline std::int32_t _mm512_reduce_max_epi32(__m512i x) {
  std::int32_t best = x.lane[0];
  for (std::int32_t v : x.lane) best = v > best ? v : best;
  return best;
}
inline float _mm512_reduce_max_ps(__m512 x) {
  float best = x.lane[0];
  for (float v : x.lane) best = v > best ? v : best;
  return best;
}
inline float _mm512_reduce_min_ps(__m512 x) {
  float best = x.lane[0];
  for (float v : x.lane) best = v < best ? v : best;
  return best;
}

inline __m512 _mm512_permutexvar_ps(__m512i index, __m512 a) {
  return each<__m512>([&](int i) { return a.lane[index.lane[i] & 15]; });
}
inline __m512 _mm512_permutex2var_ps(__m512 a, __m512i index, __m512 b) {
  return each<__m512>([&](int i) { return ((index.lane[i] & 16) != 0 ? b : a).lane[index.lane[i] & 15]; });
}
inline __m512 _mm512_i32gather_ps(__m512i index, const void* base, int scale) {
  return each<__m512>(
      [&](int i) { return loaded<float>(static_cast<const char*>(base) + std::ptrdiff_t{index.lane[i]} * scale); });
}

inline __m512i _mm512_cvtepu8_epi32(__m128i x) {
  return each<__m512i>([&](int i) { return std::int32_t{x.lane[i]}; });
}
inline __m512i _mm512_cvtepu16_epi32(__m256i x) {
  return each<__m512i>([&](int i) { return x.lane[2 * i] | x.lane[2 * i + 1] << 8; });
}
inline __m128i _mm512_cvtepi32_epi8(__m512i x) {
  return each<__m128i>([&](int i) { return static_cast<std::uint8_t>(x.lane[i]); });
}
inline __m256i _mm512_cvtepi32_epi16(__m512i x) {
  __m256i halves;
  for (int i = 0; i < 16; ++i) {
    halves.lane[2 * i] = static_cast<std::uint8_t>(x.lane[i]);
    halves.lane[2 * i + 1] = static_cast<std::uint8_t>(x.lane[i] >> 8);
  }
  return halves;
}

}  // namespace emulated

#include "detent/backend/x86/emulated_bytes.hpp"

using namespace emulated;

#endif

// SPDX-License-Identifier: MIT
//
// The intrinsics of AVX-512's lanes of bytes and words, and those that move lanes, as loops: included by region.hpp.
#ifndef DETENT_TESTS_EMULATED_BYTES_HPP
#define DETENT_TESTS_EMULATED_BYTES_HPP

namespace emulated {

using __mmask32 = std::uint32_t;
using __mmask64 = std::uint64_t;

template <class T>
using lanes512 = lanes_of<T, 64 / sizeof(T)>;

/// f of each lane of T.
template <class T, class F, class... V>
__m512i lanes_by(const F& f, const V&... v) {
  lanes512<T> to;
  for (std::size_t i = 0; i < 64 / sizeof(T); ++i) to.lane[i] = static_cast<T>(f(copied<lanes512<T>>(v).lane[i]...));
  return copied<__m512i>(to);
}
/// Lane i of the result, by its number.
template <class T, class F>
__m512i lanes_at(const F& f) {
  lanes512<T> to;
  for (std::size_t i = 0; i < 64 / sizeof(T); ++i) to.lane[i] = static_cast<T>(f(i));
  return copied<__m512i>(to);
}
template <class T>
T lane_of(const __m512i& x, std::size_t i) {
  return copied<lanes512<T>>(x).lane[i];
}
template <class T, class F>
std::uint64_t mask_by(const F& f, const __m512i& a, const __m512i& b) {
  std::uint64_t m = 0;
  for (std::size_t i = 0; i < 64 / sizeof(T); ++i)
    m |= f(lane_of<T>(a, i), lane_of<T>(b, i)) ? std::uint64_t{1} << i : 0;
  return m;
}
template <class To>
int saturated(int x) {
  constexpr int least = std::numeric_limits<To>::min(), last = std::numeric_limits<To>::max();
  return x < least ? least : x > last ? last : x;
}
/// In each 128 bits: the lanes of a, then those of b, each in half as many bits.
template <class From, class To>
__m512i packed(const __m512i& a, const __m512i& b) {
  constexpr std::size_t half = 16 / sizeof(From);
  return lanes_at<To>([&](std::size_t i) {
    const std::size_t lane = i / (2 * half), within = i % (2 * half);
    return saturated<To>(lane_of<From>(within < half ? a : b, lane * half + within % half));
  });
}
/// In each 128 bits: lanes of a and b in turns, from their lower or upper halves.
template <class T>
__m512i unpacked(const __m512i& a, const __m512i& b, bool upper) {
  constexpr std::size_t per = 16 / sizeof(T);
  return lanes_at<T>([&](std::size_t i) {
    return lane_of<T>(i % 2 == 0 ? a : b, i / per * per + i % per / 2 + (upper ? per / 2 : 0));
  });
}

inline __m512i _mm512_set1_epi8(char x) {
  return lanes_at<std::int8_t>([&](std::size_t) { return x; });
}
inline __m512i _mm512_set1_epi16(short x) {
  return lanes_at<std::int16_t>([&](std::size_t) { return x; });
}
inline __m512i _mm512_set1_epi64(std::int64_t x) {
  return lanes_at<std::int64_t>([&](std::size_t) { return x; });
}
template <class... T>
__m512i _mm512_setr_epi32(T... x) {
  const std::int32_t lanes[] = {x...};
  return loaded<__m512i>(lanes);
}
template <class... T>
__m512i _mm512_setr_epi64(T... x) {
  const std::int64_t lanes[] = {x...};
  return loaded<__m512i>(lanes);
}
template <class... T>
__m128i _mm_setr_epi8(T... x) {
  return {{static_cast<std::uint8_t>(x)...}};
}

inline __m512i _mm512_add_epi8(__m512i a, __m512i b) {
  return lanes_by<std::uint8_t>([](int x, int y) { return x + y; }, a, b);
}
inline __m512i _mm512_add_epi16(__m512i a, __m512i b) {
  return lanes_by<std::uint16_t>([](int x, int y) { return x + y; }, a, b);
}
inline __m512i _mm512_adds_epi16(__m512i a, __m512i b) {
  return lanes_by<std::int16_t>([](int x, int y) { return saturated<std::int16_t>(x + y); }, a, b);
}
inline __m512i _mm512_min_epi8(__m512i a, __m512i b) {
  return lanes_by<std::int8_t>([](int x, int y) { return x < y ? x : y; }, a, b);
}
inline __m512i _mm512_max_epi8(__m512i a, __m512i b) {
  return lanes_by<std::int8_t>([](int x, int y) { return x > y ? x : y; }, a, b);
}
inline __m512i _mm512_min_epi16(__m512i a, __m512i b) {
  return lanes_by<std::int16_t>([](int x, int y) { return x < y ? x : y; }, a, b);
}
inline __m512i _mm512_mullo_epi16(__m512i a, __m512i b) {
  return lanes_by<std::uint16_t>([](unsigned x, unsigned y) { return x * y; }, a, b);
}
inline __m512i _mm512_slli_epi16(__m512i a, unsigned n) {
  return lanes_by<std::uint16_t>([&](unsigned x) { return x << n; }, a);
}
inline __m512i _mm512_srli_epi16(__m512i a, unsigned n) {
  return lanes_by<std::uint16_t>([&](unsigned x) { return x >> n; }, a);
}
inline __m512i _mm512_srli_epi32(__m512i a, unsigned n) {
  return lanes_by<std::uint32_t>([&](std::uint32_t x) { return x >> n; }, a);
}
inline __m512i _mm512_srli_epi64(__m512i a, unsigned n) {
  return lanes_by<std::uint64_t>([&](std::uint64_t x) { return x >> n; }, a);
}
inline __m512i _mm512_srlv_epi32(__m512i a, __m512i n) {
  return lanes_by<std::uint32_t>([&](std::uint32_t x, std::uint32_t by) { return by < 32 ? x >> by : 0; }, a, n);
}
/// Of each 64 bits of a, for each byte of `at` the eight bits from that one on, around the end.
inline __m512i _mm512_multishift_epi64_epi8(__m512i at, __m512i a) {
  return lanes_at<std::uint8_t>([&](std::size_t i) {
    const std::uint64_t from = lane_of<std::uint64_t>(a, i / 8);
    const unsigned by = lane_of<std::uint8_t>(at, i) & 63u;
    return static_cast<std::uint8_t>(from >> by | (by == 0 ? 0 : from << (64 - by)));
  });
}
/// Unsigned bytes of a times signed bytes of b, pairs added.
inline __m512i _mm512_maddubs_epi16(__m512i a, __m512i b) {
  return lanes_at<std::int16_t>([&](std::size_t i) {
    const int low = lane_of<std::uint8_t>(a, 2 * i) * lane_of<std::int8_t>(b, 2 * i);
    return saturated<std::int16_t>(low + lane_of<std::uint8_t>(a, 2 * i + 1) * lane_of<std::int8_t>(b, 2 * i + 1));
  });
}
inline __m512i _mm512_madd_epi16(__m512i a, __m512i b) {
  return lanes_at<std::int32_t>([&](std::size_t i) {
    const int low = lane_of<std::int16_t>(a, 2 * i) * lane_of<std::int16_t>(b, 2 * i);
    return wrapped(std::int64_t{low} + lane_of<std::int16_t>(a, 2 * i + 1) * lane_of<std::int16_t>(b, 2 * i + 1));
  });
}
inline __m512i _mm512_packs_epi32(__m512i a, __m512i b) { return packed<std::int32_t, std::int16_t>(a, b); }
inline __m512i _mm512_packus_epi32(__m512i a, __m512i b) { return packed<std::int32_t, std::uint16_t>(a, b); }
inline __m512i _mm512_packs_epi16(__m512i a, __m512i b) { return packed<std::int16_t, std::int8_t>(a, b); }
inline __m512i _mm512_packus_epi16(__m512i a, __m512i b) { return packed<std::int16_t, std::uint8_t>(a, b); }
inline __m512i _mm512_unpacklo_epi8(__m512i a, __m512i b) { return unpacked<std::uint8_t>(a, b, false); }
inline __m512i _mm512_unpackhi_epi8(__m512i a, __m512i b) { return unpacked<std::uint8_t>(a, b, true); }
inline __m512i _mm512_unpacklo_epi16(__m512i a, __m512i b) { return unpacked<std::int16_t>(a, b, false); }
inline __m512i _mm512_unpackhi_epi16(__m512i a, __m512i b) { return unpacked<std::int16_t>(a, b, true); }
inline __m512i _mm512_unpacklo_epi32(__m512i a, __m512i b) { return unpacked<std::int32_t>(a, b, false); }
inline __m512i _mm512_unpackhi_epi32(__m512i a, __m512i b) { return unpacked<std::int32_t>(a, b, true); }
inline __m512i _mm512_unpacklo_epi64(__m512i a, __m512i b) { return unpacked<std::int64_t>(a, b, false); }
inline __m512i _mm512_unpackhi_epi64(__m512i a, __m512i b) { return unpacked<std::int64_t>(a, b, true); }

inline __m512i _mm512_shuffle_epi8(__m512i a, __m512i index) {
  return lanes_at<std::uint8_t>([&](std::size_t i) {
    const std::uint8_t at = lane_of<std::uint8_t>(index, i);
    return (at & 0x80) != 0 ? 0 : lane_of<std::uint8_t>(a, i / 16 * 16 + (at & 15u));
  });
}
inline __m512i _mm512_permutexvar_epi32(__m512i index, __m512i a) {
  return lanes_by<std::int32_t>([&](std::int32_t at) { return lane_of<std::int32_t>(a, at & 15u); }, index);
}
inline __m512i _mm512_permutexvar_epi8(__m512i index, __m512i a) {
  const auto at = copied<lanes_of<std::uint8_t, 64>>(index), from = copied<lanes_of<std::uint8_t, 64>>(a);
  return lanes_at<std::uint8_t>([&](std::size_t i) { return from.lane[at.lane[i] & 63]; });
}
inline __m512i _mm512_permutex2var_epi8(__m512i a, __m512i index, __m512i b) {
  const auto at = copied<lanes_of<std::uint8_t, 64>>(index), first = copied<lanes_of<std::uint8_t, 64>>(a),
             second = copied<lanes_of<std::uint8_t, 64>>(b);
  return lanes_at<std::uint8_t>(
      [&](std::size_t i) { return ((at.lane[i] & 64) != 0 ? second : first).lane[at.lane[i] & 63]; });
}
inline __m512i _mm512_permutexvar_epi64(__m512i index, __m512i a) {
  return lanes_by<std::int64_t>([&](std::int64_t at) { return lane_of<std::int64_t>(a, at & 7u); }, index);
}
inline __m512i _mm512_shuffle_i32x4(__m512i a, __m512i b, unsigned by) {
  return lanes_at<std::int32_t>([&](std::size_t i) {
    const std::size_t lane = i / 4;
    return lane_of<std::int32_t>(lane < 2 ? a : b, (by >> (2 * lane) & 3u) * 4 + i % 4);
  });
}
inline __m512i _mm512_ternarylogic_epi32(__m512i a, __m512i b, __m512i c, unsigned table) {
  return lanes_at<std::uint32_t>([&](std::size_t i) {
    const auto x = lane_of<std::uint32_t>(a, i), y = lane_of<std::uint32_t>(b, i), z = lane_of<std::uint32_t>(c, i);
    std::uint32_t to = 0;
    for (unsigned k = 0; k < 32; ++k) {
      const unsigned row = (x >> k & 1u) << 2 | (y >> k & 1u) << 1 | (z >> k & 1u);
      to |= (table >> row & 1u) << k;
    }
    return to;
  });
}

inline __mmask64 _mm512_movepi8_mask(__m512i x) {
  __mmask64 m = 0;
  for (std::size_t i = 0; i < 64; ++i)
    m |= static_cast<__mmask64>(copied<lanes_of<std::uint8_t, 64>>(x).lane[i] >> 7) << i;
  return m;
}
inline __m512i _mm512_mask_blend_epi8(__mmask64 m, __m512i a, __m512i b) {
  const auto first = copied<lanes_of<std::uint8_t, 64>>(a), second = copied<lanes_of<std::uint8_t, 64>>(b);
  return lanes_at<std::uint8_t>([&](std::size_t i) { return (m >> i & 1) != 0 ? second.lane[i] : first.lane[i]; });
}
inline __mmask32 _mm512_cmpeq_epi16_mask(__m512i a, __m512i b) {
  return static_cast<__mmask32>(mask_by<std::int16_t>([](int x, int y) { return x == y; }, a, b));
}
inline __mmask64 _mm512_cmpgt_epi8_mask(__m512i a, __m512i b) {
  return mask_by<std::int8_t>([](int x, int y) { return x > y; }, a, b);
}
inline __mmask16 _mm512_test_epi32_mask(__m512i a, __m512i b) {
  return mask_of([&](int i) { return (a.lane[i] & b.lane[i]) != 0; });
}
/// Which of the kinds of numbers in `what` a float is: quiet NaN, ±0, ±infinity, subnormal, negative, signaling NaN.
inline __mmask16 _mm512_fpclass_ps_mask(__m512 x, unsigned what) {
  return mask_of([&](int i) {
    const float v = x.lane[i];
    const bool quiet = (copied<std::uint32_t>(v) & 0x400000u) != 0;
    const bool negative = std::signbit(v);
    const int kind = std::fpclassify(v);
    unsigned is = 0;
    if (kind == FP_NAN) is = quiet ? 0x01 : 0x80;
    if (kind == FP_ZERO) is = negative ? 0x04 : 0x02;
    if (kind == FP_INFINITE) is = negative ? 0x10 : 0x08;
    if (kind == FP_SUBNORMAL) is = 0x20;
    if (negative && (kind == FP_NORMAL || kind == FP_SUBNORMAL)) is |= 0x40;
    return (is & what) != 0;
  });
}

inline __m512 _mm512_fmadd_ps(__m512 a, __m512 b, __m512 c) {
  return each<__m512>([&](int i) { return std::fma(a.lane[i], b.lane[i], c.lane[i]); });
}
/// Of b, then of a: to nearest even; subnormals are taken for zeros, NaN becomes quiet.
inline __m512i _mm512_cvtne2ps_pbh(__m512 a, __m512 b) {
  return lanes_at<std::uint16_t>([&](std::size_t i) {
    const auto x = copied<std::uint32_t>(i < 16 ? b.lane[i] : a.lane[i - 16]);
    if ((x & 0x7FFFFFFFu) > 0x7F800000u) return x >> 16 | 0x40u;
    if ((x & 0x7F800000u) == 0) return x >> 16 & 0x8000u;
    return (x + 0x7FFFu + (x >> 16 & 1u)) >> 16;
  });
}
inline __m512i _mm512_cvt_roundps_epi32(__m512 x, int) {
  return each<__m512i>([&](int i) { return converted(std::floor(x.lane[i])); });
}
inline __m512i _mm512_cvtepi8_epi32(__m128i x) {
  return each<__m512i>([&](int i) { return static_cast<std::int32_t>(static_cast<std::int8_t>(x.lane[i])); });
}
inline __m512i _mm512_cvtepu8_epi16(__m256i x) {
  return lanes_at<std::uint16_t>([&](std::size_t i) { return x.lane[i]; });
}
inline __m256i _mm512_cvtepi16_epi8(__m512i x) {
  __m256i to;
  for (std::size_t i = 0; i < 32; ++i) to.lane[i] = static_cast<std::uint8_t>(lane_of<std::uint16_t>(x, i));
  return to;
}

inline __m128i _mm512_extracti32x4_epi32(__m512i x, unsigned at) {
  return loaded<__m128i>(reinterpret_cast<const char*>(&x) + 16 * at);
}
inline __m256i _mm512_extracti64x4_epi64(__m512i x, unsigned at) {
  return loaded<__m256i>(reinterpret_cast<const char*>(&x) + 32 * at);
}
inline __m512i _mm512_inserti32x4(__m512i x, __m128i part, unsigned at) {
  std::memcpy(reinterpret_cast<char*>(&x) + 16 * at, &part, sizeof part);
  return x;
}
inline __m512i _mm512_inserti64x4(__m512i x, __m256i part, unsigned at) {
  std::memcpy(reinterpret_cast<char*>(&x) + 32 * at, &part, sizeof part);
  return x;
}
/// The upper lanes are undefined: here they are noise.
inline __m512i _mm512_castsi256_si512(__m256i x) { return _mm512_inserti64x4(_mm512_set1_epi32(0x5A5A5A5A), x, 0); }
inline __m128i _mm512_castsi512_si128(__m512i x) { return _mm512_extracti32x4_epi32(x, 0); }
inline __m256i _mm512_castsi512_si256(__m512i x) { return _mm512_extracti64x4_epi64(x, 0); }
/// The upper lanes are undefined: here they are noise.
inline __m512i _mm512_castsi128_si512(__m128i x) { return _mm512_inserti32x4(_mm512_set1_epi32(0x5A5A5A5A), x, 0); }
inline __m512i _mm512_broadcast_i32x4(__m128i x) {
  return lanes_at<std::uint8_t>([&](std::size_t i) { return x.lane[i % 16]; });
}
inline __m512i _mm512_broadcast_i64x4(__m256i x) {
  return lanes_at<std::uint8_t>([&](std::size_t i) { return x.lane[i % 32]; });
}
inline __m512i _mm512_permutexvar_epi16(__m512i index, __m512i a) {
  return lanes_by<std::int16_t>([&](std::int16_t at) { return lane_of<std::int16_t>(a, at & 31u); }, index);
}
inline void _mm512_stream_si512(__m512i* to, __m512i x) { stored(to, x); }
inline void _mm512_stream_ps(float* to, __m512 x) { _mm512_storeu_ps(to, x); }
inline void _mm_sfence() {}

template <class T>
__m512i zeroed_lanes(std::uint64_t m, const __m512i& x) {
  return lanes_at<T>([&](std::size_t i) { return (m >> i & 1u) != 0 ? lane_of<T>(x, i) : T{}; });
}
inline __m512i _mm512_maskz_mov_epi8(__mmask64 m, __m512i x) { return zeroed_lanes<std::uint8_t>(m, x); }
inline __m512i _mm512_maskz_mov_epi16(__mmask32 m, __m512i x) { return zeroed_lanes<std::uint16_t>(m, x); }
inline __m512i _mm512_maskz_mov_epi32(__mmask16 m, __m512i x) { return zeroed_lanes<std::int32_t>(m, x); }
inline __m512i _mm512_maskz_compress_epi32(__mmask16 m, __m512i x) {
  __m512i to{};
  int next = 0;
  for (int i = 0; i < 16; ++i) {
    if (bit(m, i)) to.lane[next++] = x.lane[i];
  }
  return to;
}
inline __m512i _mm512_maskz_expand_epi32(__mmask16 m, __m512i x) {
  int next = 0;
  return each<__m512i>([&](int i) { return bit(m, i) ? x.lane[next++] : 0; });
}

using _MM_PERM_ENUM = int;
inline __m512i _mm512_shuffle_epi32(__m512i x, _MM_PERM_ENUM order) {
  return each<__m512i>([&](int i) { return x.lane[i / 4 * 4 + (order >> (i % 4 * 2) & 3)]; });
}

inline __m512i _mm512_cvtepi8_epi16(__m256i x) {
  return lanes_at<std::int16_t>([&](std::size_t i) { return static_cast<std::int8_t>(x.lane[i]); });
}
inline __m512i _mm512_permutex2var_epi64(__m512i a, __m512i index, __m512i b) {
  return lanes_at<std::int64_t>([&](std::size_t i) {
    const auto from = static_cast<std::size_t>(lane_of<std::int64_t>(index, i)) & 15;
    return lane_of<std::int64_t>(from < 8 ? a : b, from % 8);
  });
}
inline __m512 _mm512_maskz_mul_ps(__mmask16 m, __m512 a, __m512 b) {
  return each<__m512>([&](int i) { return bit(m, i) ? a.lane[i] * b.lane[i] : 0.0f; });
}

}  // namespace emulated

#endif

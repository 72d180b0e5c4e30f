// SPDX-License-Identifier: MIT
//
// The copies for one instruction set: compiled once for each, with its flags. Nothing of the standard library is
// instantiated here, because the linker could take these files' copy of it for all.
#include <cstdint>

#include "copy.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

#define INLINE [[gnu::always_inline]] inline

#if defined(__AVX512F__)
using vector = __m512i;
INLINE void stream(vector* to, const vector& x) { _mm512_stream_si512(to, x); }
#elif defined(__AVX__)
using vector = __m256i;
INLINE void stream(vector* to, const vector& x) { _mm256_stream_si256(to, x); }
#elif defined(__x86_64__)
using vector = __m128i;
INLINE void stream(vector* to, const vector& x) { _mm_stream_si128(to, x); }
#else
typedef std::uint64_t vector __attribute__((vector_size(16), may_alias));
INLINE void stream(vector* to, const vector& x) { *to = x; }
#endif

constexpr std::size_t parts = bench::line_bytes / sizeof(vector);

struct line {
  vector part[parts];

  INLINE line& operator|=(const line& x) {
    for (std::size_t i = 0; i < parts; ++i) part[i] |= x.part[i];
    return *this;
  }
};

/// Opaque to the compiler, so that what was read counts as used.
INLINE void keep(const line& x) { asm volatile("" ::"m"(x)); }

INLINE void fence() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

enum class stores { plain, non_temporal };

/// Lines ahead that are prefetched: two pages' worth of a hardware prefetcher's reach.
constexpr int ahead = 32;

template <stores S, bool Prefetch, int Lines>
struct unit {
  INLINE static void reads_more(const line*& from, line*& to) {
    line x = from[0];
    if constexpr (Prefetch) __builtin_prefetch(from + ahead);
#pragma GCC unroll 32
    for (int i = 1; i < Lines; ++i) {
      x |= from[i];
      if constexpr (Prefetch) __builtin_prefetch(from + ahead + i);
    }
    put(to, x);
    from += Lines;
    to += 1;
  }
  INLINE static void writes_more(const line*& from, line*& to) {
    const line x = *from;
    if constexpr (Prefetch) __builtin_prefetch(from + ahead);
#pragma GCC unroll 32
    for (int i = 0; i < Lines; ++i) put(to + i, x);
    from += 1;
    to += Lines;
  }
  /// `none` is 0, which the compiler does not know: nothing changes, but everything is read and written.
  INLINE static void in_place(const line*& from, line*& to, const line& none) {
    line x = *from;
    for (std::size_t i = 0; i < parts; ++i) x.part[i] &= none.part[i];
#pragma GCC unroll 32
    for (int i = 0; i < Lines; ++i) {
      if constexpr (Prefetch) __builtin_prefetch(to + ahead + i);
      line y = to[i];
      y |= x;
      put(to + i, y);
    }
    from += 1;
    to += Lines;
  }

 private:
  INLINE static void put(line* to, const line& x) {
    for (std::size_t i = 0; i < parts; ++i) {
      if constexpr (S == stores::plain)
        to->part[i] = x.part[i];
      else
        stream(to->part + i, x.part[i]);
    }
  }
};

template <stores S, bool Prefetch, int Lines>
void copy_by(const bench::copy_shape& shape, const void* source, void* target, std::size_t periods) {
  const auto* from = static_cast<const line*>(source);
  auto* to = static_cast<line*>(target);
  using small = unit<S, Prefetch, Lines>;
  using large = unit<S, Prefetch, Lines + 1>;
  line none{};
  asm volatile("" : "+m"(none));
  const int few = shape.repeats[0], more = shape.repeats[1];
  if (shape.in_place) {
    for (std::size_t p = 0; p < periods; ++p) {
      for (int i = 0; i < few; ++i) small::in_place(from, to, none);
      for (int i = 0; i < more; ++i) large::in_place(from, to, none);
    }
  } else if (shape.reads_more) {
    for (std::size_t p = 0; p < periods; ++p) {
      for (int i = 0; i < few; ++i) small::reads_more(from, to);
      for (int i = 0; i < more; ++i) large::reads_more(from, to);
    }
  } else {
    for (std::size_t p = 0; p < periods; ++p) {
      for (int i = 0; i < few; ++i) small::writes_more(from, to);
      for (int i = 0; i < more; ++i) large::writes_more(from, to);
    }
  }
  if constexpr (S == stores::non_temporal) fence();
}

template <stores S, bool Prefetch, int... Lines>
void copy_any(const bench::copy_shape& shape, const void* from, void* to, std::size_t periods) {
  static constexpr bench::copy_function by[] = {copy_by<S, Prefetch, Lines>...};
  by[shape.lines - 1](shape, from, to, periods);
}

template <stores S, bool Prefetch>
void copy(const bench::copy_shape& shape, const void* from, void* to, std::size_t periods) {
  copy_any<S, Prefetch, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20>(shape, from, to,
                                                                                               periods);
}

void read(const void* source, std::size_t lines) {
  const auto* from = static_cast<const line*>(source);
  line sums[4] = {};
  for (std::size_t i = 0; i + 4 <= lines; i += 4) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) sums[k] |= from[i + k];
  }
  for (const line& sum : sums) keep(sum);
}

#if defined(__x86_64__) && !defined(__AVX__)
void move_string(const bench::copy_shape&, const void* from, void* to, std::size_t periods) {
  std::size_t bytes = periods * bench::line_bytes;
  asm volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(bytes) : : "memory");
}
#endif

constexpr bench::copy_kernel kernels[] = {
    {DETENT_BENCH_COPY_NAME, false, false, copy<stores::plain, false>, read},
    {DETENT_BENCH_COPY_NAME " prefetch", false, false, copy<stores::plain, true>, read},
#if defined(__x86_64__)
    {DETENT_BENCH_COPY_NAME " nt", true, false, copy<stores::non_temporal, false>, read},
    {DETENT_BENCH_COPY_NAME " nt prefetch", true, false, copy<stores::non_temporal, true>, read},
#if !defined(__AVX__)
    {"rep movsb", false, true, move_string, read},
#endif
#endif
};

const bench::copy_registration here{DETENT_BENCH_COPY_FEATURE, kernels, sizeof kernels / sizeof *kernels};

}  // namespace

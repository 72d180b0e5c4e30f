// SPDX-License-Identifier: MIT
//
// Masks on the device: a bit for each element in row-major order, the lowest bit of a byte first; 1 keeps. Bits behind
// the last element are 0. Elements are moved as they are: their bytes, NaN and all.
#ifndef DETENT_CUDA_MASKS_HPP
#define DETENT_CUDA_MASKS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/mask.hpp"
#include "detent/cuda/level.hpp"

namespace detent::inline v0::detail::gpu {

inline constexpr std::uint64_t mask_tile = 1024;
inline constexpr unsigned mask_chunks = 4;

/// Of eight elements from number `first` on, how many there are.
DETENT_INLINE unsigned count_from(std::uint64_t first, std::uint64_t elements) {
  return first >= elements ? 0 : elements - first < octet ? static_cast<unsigned>(elements - first) : octet;
}

/// Calls f(first, count) for each eight of a tile that a lane has.
template <class F>
DETENT_INLINE void each_octet(std::uint64_t tile, unsigned lane, std::uint64_t elements, const F& f) {
  unrolled<mask_chunks>([&](unsigned c) {
    const std::uint64_t first = tile * mask_tile + (std::uint64_t{c} * 32 + lane) * octet;
    const unsigned count = count_from(first, elements);
    if (count != 0) f(first, count);
  });
}

struct mask_body {
  static constexpr unsigned width = 32;
  static constexpr std::size_t shared_bytes = 0;
  template <class Team, class Args>
  DETENT_INLINE static void begin(Team&, const Args&) {}
};

/// y = x where the bit is set, else 0. x and y may be the same.
template <class Input, class Output>
struct apply_mask_tile : mask_body {
  struct args {
    Input x;
    const std::uint8_t* mask;
    Output y;
    std::uint64_t elements;
    bool whole;
  };
  using value = typename Output::value_type;
  static constexpr unsigned bytes = sizeof(value);

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    team.each([&](unsigned lane) {
      each_octet(tile, lane, a.elements, [&](std::uint64_t first, unsigned count) {
        const std::uint32_t keep = a.mask[first / octet];
        if constexpr (bytes <= 4) {
          if (a.whole && count == octet) {
            std::uint32_t word[2 * bytes];
            load_bytes<octet * bytes>(a.x.data + first, word);
            unrolled<octet>([&](unsigned j) {
              constexpr std::uint32_t ones = static_cast<std::uint32_t>((std::uint64_t{1} << (8 * bytes)) - 1);
              const unsigned at = j * bytes;
              if ((keep >> j & 1u) == 0) word[at / 4] &= ~(ones << (at % 4 * 8));
            });
            store_bytes<octet * bytes>(a.y.data + first, word);
            return;
          }
        }
        for (unsigned j = 0; j < count; ++j) {
          *a.y.at(first + j) = (keep >> j & 1u) != 0 ? *a.x.at(first + j) : value{};
        }
      });
    });
  }
};

/// Keeps |x| >= threshold, and NaN.
template <class Input>
struct threshold_tile : mask_body {
  struct args {
    Input x;
    float threshold;
    std::uint8_t* mask;
    std::uint64_t elements;
    bool whole;
  };

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    team.each([&](unsigned lane) {
      each_octet(tile, lane, a.elements, [&](std::uint64_t first, unsigned count) {
        float x[octet];
        if (a.whole && count == octet)
          a.x.template load<true>(first, octet, x);
        else
          a.x.template load<false>(first, count, x);
        std::uint32_t keep = 0;
        unrolled<octet>([&](unsigned j) {
          if (j < count && magnitude_key(x[j]) >= magnitude_key(a.threshold)) keep |= 1u << j;
        });
        a.mask[first / octet] = static_cast<std::uint8_t>(keep);
      });
    });
  }
};

/// The N greatest magnitudes of every M neighbours; among equals the first.
template <unsigned N, unsigned M, class Input>
struct n_of_m_tile : mask_body {
  static_assert(N <= M && (M == 2 || M == 4 || M == 8 || M == 16 || M == 32), "groups of 2, 4, 8, 16 or 32");
  static constexpr unsigned held = M < octet ? octet : M;

  struct args {
    Input x;
    std::uint8_t* mask;
    std::uint64_t elements;
    bool whole;
  };

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    team.each([&](unsigned lane) {
      const std::uint64_t base = (tile * 32 + lane) * held;
      if (base >= a.elements) return;
      std::uint32_t key[held];
      unrolled<held / octet>([&](unsigned c) {
        float x[octet];
        const unsigned count = count_from(base + c * octet, a.elements);
        if (a.whole && count == octet)
          a.x.template load<true>(base + c * octet, octet, x);
        else
          a.x.template load<false>(base + c * octet, count, x);
        unrolled<octet>([&](unsigned j) { key[c * octet + j] = magnitude_key(x[j]); });
      });
      std::uint32_t keep = 0;
      unrolled<held>([&](unsigned i) {
        unsigned before = 0;
        unrolled<M>([&](unsigned k) {
          const unsigned j = i / M * M + k;
          if (j < i) before += key[j] >= key[i] ? 1u : 0u;
          if (j > i) before += key[j] > key[i] ? 1u : 0u;
        });
        if (before < N && base + i < a.elements) keep |= 1u << i;
      });
      unrolled<held / octet>([&](unsigned c) {
        if (base + c * octet < a.elements) a.mask[base / octet + c] = static_cast<std::uint8_t>(keep >> (c * octet));
      });
    });
  }
};

/// Whole indices of an axis: a bit for each index of it.
struct channels_tile : mask_body {
  struct args {
    const std::uint8_t* keep;
    std::uint64_t extent;
    std::uint64_t inner;
    std::uint8_t* mask;
    std::uint64_t elements;
  };

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    team.each([&](unsigned lane) {
      each_octet(tile, lane, a.elements, [&](std::uint64_t first, unsigned count) {
        std::uint64_t step = first % a.inner;
        std::uint64_t channel = first / a.inner % a.extent;
        std::uint32_t keep = 0;
        for (unsigned j = 0; j < count; ++j) {
          keep |= (std::uint32_t{a.keep[channel / 8]} >> (channel % 8) & 1u) << j;
          if (++step == a.inner) {
            step = 0;
            channel = channel + 1 == a.extent ? 0 : channel + 1;
          }
        }
        a.mask[first / octet] = static_cast<std::uint8_t>(keep);
      });
    });
  }
};

/// The sum of squares of each index of an axis, in double precision: in each lane in order, lanes in order.
template <class Input>
struct channel_squares : mask_body {
  static constexpr unsigned width = 256;
  struct total {
    double sum = 0;
    DETENT_INLINE void merge(const total& later) { sum += later.sum; }
  };
  static constexpr std::size_t shared_bytes = 8 * sizeof(total);

  struct args {
    Input x;
    std::uint64_t extent;
    std::uint64_t inner;
    std::uint64_t members;
    double* to;
  };

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t channel) {
    typename Team::template lanes<total> sums;
    team.each([&](unsigned lane) {
      total t;
      for (std::uint64_t m = lane; m < a.members; m += width) {
        const double x = widen(Input::value_of(*a.x.at((m / a.inner * a.extent + channel) * a.inner + m % a.inner)));
        t.sum += multiply_wide(x, x);
      }
      sums[lane] = t;
    });
    merge_runs<width>(team, sums);
    team.each([&](unsigned lane) {
      if (lane == 0) a.to[channel] = sums[lane].sum;
    });
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

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

/// The first element of a lane's eights of chunk c, in a tile.
DETENT_INLINE std::uint64_t octet_at(std::uint64_t tile, unsigned c, unsigned lane) {
  return tile * mask_tile + (std::uint64_t{c} * 32 + lane) * octet;
}

/// Whether all of a tile's elements are there.
DETENT_INLINE bool is_full(std::uint64_t tile, std::uint64_t elements) { return (tile + 1) * mask_tile <= elements; }

struct mask_body {
  static constexpr unsigned width = 32;
  static constexpr int blocks = 4;
  static constexpr std::size_t table_words = 0;
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
      if constexpr (bytes <= 4) {
        if (a.whole && is_full(tile, a.elements)) {
          apply_whole(a, tile, lane);
          return;
        }
      }
      each_octet(tile, lane, a.elements, [&](std::uint64_t first, unsigned count) {
        const std::uint32_t keep = a.mask[first / octet];
        for (unsigned j = 0; j < count; ++j) {
          *a.y.at(first + j) = (keep >> j & 1u) != 0 ? *a.x.at(first + j) : value{};
        }
      });
    });
  }

 private:
  /// All that is read of memory first, so that the loads are under way together.
  DETENT_INLINE static void apply_whole(const args& a, std::uint64_t tile, unsigned lane) {
    constexpr auto ones = static_cast<std::uint32_t>((std::uint64_t{1} << (8 * bytes)) - 1);
    std::uint32_t word[mask_chunks][2 * bytes];
    std::uint32_t keep[mask_chunks];
    unrolled<mask_chunks>([&](unsigned c) {
      const std::uint64_t first = octet_at(tile, c, lane);
      load_bytes<octet * bytes>(a.x.data + first, word[c]);
      keep[c] = a.mask[first / octet];
    });
    unrolled<mask_chunks>([&](unsigned c) {
      unrolled<octet>([&](unsigned j) {
        const unsigned at = j * bytes;
        if ((keep[c] >> j & 1u) == 0) word[c][at / 4] &= ~(ones << (at % 4 * 8));
      });
      store_bytes<octet * bytes>(a.y.data + octet_at(tile, c, lane), word[c]);
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
      if (a.whole && is_full(tile, a.elements) && !is_nan(a.threshold)) {
        keep_whole(a, tile, lane);
        return;
      }
      each_octet(tile, lane, a.elements, [&](std::uint64_t first, unsigned count) {
        float x[octet];
        a.x.template load<false>(first, count, x);
        std::uint32_t keep = 0;
        unrolled<octet>([&](unsigned j) {
          if (j < count && magnitude_key(x[j]) >= magnitude_key(a.threshold)) keep |= 1u << j;
        });
        a.mask[first / octet] = static_cast<std::uint8_t>(keep);
      });
    });
  }

 private:
  DETENT_INLINE static void keep_whole(const args& a, std::uint64_t tile, unsigned lane) {
    const float threshold = absolute(a.threshold);
    float x[mask_chunks][octet];
    unrolled<mask_chunks>([&](unsigned c) { a.x.template load<true, true>(octet_at(tile, c, lane), octet, x[c]); });
    unrolled<mask_chunks>([&](unsigned c) {
      std::uint32_t keep = 0;
      unrolled<octet>([&](unsigned j) {
        if (!less(absolute(x[c][j]), threshold)) keep |= 1u << j;
      });
      a.mask[octet_at(tile, c, lane) / octet] = static_cast<std::uint8_t>(keep);
    });
  }
};

/// Which of M numbers are among the N greatest, among equals the first: a bit for each. Of two, one comparison says
/// which comes before.
template <unsigned N, unsigned M>
DETENT_INLINE std::uint32_t greatest(const std::uint32_t* key) {
  std::uint32_t keep = 0;
  if constexpr (N == 2 && M == 4) {
    const auto later = [&](unsigned i, unsigned k) { return key[k] > key[i]; };
    const auto most = [](bool a, bool b, bool c) { return (a && b) || (a && c) || (b && c); };
    const bool g[] = {later(0, 1), later(0, 2), later(0, 3), later(1, 2), later(1, 3), later(2, 3)};
    if (!most(g[0], g[1], g[2])) keep |= 1u;
    if (!most(!g[0], g[3], g[4])) keep |= 2u;
    if (!most(!g[1], !g[3], g[5])) keep |= 4u;
    if (most(g[2], g[4], g[5])) keep |= 8u;
  } else {
    unsigned before[M] = {};
    unrolled<M>([&](unsigned i) {
      unrolled<M>([&](unsigned k) {
        if (k <= i) return;
        const bool later = key[k] > key[i];
        before[i] += later ? 1u : 0u;
        before[k] += later ? 0u : 1u;
      });
    });
    unrolled<M>([&](unsigned i) {
      if (before[i] < N) keep |= 1u << i;
    });
  }
  return keep;
}

/// The N greatest magnitudes of every M neighbours; among equals the first.
template <unsigned N, unsigned M, class Input>
struct n_of_m_tile : mask_body {
  static_assert(N <= M && (M == 2 || M == 4 || M == 8 || M == 16 || M == 32), "groups of 2, 4, 8, 16 or 32");
  static constexpr unsigned held = M < octet ? octet : M;
  static constexpr unsigned chunks = M <= octet ? 2 : 1;
  static constexpr std::uint64_t tile_elements = std::uint64_t{32} * held * chunks;

  struct args {
    Input x;
    std::uint8_t* mask;
    std::uint64_t elements;
    bool whole;
  };

  /// magnitude_key, without a branch.
  DETENT_INLINE static std::uint32_t key_of(float x) {
    const std::uint32_t a = bits_of(absolute(x));
    return a < f32_infinity + 1 ? a : f32_infinity + 1;
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    const bool whole = a.whole && (tile + 1) * tile_elements <= a.elements;
    team.each([&](unsigned lane) {
      std::uint32_t key[chunks][held];
      const auto base = [&](unsigned c) { return tile * tile_elements + (std::uint64_t{c} * 32 + lane) * held; };
      unrolled<chunks>([&](unsigned c) {
        unrolled<held / octet>([&](unsigned o) {
          float x[octet];
          const std::uint64_t first = base(c) + o * octet;
          if (whole)
            a.x.template load<true, true>(first, octet, x);
          else
            a.x.template load<false>(first, count_from(first, a.elements), x);
          unrolled<octet>([&](unsigned j) { key[c][o * octet + j] = key_of(x[j]); });
        });
      });
      unrolled<chunks>([&](unsigned c) {
        std::uint32_t keep = 0;
        unrolled<held / M>([&](unsigned g) { keep |= greatest<N, M>(key[c] + g * M) << (g * M); });
        unrolled<held / octet>([&](unsigned o) {
          const std::uint64_t first = base(c) + o * octet;
          if (first >= a.elements) return;
          const unsigned count = whole ? octet : count_from(first, a.elements);
          a.mask[first / octet] = static_cast<std::uint8_t>(keep >> (o * octet) & ((1u << count) - 1));
        });
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

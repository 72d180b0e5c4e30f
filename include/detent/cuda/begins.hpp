// SPDX-License-Identifier: MIT
//
// Where the kept elements of each tile begin: the bits of every tile are counted, and the counts added up.
#ifndef DETENT_CUDA_BEGINS_HPP
#define DETENT_CUDA_BEGINS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/masks.hpp"

namespace detent::inline v0::detail::gpu {

/// Bits set in each tile.
struct count_kept : mask_body {
  struct total {
    std::uint32_t kept = 0;
    DETENT_INLINE void merge(const total& later) { kept += later.kept; }
  };
  struct args {
    const std::uint8_t* mask;
    std::uint64_t elements;
    std::uint64_t* to;
  };

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    typename Team::template lanes<total> sums;
    team.each([&](unsigned lane) {
      total t;
      if (is_full(tile, a.elements) && is_aligned(a.mask, 4)) {
        std::uint32_t word = 0;
        load_bytes<4>(a.mask + tile * (mask_tile / 8) + lane * 4, &word);
        t.kept = bits_set(word);
        sums[lane] = t;
        return;
      }
      each_octet(tile, lane, a.elements, [&](std::uint64_t first, unsigned count) {
        t.kept += bits_set(std::uint32_t{a.mask[first / octet]} & ((1u << count) - 1));
      });
      sums[lane] = t;
    });
    merge_runs<32>(team, sums);
    team.each([&](unsigned lane) {
      if (lane == 0) a.to[tile] = sums[lane].kept;
    });
  }
};

/// Adds up the lanes' numbers before each lane's own; `all` is the sum of all.
template <class Team, class Variable>
DETENT_INLINE void sums_before(Team& team, const Variable& x, Variable& before, Variable& all) {
  team.each([&](unsigned lane) {
    before[lane] = 0;
    all[lane] = x[lane];
  });
  for (unsigned d = 1; d < 32; d <<= 1) {
    Variable other;
    team.exchange(all, d, other);
    team.each([&](unsigned lane) {
      if ((lane & d) != 0) before[lane] += other[lane];
      all[lane] += other[lane];
    });
  }
}

/// Each warp takes `run` counts, turns them into where each begins within the run, and leaves the run's sum. For more
/// than one run, their sums are scanned in turn.
struct scan_counts : mask_body {
  struct args {
    std::uint64_t* counts;
    std::uint64_t elements;
    std::uint64_t run;
    std::uint64_t* totals;
  };

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t number) {
    using variable = typename Team::template lanes<std::uint64_t>;
    const std::uint64_t end = (number + 1) * a.run < a.elements ? (number + 1) * a.run : a.elements;
    variable base;
    team.each([&](unsigned lane) { base[lane] = 0; });
    for (std::uint64_t first = number * a.run; first < end; first += 32 * octet) {
      variable sum;
      variable before;
      variable all;
      team.each([&](unsigned lane) {
        std::uint64_t s = 0;
        for (unsigned j = 0; j < octet; ++j) {
          const std::uint64_t i = first + lane * octet + j;
          s += i < end ? a.counts[i] : 0;
        }
        sum[lane] = s;
      });
      sums_before(team, sum, before, all);
      team.each([&](unsigned lane) {
        std::uint64_t at = base[lane] + before[lane];
        for (unsigned j = 0; j < octet; ++j) {
          const std::uint64_t i = first + lane * octet + j;
          if (i >= end) continue;
          const std::uint64_t own = a.counts[i];
          a.counts[i] = at;
          at += own;
        }
        base[lane] += all[lane];
      });
    }
    team.each([&](unsigned lane) {
      if (lane == 0 && a.totals != nullptr) a.totals[number] = base[lane];
    });
  }
};

/// Tiles whose counts one warp adds up.
inline constexpr std::uint64_t scan_run = 256;

/// Where each tile's kept elements begin: within a run of tiles, and the run.
struct kept_begins {
  std::uint64_t* of_tile;
  std::uint64_t* of_run;

  static constexpr std::uint64_t runs(std::uint64_t tiles) { return (tiles + scan_run - 1) / scan_run; }
  DETENT_INLINE std::uint64_t operator()(std::uint64_t tile) const { return of_run[tile / scan_run] + of_tile[tile]; }

  /// Finds them; their sum goes to `total`, if that is not null.
  template <class L>
  void find(L& launch, const std::uint8_t* mask, std::uint64_t elements, std::uint64_t tiles,
            std::uint64_t* total) const {
    launch.template run<count_kept>({mask, elements, of_tile}, tiles);
    launch.template run<scan_counts>({of_tile, tiles, scan_run, of_run}, runs(tiles));
    launch.template run<scan_counts>({of_run, runs(tiles), runs(tiles), total}, 1);
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

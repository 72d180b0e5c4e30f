// SPDX-License-Identifier: MIT
//
// Kept elements one after another, and back: the bits of every tile are counted, the counts added up, the elements
// moved. Nothing depends on the order in which tiles run.
#ifndef DETENT_CUDA_KEPT_HPP
#define DETENT_CUDA_KEPT_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/masks.hpp"

namespace detent::inline v0::detail::gpu {

/// Bits set in each tile.
struct count_kept : mask_body {
  struct total {
    std::uint64_t kept = 0;
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

/// One warp turns the counts of tiles into where each begins, and leaves their sum behind the last.
struct scan_counts : mask_body {
  struct args {
    std::uint64_t* counts;
    std::uint64_t tiles;
    std::uint64_t* total;
  };

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t) {
    using variable = typename Team::template lanes<std::uint64_t>;
    variable base;
    team.each([&](unsigned lane) { base[lane] = 0; });
    for (std::uint64_t first = 0; first < a.tiles; first += 32 * octet) {
      variable sum;
      variable before;
      variable all;
      team.each([&](unsigned lane) {
        std::uint64_t s = 0;
        for (unsigned j = 0; j < octet; ++j) {
          const std::uint64_t i = first + lane * octet + j;
          s += i < a.tiles ? a.counts[i] : 0;
        }
        sum[lane] = s;
      });
      sums_before(team, sum, before, all);
      team.each([&](unsigned lane) {
        std::uint64_t at = base[lane] + before[lane];
        for (unsigned j = 0; j < octet; ++j) {
          const std::uint64_t i = first + lane * octet + j;
          if (i >= a.tiles) continue;
          const std::uint64_t own = a.counts[i];
          a.counts[i] = at;
          at += own;
        }
        base[lane] += all[lane];
      });
    }
    team.each([&](unsigned lane) {
      if (lane == 0 && a.total != nullptr) *a.total = base[lane];
    });
  }
};

/// Kept elements one after another (`Expand`: and back, with zeros between).
template <class Input, class Output, bool Expand>
struct move_kept : mask_body {
  struct args {
    Input x;
    const std::uint8_t* mask;
    const std::uint64_t* begins;
    Output y;
    std::uint64_t elements;
  };
  using value = typename Output::value_type;

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    using variable = typename Team::template lanes<std::uint32_t>;
    variable base;
    team.each([&](unsigned lane) { base[lane] = 0; });
    for (unsigned c = 0; c < mask_chunks; ++c) {
      variable kept;
      variable before;
      variable all;
      const auto first_of = [&](unsigned lane) { return tile * mask_tile + (std::uint64_t{c} * 32 + lane) * octet; };
      team.each([&](unsigned lane) {
        const unsigned count = count_from(first_of(lane), a.elements);
        kept[lane] = count == 0 ? 0 : bits_set(std::uint32_t{a.mask[first_of(lane) / octet]} & ((1u << count) - 1));
      });
      sums_before(team, kept, before, all);
      team.each([&](unsigned lane) {
        const std::uint64_t first = first_of(lane);
        const unsigned count = count_from(first, a.elements);
        std::uint64_t at = a.begins[tile] + base[lane] + before[lane];
        base[lane] += all[lane];
        for (unsigned j = 0; j < count; ++j) {
          const bool keep = (a.mask[first / octet] >> j & 1u) != 0;
          if constexpr (Expand) {
            *a.y.at(first + j) = keep ? *a.x.at(at) : value{};
          } else {
            if (keep) *a.y.at(at) = *a.x.at(first + j);
          }
          at += keep ? 1 : 0;
        }
      });
    }
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

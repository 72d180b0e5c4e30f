// SPDX-License-Identifier: MIT
//
// Kept elements one after another, and back: the bits of every tile are counted, the counts added up, the elements
// moved. Nothing depends on the order in which tiles run.
#ifndef DETENT_CUDA_KEPT_HPP
#define DETENT_CUDA_KEPT_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

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
inline constexpr std::uint64_t scan_run = 1024;

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

/// Kept elements one after another (`Expand`: and back, with zeros between). Those of a tile are put together in shared
/// memory, as they lie in the array of values, so that both sides of it are moved sixteen bytes at a time.
template <class Input, class Output, bool Expand>
struct move_kept : mask_body {
  struct args {
    Input x;
    const std::uint8_t* mask;
    kept_begins begins;
    Output y;
    std::uint64_t elements;
    bool whole;  // eights of the tensor may be moved whole, and no value lies across sixteen bytes
  };
  using value = typename Output::value_type;
  static constexpr unsigned bytes = sizeof(value);
  static constexpr bool staged = bytes <= 4 && (bytes & (bytes - 1)) == 0;
  static constexpr std::size_t shared_bytes = staged ? mask_tile * bytes + 16 : 0;

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    typename Team::template lanes<std::uint64_t> kept;
    typename Team::template lanes<std::uint64_t> before;
    typename Team::template lanes<std::uint64_t> all;
    team.each([&](unsigned lane) {
      kept[lane] = 0;
      each_octet(tile, lane, a.elements, [&](std::uint64_t first, unsigned count) {
        const std::uint64_t found = bits_set(std::uint32_t{a.mask[first / octet]} & ((1u << count) - 1));
        kept[lane] |= found << (first % mask_tile / (32 * octet) * 16);
      });
    });
    sums_before(team, kept, before, all);
    const std::uint64_t begin = a.begins(tile);
    if constexpr (staged) {
      if (a.whole) {
        team.sync();
        if constexpr (Expand) gather(team, a, begin, all);
        team.each([&](unsigned lane) {
          each_octet(tile, lane, a.elements, [&](std::uint64_t first, unsigned count) {
            move_octet(team.shared() + lead(a, begin), a, first, count, place_of(first, before[lane], all[lane]));
          });
        });
        if constexpr (!Expand) scatter(team, a, begin, all);
        return;
      }
    }
    team.each([&](unsigned lane) {
      each_octet(tile, lane, a.elements, [&](std::uint64_t first, unsigned count) {
        std::uint64_t at = begin + place_of(first, before[lane], all[lane]);
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
    });
  }

 private:
  /// Kept elements of the tile before the eight that begin at `first`. Of a lane's eights, each has sixteen bits of
  /// `before` and of `all`.
  DETENT_INLINE static unsigned place_of(std::uint64_t first, std::uint64_t before, std::uint64_t all) {
    const auto chunk = static_cast<unsigned>(first % mask_tile / (32 * octet));
    auto at = static_cast<unsigned>(before >> (16 * chunk)) & 0xFFFFu;
    for (unsigned c = 0; c < chunk; ++c) at += static_cast<unsigned>(all >> (16 * c)) & 0xFFFFu;
    return at;
  }
  DETENT_INLINE static unsigned total_of(std::uint64_t all) {
    unsigned sum = 0;
    for (unsigned c = 0; c < mask_chunks; ++c) sum += static_cast<unsigned>(all >> (16 * c)) & 0xFFFFu;
    return sum;
  }

  DETENT_INLINE static auto* values(const args& a, std::uint64_t begin) {
    if constexpr (Expand)
      return a.x.data + begin;
    else
      return a.y.data + begin;
  }

  /// Bytes of shared memory before the tile's first value: it lies there as it does in sixteen bytes of the array.
  DETENT_INLINE static unsigned lead(const args& a, std::uint64_t begin) {
    return static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(values(a, begin)) % 16);
  }

  /// Moves the tile's values: f(bytes, shared, global), bytes a constant.
  template <class Team, class Variable, class F>
  DETENT_INLINE static void each_piece(Team& team, const args& a, std::uint64_t begin, const Variable& all,
                                       const F& f) {
    team.each([&](unsigned lane) {
      const unsigned first = lead(a, begin);
      const unsigned end = first + total_of(all[lane]) * bytes;
      auto* const global = values(a, begin);
      for (unsigned at = lane * 16; at < end; at += 32 * 16) {
        if (at >= first && at + 16 <= end) {
          f(std::integral_constant<unsigned, 16>{}, team.shared() + at, global + (at - first) / bytes);
        } else {
          for (unsigned b = at < first ? first : at; b < at + 16 && b < end; b += bytes) {
            f(std::integral_constant<unsigned, bytes>{}, team.shared() + b, global + (b - first) / bytes);
          }
        }
      }
    });
  }

  template <class Team, class Variable>
  DETENT_INLINE static void gather(Team& team, const args& a, std::uint64_t begin, const Variable& all) {
    each_piece(team, a, begin, all, [](auto n, std::uint8_t* shared, const auto* global) {
      std::uint32_t word[4];
      load_bytes<decltype(n)::value>(global, word);
      store_bytes<decltype(n)::value>(shared, word);
    });
    team.sync();
  }
  template <class Team, class Variable>
  DETENT_INLINE static void scatter(Team& team, const args& a, std::uint64_t begin, const Variable& all) {
    team.sync();
    each_piece(team, a, begin, all, [](auto n, const std::uint8_t* shared, auto* global) {
      std::uint32_t word[4];
      load_bytes<decltype(n)::value>(shared, word);
      store_bytes<decltype(n)::value>(global, word);
    });
  }

  /// Eight elements between the tensor and their place among the tile's values in shared memory.
  DETENT_INLINE static void move_octet(std::uint8_t* shared, const args& a, std::uint64_t first, unsigned count,
                                       unsigned at) {
    constexpr auto ones = static_cast<std::uint32_t>((std::uint64_t{1} << (8 * bytes)) - 1);
    const std::uint32_t keep = a.mask[first / octet] & ((1u << count) - 1);
    std::uint32_t word[2 * bytes] = {};
    if constexpr (!Expand) {
      if (count == octet)
        load_bytes<octet * bytes>(a.x.data + first, word);
      else
        load_few<octet * bytes>(a.x.data + first, word, count * bytes);
    }
    unrolled<octet>([&](unsigned j) {
      const unsigned in = j * bytes;
      if ((keep >> j & 1u) == 0) return;
      std::uint32_t one = 0;
      if constexpr (Expand) {
        load_bytes<bytes>(shared + at * bytes, &one);
        word[in / 4] |= one << (in % 4 * 8);
      } else {
        one = word[in / 4] >> (in % 4 * 8) & ones;
        store_bytes<bytes>(shared + at * bytes, &one);
      }
      ++at;
    });
    if constexpr (Expand) {
      if (count == octet)
        store_bytes<octet * bytes>(a.y.data + first, word);
      else
        store_few<octet * bytes>(a.y.data + first, word, count * bytes);
    }
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

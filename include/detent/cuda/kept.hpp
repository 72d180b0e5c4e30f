// SPDX-License-Identifier: MIT
//
// Kept elements one after another, and back, once it is known where those of each tile begin (begins.hpp). Nothing
// depends on the order in which tiles run.
#ifndef DETENT_CUDA_KEPT_HPP
#define DETENT_CUDA_KEPT_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "detent/cuda/begins.hpp"

namespace detent::inline v0::detail::gpu {

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
  static constexpr int blocks = 2;
  static constexpr unsigned bytes = sizeof(value);
  static constexpr bool staged = bytes <= 4 && (bytes & (bytes - 1)) == 0;
  static constexpr std::size_t shared_bytes = staged ? mask_tile * bytes + 16 : 0;

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    typename Team::template lanes<held> here;
    typename Team::template lanes<std::uint64_t> kept;
    typename Team::template lanes<std::uint64_t> before;
    typename Team::template lanes<std::uint64_t> all;
    team.each([&](unsigned lane) {
      kept[lane] = 0;
      unrolled<mask_chunks>([&](unsigned c) {
        const std::uint64_t first = octet_at(tile, c, lane);
        const unsigned count = count_from(first, a.elements);
        here[lane].keep[c] = count == 0 ? 0 : a.mask[first / octet] & ((1u << count) - 1);
        if constexpr (staged && !Expand) {
          if (a.whole) load_octet(a, first, count, here[lane].word[c]);
        }
      });
      unrolled<mask_chunks>([&](unsigned c) { kept[lane] |= std::uint64_t{bits_set(here[lane].keep[c])} << (16 * c); });
    });
    sums_before(team, kept, before, all);
    const std::uint64_t begin = a.begins(tile);
    if constexpr (staged) {
      if (a.whole) {
        team.sync();
        if constexpr (Expand) gather(team, a, begin, all);
        team.each([&](unsigned lane) {
          unrolled<mask_chunks>([&](unsigned c) {
            const std::uint64_t first = octet_at(tile, c, lane);
            std::uint8_t* const shared = team.shared() + lead(a, begin) + place_of(c, before[lane], all[lane]) * bytes;
            move_octet(shared, here[lane].keep[c], here[lane].word[c]);
            if constexpr (Expand) store_octet(a, first, count_from(first, a.elements), here[lane].word[c]);
          });
        });
        if constexpr (!Expand) scatter(team, a, begin, all);
        return;
      }
    }
    team.each([&](unsigned lane) {
      each_octet(tile, lane, a.elements, [&](std::uint64_t first, unsigned count) {
        std::uint64_t at =
            begin + place_of(static_cast<unsigned>(first % mask_tile / (32 * octet)), before[lane], all[lane]);
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
  /// A lane's part of a tile: which are kept, and the elements.
  struct held {
    std::uint32_t keep[mask_chunks];
    std::uint32_t word[mask_chunks][staged ? 2 * bytes : 1];
  };

  /// Kept elements of the tile before a lane's eight of a chunk, each of which has sixteen bits of `before` and `all`.
  DETENT_INLINE static unsigned place_of(unsigned chunk, std::uint64_t before, std::uint64_t all) {
    auto at = static_cast<unsigned>(before >> (16 * chunk)) & 0xFFFFu;
    unrolled<mask_chunks>([&](unsigned c) { at += c < chunk ? static_cast<unsigned>(all >> (16 * c)) & 0xFFFFu : 0; });
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
      store_bytes<decltype(n)::value, true>(shared, word);
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

  DETENT_INLINE static void load_octet(const args& a, std::uint64_t first, unsigned count, std::uint32_t* word) {
    if (count == octet)
      load_bytes<octet * bytes>(a.x.data + first, word);
    else
      load_few<octet * bytes>(a.x.data + first, word, count * bytes);
  }
  DETENT_INLINE static void store_octet(const args& a, std::uint64_t first, unsigned count, const std::uint32_t* word) {
    if (count == octet)
      store_bytes<octet * bytes>(a.y.data + first, word);
    else
      store_few<octet * bytes>(a.y.data + first, word, count * bytes);
  }

  /// What is kept of eight elements, between their words and their place among the tile's values in shared memory.
  DETENT_INLINE static void move_octet(std::uint8_t* shared, std::uint32_t keep, std::uint32_t* word) {
    constexpr auto ones = static_cast<std::uint32_t>((std::uint64_t{1} << (8 * bytes)) - 1);
    if constexpr (Expand) unrolled<2 * bytes>([&](unsigned i) { word[i] = 0; });
    unrolled<octet>([&](unsigned j) {
      const unsigned in = j * bytes;
      if ((keep >> j & 1u) == 0) return;
      std::uint32_t one = 0;
      if constexpr (Expand) {
        load_bytes<bytes>(shared, &one);
        word[in / 4] |= one << (in % 4 * 8);
      } else {
        one = word[in / 4] >> (in % 4 * 8) & ones;
        store_bytes<bytes>(shared, &one);
      }
      shared += bytes;
    });
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

// SPDX-License-Identifier: MIT
//
// Codes of elements whose groups' parameters are known: stored in the planes, or chosen and kept in the workspace.
// `Regular`: eight neighbours are always of one group, and codes of eight are whole bytes. Anything else goes element
// by element: ragged blocks, groups across an axis, groupings and packings of the user's own.
#ifndef DETENT_CUDA_ENCODE_HPP
#define DETENT_CUDA_ENCODE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/fused.hpp"

namespace detent::inline v0::detail::gpu {

/// Elements of a tile of a warp.
inline constexpr std::uint64_t warp_tile = 1024;

/// Codes that lie together: a record's, or as many as the packing says begin at a byte.
template <class View>
DETENT_INLINE constexpr std::size_t codes_together() {
  using P = typename View::precision_type;
  if constexpr (View::per_record != 0) return View::per_record;
  if constexpr (requires { P::packing::block; })
    return P::packing::block % octet == 0 ? P::packing::block : octet * P::packing::block;
  return octet;
}

/// Among codes that lie together, those whose numbers differ by a multiple of this share bytes at most with each other.
template <class View>
DETENT_INLINE constexpr std::size_t independent_stride() {
  using packing = typename View::precision_type::packing;
  constexpr int bits = View::codec::bits;
  constexpr std::size_t together = codes_together<View>();
  constexpr std::size_t most_bytes = together * bits / 8 + 64;
  std::size_t stride = 32;
  for (; stride > 1; stride /= 2) {
    std::uint8_t owner[most_bytes] = {};
    bool apart = true;
    for (std::size_t i = 0; i < together; ++i) {
      std::uint8_t bytes[most_bytes] = {};
      packing::template put<bits>(bytes, i, static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1));
      for (std::size_t b = 0; b < most_bytes; ++b) {
        const auto mine = static_cast<std::uint8_t>(i % stride + 1);
        if (bytes[b] == 0) continue;
        apart = apart && (owner[b] == 0 || owner[b] == mine);
        owner[b] = mine;
      }
    }
    if (apart && together % stride == 0) return stride;
  }
  return 1;
}

/// Writes a tile's codes, which the team has in shared memory, with the packing's own `put`: each lane has codes that
/// share bytes with no other lane's. The memory was zero.
template <class View, class Team, class Code>
DETENT_INLINE void put_codes(Team& team, const View& q, std::uint64_t first, std::uint64_t count, const Code* code,
                             std::uint32_t zero) {
  using packing = typename View::precision_type::packing;
  constexpr int bits = View::codec::bits;
  constexpr std::uint64_t together = codes_together<View>();
  constexpr std::uint64_t stride = independent_stride<View>();
  team.each([&](unsigned lane) {
    for (std::uint64_t item = lane; item < (count + together - 1) / together * stride; item += Team::width) {
      const std::uint64_t base = item / stride * together;
      for (std::uint64_t i = base + item % stride; i < base + together; i += stride) {
        std::uint32_t value = zero;
        if (i < count) {
          value = code[i];
        } else if (View::per_record != 0 ||
                   packing::template bytes<bits>(first + i + 1) > packing::template bytes<bits>(first + count)) {
          continue;
        }
        packing::template put<bits>(q.bytes_of(first + i), View::index_in_bytes(first + i), value);
      }
    }
  });
}

template <class P, class View, class Source, class Rounding, bool Regular>
struct encode_stored {
  static constexpr unsigned width = 32;
  static constexpr unsigned chunks = warp_tile / (width * octet);
  using codec = typename P::codec;
  static constexpr affine form = encoding<P>;
  using code = code_t<codec>;
  static constexpr bool direct = octets<View>::whole || octets<View>::single;
  static constexpr bool in_nibbles = coder<codec>::binned && codec::bits == 4 && octets<View>::whole &&
                                     View::per_record == 0 && std::same_as<Rounding, nearest> && !form.shift &&
                                     !form.zero;
  static constexpr std::size_t source_at = tables<P>::words;
  static constexpr std::size_t table_words = tables<P>::words + Source::words;
  static constexpr std::size_t shared_bytes = direct ? 0 : warp_tile * sizeof(code);
  static_assert(direct || warp_tile % codes_together<View>() == 0, "codes that lie together must fit a tile");

  struct args {
    Source source;
    View to;
    geometry where;
    chosen_arrays chosen;      // what codes follow, where that is not what is stored; else null
    std::uint64_t factors_at;  // behind the scales: factors that codes follow (refit); 0: none
    Rounding rounding;
    tables<P> table;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    auto* const words = team.tables();
    a.table.copy(team, words);
    a.source.copy(team, words + source_at);
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t tile) {
    const place at(a.where, tile);
    if constexpr (Regular && direct) {
      if (at.whole && at.length == warp_tile) {
        run_full(team, a, at);
        return;
      }
    }
    team.each([&](unsigned lane) {
      for (unsigned c = 0; c < a.where.chunks; ++c) {
        const std::uint64_t element = (std::uint64_t{c} * width + lane) * octet;
        const unsigned count = at.count(element);
        if (count == 0) return;
        if (Regular && direct && at.whole)
          eight<true>(team, a, at, element, octet);
        else
          eight<false>(team, a, at, element, count);
      }
    });
    if constexpr (!direct) {
      team.sync();
      const auto* const codes = reinterpret_cast<const code*>(team.shared());
      const coder<codec> with{team.tables()};
      put_codes(team, a.to, at.first, at.length, codes, with.encode(0.0f));
      team.sync();
    }
  }

 private:
  /// A tile that is all there: all that is read of memory first, so that the loads are under way together.
  template <class Team>
  DETENT_INLINE static void run_full(Team& team, const args& a, const place& at) {
    team.each([&](unsigned lane) {
      const auto* const words = team.tables();
      const auto from = a.source.bind(words + source_at);
      float x[chunks][octet];
      unrolled<chunks>([&](unsigned c) {
        from.template load<true>(at.first + (std::uint64_t{c} * width + lane) * octet, octet, x[c]);
      });
      unrolled<chunks>([&](unsigned c) {
        const std::uint64_t element = (std::uint64_t{c} * width + lane) * octet;
        const parameters p = of_group<true>(a, words, group_at<P>(a.where, at.piece, at.offset + element));
        put_whole(a, words, at.first + element, x[c], p);
      });
    });
  }

  DETENT_INLINE static void put_whole(const args& a, const std::uint32_t* words, std::uint64_t first, const float* x,
                                      const parameters& p) {
    const coder<codec> with{words};
    if constexpr (in_nibbles) {
      float amax = 0;
      unrolled<octet>([&](unsigned j) { amax = greater_magnitude_or_nan(amax, x[j]); });
      octets<View>::store_nibbles(a.to, first, encode_nibbles<codec, form>(with, x, p, amax));
    } else if constexpr (direct) {
      std::uint32_t to[octet];
      encode_octet<codec, form>(with, x, p, a.rounding, first, to);
      octets<View>::template store<true>(a.to, first, octet, to, 0);
    }
  }

  template <bool Whole, class Team>
  DETENT_INLINE static void eight(Team& team, const args& a, const place& at, std::uint64_t element, unsigned count) {
    const auto* const words = team.tables();
    const coder<codec> with{words};
    float x[octet];
    std::uint32_t to[octet] = {};
    a.source.bind(words + source_at).template load<Whole>(at.first + element, count, x);
    if constexpr (Regular) {
      const parameters p = of_group<Whole>(a, words, group_at<P>(a.where, at.piece, at.offset + element));
      if constexpr (Whole) {
        put_whole(a, words, at.first + element, x, p);
        return;
      }
      encode_octet<codec, form>(with, x, p, a.rounding, at.first + element, to);
    } else {
      for (unsigned j = 0; j < count; ++j) {
        const std::uint64_t i = at.first + element + j;
        const parameters p = of_group<false>(a, words, P::grouping::at(a.to.shape(), i).group);
        const float same[octet] = {entry_of<octet>(x, j)};
        std::uint32_t codes[octet];
        encode_octet<codec, form>(with, same, p, a.rounding, i, codes);
        set_entry<octet>(to, j, codes[0]);
      }
    }
    if constexpr (direct) {
      octets<View>::template store<false>(a.to, at.first + element, count, to, with.encode(0.0f));
    } else {
      auto* const codes = reinterpret_cast<code*>(team.shared());
      unrolled<octet>([&](unsigned j) {
        if (j < count) codes[element + j] = static_cast<code>(to[j]);
      });
    }
  }

  template <bool Aligned>
  DETENT_INLINE static parameters of_group(const args& a, const std::uint32_t* words, std::uint64_t group) {
    parameters p;
    if constexpr (scaled_precision<P>) {
      if (a.chosen.scale != nullptr) {
        p = a.chosen.template get<P>(group);
        if constexpr (has_zero_point<P>) {
          p.zero = truncate(value_at<Aligned>(a.to.zero_point(), group, words + tables<P>::zero_at));
        }
        if (a.factors_at != 0) {
          p.factor = a.chosen.scale[a.factors_at + group];
          return p;
        }
      } else {
        p = read_group<Aligned>(a.to, group, words);
      }
      p.factor = P::rule::template factor<P>(p.factor);
    }
    return p;
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

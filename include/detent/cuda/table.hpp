// SPDX-License-Identifier: MIT
//
// Tables of codecs for device code, which has no namespace-scope constexpr arrays: they travel as kernel parameters,
// made on the host of the codec's members, and are copied to shared memory, where a lookup has no bank conflicts up to
// 32 entries.
//
// A table of up to 16 entries is searched by bins: 32 equal ones over its range, each with at most one threshold; the
// bin says which two codes there are, one comparison which of them. Tables that do not fit are bisected.
#ifndef DETENT_CUDA_TABLE_HPP
#define DETENT_CUDA_TABLE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/codec.hpp"
#include "detent/cuda/bytes.hpp"
#include "detent/cuda/machine.hpp"

namespace detent::inline v0::detail::gpu {

/// The bin of a number within the table's range: its product with `scale`, plus a large number whose last bit is an
/// eighth. A bin has eight bytes of the table, so that no more than a mask is needed to find it.
struct bin_scale {
  float scale = 0;
  float offset = 0;
  bool usable = false;
  static constexpr float large = 1572864.0f;

  /// The byte at which the bin of x begins.
  DETENT_INLINE std::uint32_t at(float x) const { return bits_of(multiply_add(x, scale, offset)) & 0xF8u; }
  constexpr double eighths(float x) const {
    return (static_cast<double>(x) * scale + (static_cast<double>(offset) - large)) * 8 + 0.5;
  }
  constexpr std::uint32_t bin(float x) const { return static_cast<std::uint32_t>(eighths(x) / 8); }
  /// Whether x is so near the end of a bin that another order of rounding could put it into the next.
  constexpr bool doubtful(float x) const {
    const double in_bin = eighths(x) / 8 - bin(x);
    return in_bin < 0.01 || in_bin > 0.99;
  }
};

/// What is searched: values in ascending order by rank, code(rank), and between ranks i and i + 1 a threshold, above
/// which numbers have the latter. Numbers lie within low … high. A table's entries; or the magnitudes of a small float,
/// whose sign is put beside them.
template <class C>
struct ranks {
  static constexpr std::size_t size = 0;
};
template <codec_of_kind<kind::table> C>
struct ranks<C> {
  static constexpr std::size_t size = C::size;
  static constexpr bool of_magnitudes = false;
  static constexpr float low = C::min;
  static constexpr float high = C::max;
  static constexpr float threshold(std::size_t i) { return C::thresholds[i]; }
  static constexpr std::uint32_t code(std::size_t rank) { return C::code_of_rank[rank]; }
};
template <codec_of_kind<kind::minifloat> C>
  requires(C::bits <= 4 && C::overflow_code == C::max_code && C::nan_code == 0)
struct ranks<C> {
  static constexpr std::size_t size = C::max_code + 1;
  static constexpr bool of_magnitudes = true;
  static constexpr float low = 0;
  /// Scales that are powers of two leave numbers up to the next one.
  static constexpr float high = float_of((bits_of(C::decode(C::max_code)) & f32_infinity) + 0x00800000u);
  /// The greatest number that is still encoded as rank i.
  static constexpr float threshold(std::size_t i) {
    std::uint32_t below = 0;
    std::uint32_t above = bits_of(high);
    while (above - below > 1) {
      const std::uint32_t middle = below + (above - below) / 2;
      (C::encode(float_of(middle)) > i ? above : below) = middle;
    }
    return float_of(below);
  }
  static constexpr std::uint32_t code(std::size_t rank) { return static_cast<std::uint32_t>(rank); }
};

template <class C>
struct rank_thresholds {
  float of[ranks<C>::size];
  [[gnu::always_inline]] static constexpr rank_thresholds make() {
    rank_thresholds t{};
    for (std::size_t i = 0; i + 1 < ranks<C>::size; ++i) t.of[i] = ranks<C>::threshold(i);
    return t;
  }
};

/// Looks for bins that hold at most one threshold each.
template <class C>
constexpr bin_scale find_bins() {
  using R = ranks<C>;
  constexpr rank_thresholds<C> thresholds = rank_thresholds<C>::make();
  for (int quarter = 124; quarter >= 64; --quarter) {
    bin_scale b{static_cast<float>(quarter) * 0.25f / (R::high - R::low), 0, true};
    const float low = R::low * b.scale;
    const int below = static_cast<int>(low) - 1;  // no bin is negative
    b.offset = bin_scale::large + static_cast<float>(-below);
    const float high = R::high * b.scale - static_cast<float>(below);
    if (!(high < 30.9f)) continue;
    for (std::size_t i = 0; i + 1 < R::size; ++i) {
      if (b.doubtful(thresholds.of[i])) b.usable = false;
      if (i != 0 && b.bin(thresholds.of[i - 1]) == b.bin(thresholds.of[i])) b.usable = false;
    }
    if (b.bin(R::low) > b.bin(thresholds.of[0]) || !b.usable) continue;
    return b;
  }
  return {};
}

template <class C>
inline constexpr bin_scale bins_of = bin_scale{};
template <class C>
  requires(ranks<C>::size != 0 && ranks<C>::size <= 16)
inline constexpr bin_scale bins_of<C> = find_bins<C>();

/// Tables begin at multiples of so many words, and bins and short tables of values at multiples of their length.
inline constexpr std::size_t table_unit = 64;

/// What is searched and looked up at run time; nothing for other codecs.
template <codec C>
struct table_of {
  static constexpr bool binned = false;
  static constexpr std::size_t words = 0;
};
template <codec C>
  requires(ranks<C>::size != 0)
struct table_of<C> {
  using R = ranks<C>;
  static constexpr bool binned = bins_of<C>.usable;
  static constexpr std::size_t entries = std::size_t{1} << C::bits;
  // Thresholds by rank, or for each bin a threshold and the two codes; values by code; codes by rank.
  static constexpr std::size_t values_at = binned ? 64 : entries;
  static constexpr std::size_t order_at = values_at + entries;
  static constexpr std::size_t words = (order_at + entries + table_unit - 1) / table_unit * table_unit;
  std::uint32_t word[words];

  [[gnu::always_inline]] static constexpr table_of make() {
    table_of t{};
    if constexpr (R::of_magnitudes) {
      for (std::size_t i = 0; i < entries; ++i) t.word[values_at + i] = bits_of(C::decode(static_cast<code_t<C>>(i)));
    } else {
      for (std::size_t i = 0; i < C::size; ++i) t.word[values_at + i] = bits_of(C::values[i]);
    }
    for (std::size_t i = 0; i < R::size; ++i) t.word[order_at + i] = R::code(i);
    for (std::size_t i = 0; i < values_at; ++i) t.word[i] = f32_infinity;
    const auto thresholds = rank_thresholds<C>::make();
    if constexpr (!binned) {
      for (std::size_t i = 0; i + 1 < R::size; ++i) t.word[i] = bits_of(thresholds.of[i]);
    } else {
      for (std::size_t bin = 0; bin < 32; ++bin) t.fill_bin(bin, thresholds);
    }
    return t;
  }

 private:
  [[gnu::always_inline]] constexpr void fill_bin(std::size_t bin, const rank_thresholds<C>& thresholds) {
    std::size_t rank = 0;
    while (rank + 1 < R::size && bins_of<C>.bin(thresholds.of[rank]) < bin) ++rank;
    const bool parted = rank + 1 < R::size && bins_of<C>.bin(thresholds.of[rank]) == bin;
    if (parted) word[2 * bin] = bits_of(thresholds.of[rank]);
    word[2 * bin + 1] = R::code(rank) | R::code(rank + (parted ? 1 : 0)) << 8;
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

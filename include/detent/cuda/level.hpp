// SPDX-License-Identifier: MIT
//
// A precision and the precisions of its parts, on the device: their tables, how a group is found, and the decoding of
// one element with all that its scale needs.
#ifndef DETENT_CUDA_LEVEL_HPP
#define DETENT_CUDA_LEVEL_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/octets.hpp"
#include "detent/cuda/team.hpp"

namespace detent::inline v0::detail::gpu {

/// Which steps encoding and decoding P take.
template <class P>
inline constexpr affine encoding{.scaled = scaled_precision<P>,
                                 .divide = P::rule::divide,
                                 .shift = has_shift<P> && !is_centered<P>,
                                 .zero = has_zero_point<P>};
template <class P>
inline constexpr affine decoding{
    .scaled = scaled_precision<P>, .shift = has_shift<P>, .zero = has_zero_point<P>, .unit = P::rule::unit != 1};

/// The tables of P's codec and of its parts' codecs, one after another.
template <class P>
struct tables {
  static constexpr std::size_t own = table_of<typename P::codec>::words;
  static constexpr std::size_t scale_at = own;
  static constexpr std::size_t shift_at = scale_at + tables<typename P::scale>::words;
  static constexpr std::size_t zero_at = shift_at + tables<typename P::shift>::words;
  static constexpr std::size_t words = zero_at + tables<typename P::zero_point>::words;
  std::uint32_t word[words == 0 ? 1 : words];

  [[gnu::always_inline]] static constexpr tables make() {
    tables t{};
    t.fill(t.word);
    return t;
  }
  [[gnu::always_inline]] static constexpr void fill(std::uint32_t* to) {
    if constexpr (own != 0) {
      const auto table = table_of<typename P::codec>::make();
      for (std::size_t i = 0; i < own; ++i) to[i] = table.word[i];
    }
    tables<typename P::scale>::fill(to + scale_at);
    tables<typename P::shift>::fill(to + shift_at);
    tables<typename P::zero_point>::fill(to + zero_at);
  }

  /// Copies them to the team's shared memory.
  template <class Team>
  DETENT_INLINE void copy(Team& team, std::uint32_t* to) const {
    if constexpr (words != 0) {
      team.each([&](unsigned lane) {
        for (std::size_t i = lane; i < words; i += Team::width) to[i] = word[i];
      });
      team.sync();
    }
  }
};
template <>
struct tables<none> {
  static constexpr std::size_t words = 0;
  [[gnu::always_inline]] static constexpr void fill(std::uint32_t*) {}
};

/// Whether the tensor is in pieces of equal length with groups of their own, none of which begins within a byte; and
/// what a tile is. A kernel's team takes tiles; tiles never cross pieces.
struct geometry {
  std::uint64_t pieces = 1;
  std::uint64_t length = 0;  // elements of a piece
  std::uint64_t groups = 0;  // groups of a piece
  std::uint64_t tile = 0;    // elements of a tile
  std::uint64_t tiles = 0;   // tiles of a piece
  unsigned chunks = 0;       // of a tile; not known when the code is compiled, so that loops for odd ends stay loops
  bool whole = false;        // eights may be moved whole

  constexpr void cut(std::uint64_t into, unsigned into_chunks, bool aligned) {
    tile = into;
    chunks = into_chunks;
    whole = aligned;
    tiles = into == 0 ? 0 : (length + into - 1) / into;
  }
};

/// Where a tile lies.
struct place {
  std::uint64_t piece;
  std::uint64_t offset;  // in the piece
  std::uint64_t first;   // in the tensor
  std::uint64_t length;
  bool whole;  // all eights are full, and may be moved whole

  DETENT_INLINE place(const geometry& in, std::uint64_t tile)
      : piece(0), offset(tile), first(0), length(0), whole(false) {
    if (in.pieces != 1) {
      if ((tile | in.tiles) >> 32 == 0) {
        piece = static_cast<std::uint32_t>(tile) / static_cast<std::uint32_t>(in.tiles);
      } else {
        piece = tile / in.tiles;
      }
      offset = tile - piece * in.tiles;
    }
    offset *= in.tile;
    first = piece * in.length + offset;
    length = in.length - offset < in.tile ? in.length - offset : in.tile;
    whole = in.whole && length % octet == 0;
  }

  /// Of eight elements from the tile's element `at` on, how many there are.
  DETENT_INLINE unsigned count(std::uint64_t at) const {
    return at >= length ? 0 : length - at < octet ? static_cast<unsigned>(length - at) : octet;
  }
};

/// A place that has all the eights that a team can take.
struct full_place : place {
  DETENT_INLINE explicit full_place(const place& at) : place(at) {}
  DETENT_INLINE static constexpr unsigned count(std::uint64_t) { return octet; }
};

template <class P>
concept with_blocks = scaled_precision<P> && requires { P::grouping::block; };

/// The group of the piece's element `at`, where groups of eight neighbours are the same.
template <class P>
DETENT_INLINE std::uint64_t group_at(const geometry& in, std::uint64_t piece, std::uint64_t at) {
  if constexpr (with_blocks<P>)
    return piece * in.groups + at / P::grouping::block;
  else
    return piece;
}

/// Whether every record holds whole groups: then they are all full.
template <class View>
DETENT_INLINE constexpr bool in_whole_records() {
  using P = typename View::precision_type;
  if constexpr (View::per_record != 0 && with_blocks<P>) return View::per_record % P::grouping::block == 0;
  return false;
}

/// A group's parameters, decoded.
struct parameters {
  float factor = 0;
  float shift = 0;
  std::int32_t zero = 0;

  DETENT_INLINE group_factors by(float unit) const { return {&factor, &shift, &zero, unit}; }
};

template <bool Aligned = false, class View>
DETENT_INLINE parameters read_group(const View& q, std::uint64_t group, const std::uint32_t* tables_at);

/// Element i of a quantized tensor, of whatever precision: a scale, above all.
template <bool Aligned = false, class View>
DETENT_INLINE float value_at(const View& q, std::uint64_t i, const std::uint32_t* tables_at) {
  using P = typename View::precision_type;
  using C = typename P::codec;
  constexpr affine form = decoding<P>;
  parameters p;
  if constexpr (in_whole_records<View>())
    p = read_group<Aligned>(q, i / P::grouping::block, tables_at);
  else if constexpr (scaled_precision<P>)
    p = read_group<Aligned>(q, P::grouping::at(q.shape(), i).group, tables_at);
  const coder<C> with{tables_at};
  return decoded<form>(with, octets<View>::template load_one<Aligned>(q, i), p, P::rule::unit);
}

/// decode_one (core/backend.hpp) with a device coder.
template <affine Form, class Coder>
DETENT_INLINE float decoded(const Coder& with, std::uint32_t code, const parameters& p, float unit) {
  float y = 0;
  if constexpr (Form.zero)
    y = with.decode(code, p.zero);
  else
    y = with.decode(code);
  return restored<Form>(y, 0, p.by(unit));
}

template <bool Aligned, class View>
DETENT_INLINE parameters read_group(const View& q, std::uint64_t group, const std::uint32_t* tables_at) {
  using P = typename View::precision_type;
  parameters p;
  if constexpr (scaled_precision<P>) p.factor = value_at<Aligned>(q.scale(), group, tables_at + tables<P>::scale_at);
  if constexpr (has_shift<P>) {
    p.shift = value_at<Aligned>(q.shift(), is_centered<P> ? 0 : group, tables_at + tables<P>::shift_at);
  }
  if constexpr (has_zero_point<P>) {
    p.zero = truncate(value_at<Aligned>(q.zero_point(), group, tables_at + tables<P>::zero_at));
  }
  return p;
}

/// codec_input and C::encode (core/backend.hpp) with a device coder, for two neighbours of one group.
template <codec C, affine Form>
DETENT_INLINE void encode_two(const coder<C>& with, const float* x, const parameters& p, std::uint32_t* to) {
  const float a = codec_input<C, Form>(x[0], 0, p.by(1));
  const float b = codec_input<C, Form>(x[1], 0, p.by(1));
  if constexpr (Form.zero) {
    to[0] = with.encode(a, p.zero);
    to[1] = with.encode(b, p.zero);
  } else {
    with.encode_pair(a, b, to);
  }
}

/// Eight codes of four bits, in a word, of elements of one group none of which is beyond `amax`.
template <codec C, affine Form>
DETENT_INLINE std::uint32_t encode_nibbles(const coder<C>& with, const float* x, const parameters& p, float amax) {
  constexpr float limit = ranks<C>::of_magnitudes || ranks<C>::high < -ranks<C>::low ? ranks<C>::high : -ranks<C>::low;
  std::uint32_t codes = 0;
  // As bits: NaN is beyond every limit.
  if (bits_of(absolute(codec_input<C, Form>(amax, 0, p.by(1)))) <= bits_of(limit * 1.000001f)) {
    float y[octet];
    unrolled<octet>([&](unsigned j) { y[j] = codec_input<C, Form>(x[j], 0, p.by(1)); });
    codes = with.encode_nibbles(y);
  } else {
    // Rare.
    for (unsigned j = 0; j < octet; ++j) {
      codes |= with.encode(codec_input<C, Form>(entry_of<octet>(x, j), 0, p.by(1))) << (4 * j);
    }
  }
  return codes;
}

/// Eight codes of elements of one group none of which is beyond `amax`, for pairs that the machine converts: one look
/// at `amax` instead of one at each pair for NaN.
template <codec C, affine Form>
DETENT_INLINE void encode_pairs(const coder<C>& with, const float* x, const parameters& p, float amax,
                                std::uint32_t* to) {
  float y[octet];
  unrolled<octet>([&](unsigned j) { y[j] = codec_input<C, Form>(x[j], 0, p.by(1)); });
  if (is_finite(codec_input<C, Form>(amax, 0, p.by(1)))) {
    unrolled<octet / 2>([&](unsigned half) { with.encode_any_nan(y[2 * half], y[2 * half + 1], to + 2 * half); });
  } else {
    for (unsigned j = 0; j < octet; ++j) set_entry<octet>(to, j, with.encode(entry_of<octet>(y, j)));
  }
}

/// Eight codes of elements from number `first` on, which are of one group.
template <codec C, affine Form, class Rounding>
DETENT_INLINE void encode_octet(const coder<C>& with, const float* x, const parameters& p, const Rounding& rounding,
                                std::uint64_t first, std::uint32_t* to) {
  if constexpr (std::same_as<Rounding, stochastic>) {
    unrolled<octet>([&](unsigned j) {
      const float y = normalized<Form>(x[j], 0, p.by(1));
      to[j] = encode_at_random<C, Form>(with, y, p.zero, random_bits(rounding.seed, first + j));
    });
  } else {
    unrolled<octet / 2>([&](unsigned j) { encode_two<C, Form>(with, x + 2 * j, p, to + 2 * j); });
  }
}

}  // namespace detent::inline v0::detail::gpu

#endif

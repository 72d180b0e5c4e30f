// SPDX-License-Identifier: MIT
//
// A range of a quantized tensor to fp32, tile by tile. The scales of a tile are themselves a range of a quantized
// tensor: the function calls itself with the precision of the scale, until one has none.
#ifndef DETENT_OP_DECODE_HPP
#define DETENT_OP_DECODE_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/backend.hpp"
#include "detent/op/ask.hpp"
#include "detent/op/tile.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

template <backend B, class View>
constexpr void decode_range(const B& b, const View& q, std::size_t first, std::size_t count, float* to);

/// Where the parameters of a tile are kept.
struct alignas(cache_line) tile_parameters {
  float factor[tile_groups];
  float shift[tile_groups];
  float zero_f32[tile_groups];
  std::int32_t zero[tile_groups];
};

/// Which steps decoding P takes.
template <is_precision P>
inline constexpr affine decode_form{
    .scaled = scaled_precision<P>, .shift = has_shift<P>, .zero = has_zero_point<P>, .unit = P::rule::unit != 1};

/// Numbers first, first + 1, … of a view where they lie in memory as floats; null where they do not.
template <class View>
constexpr const float* floats_of(const View& q, std::size_t first) {
  if constexpr (std::same_as<typename View::precision_type, fp32> && lies_plain<View>) {
    if (__builtin_is_constant_evaluated()) return nullptr;
    const std::uint8_t* at = q.plane(0) + first * sizeof(float);
    if (reinterpret_cast<std::uintptr_t>(at) % alignof(float) == 0) return reinterpret_cast<const float*>(at);
  }
  return nullptr;
}

/// The scales, shifts and zero points of groups [first, first + count), decoded; `InPlace`: scales that lie in memory
/// as floats are not copied.
template <bool InPlace = false, backend B, class View>
constexpr group_factors read_parameters(const B& b, const View& q, std::size_t first, std::size_t count,
                                        tile_parameters& to) {
  using P = typename View::precision_type;
  group_factors by{.unit = P::rule::unit};
  if constexpr (scaled_precision<P>) {
    by.factor = InPlace ? floats_of(q.scale(), first) : nullptr;
    if (by.factor == nullptr) {
      decode_range(b, q.scale(), first, count, to.factor);
      by.factor = to.factor;
    }
  }
  if constexpr (is_centered<P>) {
    decode_range(b, q.shift(), 0, 1, to.shift);
    for (std::size_t g = 1; g < count; ++g) to.shift[g] = to.shift[0];
    by.shift = to.shift;
  } else if constexpr (has_shift<P>) {
    decode_range(b, q.shift(), first, count, to.shift);
    by.shift = to.shift;
  }
  if constexpr (has_zero_point<P>) {
    static_assert(zero_point_fits<P>, "a zero point of codes of up to 8 bits is -32768 to 32767");
    decode_range(b, q.zero_point(), first, count, to.zero_f32);
    for (std::size_t g = 0; g < count; ++g) to.zero[g] = static_cast<std::int32_t>(to.zero_f32[g]);
    by.zero = to.zero;
  }
  return by;
}

/// The parameters of group g and those that follow.
inline constexpr group_factors from_group(group_factors by, std::size_t g) {
  if (by.factor != nullptr) by.factor += g;
  if (by.shift != nullptr) by.shift += g;
  if (by.zero != nullptr) by.zero += g;
  return by;
}

/// The codec that decodes C's codes.
template <class C>
struct decoder_of {
  using type = C;
};
template <adapting_codec C>
struct decoder_of<C> {
  using type = typename C::base;
};

/// The codec that decodes P's codes.
template <class P>
using decoder = typename decoder_of<typename P::codec>::type;

/// A backend that can write values past the caches as it decodes them.
template <class B, class P>
concept decodes_past_caches = requires(const B& b, const code_t<decoder<P>>* codes, std::size_t n, float* to) {
  b.template decode_past_caches<decoder<P>, decode_form<P>>(codes, n, n, group_factors{}, to);
};

/// True if the values of a tile can be written past the caches as they are decoded: the backend can, and they are
/// groups of whole lines.
template <class View, backend B>
DETENT_INLINE bool passes_caches(const B&, const tile& t, const float* to) {
  if constexpr (!decodes_past_caches<B, typename View::precision_type>) return false;
  const bool lines = t.groups == 1 || t.size * sizeof(float) % cache_line == 0;
  return lines && reinterpret_cast<std::uintptr_t>(to) % cache_line == 0;
}

/// A backend that can decode P straight to codes of D.
template <class B, class P, class D>
concept decodes_as = codec<D> && requires(const B& b, const code_t<decoder<P>>* codes, std::size_t n, code_t<D>* to) {
  b.template decode_as<D, decoder<P>, decode_form<P>>(codes, n, n, group_factors{}, to);
};

/// A backend that can decode P straight from its bytes, where these hold two codes each.
template <class B, class View>
concept decodes_pairs =
    View::per_record == 0 && View::codec::bits == 4 &&
    requires(const B& b, const std::uint8_t* from, std::size_t n, float* to) {
      b.template decode_pairs<typename View::precision_type::packing, decoder<typename View::precision_type>,
                              decode_form<typename View::precision_type>, false>(from, n, n, {}, to);
    };

/// Calls f(codes) with the codes of a tile.
template <backend B, class View, class F>
constexpr void with_codes(const B& b, const View& q, const tile& t, const F& f) {
  using P = typename View::precision_type;
  using C = decoder<P>;
  if constexpr (lies_plain<View>) {
    if (!__builtin_is_constant_evaluated()) {
      const auto* codes = reinterpret_cast<const code_t<C>*>(q.plane(0) + t.first * sizeof(code_t<C>));
      if (reinterpret_cast<std::uintptr_t>(codes) % alignof(code_t<C>) == 0) {
        f(codes);
        return;
      }
    }
  }
  alignas(cache_line) code_t<C> codes[tile_elements];
  if constexpr (View::per_record != 0) {
    if (q.index_in_bytes(t.first) == 0 && t.length % View::per_record == 0) {
      steps_of(b).template unpack_records<typename P::packing, C::bits>(q.bytes_of(t.first), q.stride(), t.length,
                                                                        View::per_record, codes);
      f(static_cast<const code_t<C>*>(codes));
      return;
    }
  }
  for_each_run(q, t.first, t.length, [&](const std::uint8_t* from, std::size_t i, std::size_t n, std::size_t done) {
    b.template unpack<typename P::packing, C::bits>(from, i, n, codes + done);
  });
  f(static_cast<const code_t<C>*>(codes));
}

/// Asks memory for the codes of n elements.
template <class View>
constexpr void ask_for_codes(bool near_by, const View& q, std::size_t first, std::size_t n) {
  if constexpr (View::per_record == 0)
    ask(near_by, q.plane(0), first * View::codec::bits / 8, n * View::codec::bits / 8);
  else
    ask(near_by, q.plane(0), first / View::per_record * q.stride(), n / View::per_record * q.stride());
}

/// Tiles that follow one another and end before element `end`, each with the parameters of its groups: those of one
/// group are read once; those that are quantized themselves, for more than a tile at a time. (Of records no more than
/// for one of tile_elements: those that follow lie where nobody has asked yet.)
template <class View>
struct tile_decoder {
  using P = typename View::precision_type;
  View q;
  std::size_t end;
  tile_parameters parameters;
  group_factors read_by{};  // of groups [group, group + groups)
  std::size_t group = 0;
  std::size_t groups = 0;
  group_factors by{};

  DETENT_INLINE constexpr tile_decoder(const View& from, std::size_t until) : q(from), end(until) {}

  template <backend B>
  constexpr void operator()(const B& b, const tile& t, float* to) {
    read(b, t);
    if (pairs<false>(b, t, to)) return;
    with_codes(b, q, t, [&](const code_t<decoder<P>>* codes) {
      b.template decode<decoder<P>, decode_form<P>>(codes, t.length, t.size, by, to);
    });
  }
  /// Past the caches (passes_caches).
  template <backend B>
  void past_caches(const B& b, const tile& t, float* to) {
    read(b, t);
    if (pairs<true>(b, t, to)) return;
    with_codes(b, q, t, [&](const code_t<decoder<P>>* codes) {
      b.template decode_past_caches<decoder<P>, decode_form<P>>(codes, t.length, t.size, by, to);
    });
  }
  /// To codes of D (decodes_as).
  template <codec D, backend B>
  void as(const B& b, const tile& t, code_t<D>* to) {
    read(b, t);
    with_codes(b, q, t, [&](const code_t<decoder<P>>* codes) {
      b.template decode_as<D, decoder<P>, decode_form<P>>(codes, t.length, t.size, by, to);
    });
  }

 private:
  /// Straight from the bytes; false if it must be done by way of codes.
  template <bool PastCaches, backend B>
  constexpr bool pairs(const B& b, const tile& t, float* to) const {
    if constexpr (decodes_pairs<B, View>) {
      if (__builtin_is_constant_evaluated() || t.first % 2 != 0) return false;
      return b.template decode_pairs<typename P::packing, decoder<P>, decode_form<P>, PastCaches>(
          q.plane(0) + t.first / 2, t.length, t.size, by, to);
    }
    return false;
  }
  static constexpr bool reads_more = [] {
    if constexpr (scaled_precision<P>) return P::grouping::in_order && scaled_precision<typename P::scale>;
    return false;
  }();
  template <backend B>
  constexpr void read(const B& b, const tile& t) {
    using G = typename P::grouping;
    if (t.group < group || t.group + t.groups > group + groups) {
      group = t.group;
      groups = t.groups;
      if constexpr (reads_more) {
        constexpr std::size_t ahead = View::per_record == 0 ? 4 * tile_elements : tile_elements;
        const std::size_t last = G::at(q.shape(), least(end, t.first + ahead) - 1).group;
        groups = least(tile_groups, last + 1 - group);
      }
      read_by = read_parameters<true>(b, q, group, groups, parameters);
    }
    by = from_group(read_by, t.group - group);
  }
};

/// Elements [first, first + count) of q, to `to`.
template <backend B, class View>
constexpr void decode_range(const B& b, const View& q, std::size_t first, std::size_t count, float* to) {
  using G = typename View::precision_type::grouping;
  tile_decoder<View> decode(q, first + count);
  for (std::size_t done = 0; done < count;) {
    const tile t = tile_at<G>(q.shape(), first + done, first + count);
    decode(b, t, to + done);
    done += t.length;
  }
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// Codes of one tile, into their bytes.
#ifndef DETENT_OP_ENCODE_TILE_HPP
#define DETENT_OP_ENCODE_TILE_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/core/random.hpp"
#include "detent/op/report.hpp"
#include "detent/op/tile.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Whether a task asks for its source ahead, which lies in memory as floats: only where that comes from memory, or
/// always, from near (op/ask.hpp). (Some systems' headers make `far` and `near` macros.)
enum class asking { never, from_far, from_near };

/// How a task encodes: to the nearest code or at random, what it counts, whether its stores pass the caches, and what
/// it asks for.
template <class Rounding>
struct encoding {
  const Rounding& rounding;
  quantize_report* report = nullptr;
  bool stream = false;
  asking asks = asking::never;
};

/// What is computed while memory is asked: the parameters of groups, then codes with them, or codes with parameters
/// that were given, where nobody has asked for the elements before.
enum class computed { parameters, codes_after, codes_alone };

/// How many elements ahead memory is asked; up to tile_elements into the first-level cache, from beyond into the
/// second. What finds no room on its way is dropped: the less is computed in between, the nearer.
constexpr std::size_t distance_of(asking asks, computed what) {
  if (asks == asking::never) return 0;
  if (asks == asking::from_far) return what == computed::parameters ? 0 : 5 * streamed_tile;
  if (what == computed::codes_alone) return streamed_tile + streamed_tile / 2;
  return what == computed::parameters ? 2 * streamed_tile : 3 * streamed_tile;
}

inline constexpr nearest to_nearest{};
/// For scales and other parts.
inline constexpr encoding<nearest> plain_encoding{to_nearest};

template <is_precision P>
inline constexpr affine encode_form{.scaled = scaled_precision<P>,
                                    .divide = P::rule::divide,
                                    .shift = has_shift<P> && !is_centered<P>,
                                    .zero = has_zero_point<P>};

/// True if a scale chosen by P's rule is read back as it was.
template <class P>
inline constexpr bool stores_exactly =
    std::same_as<typename P::scale, fp32> ||
    (power_form<typename P::rule>.known && codec_of_kind<typename P::scale::codec, kind::exponent>);

/// True if elements can be encoded before the parameters of their group are stored.
template <class P>
inline constexpr bool codes_follow_chosen =
    !has_zero_point<P> &&
    (!P::rule::from_stored || (stores_exactly<P> && (!encode_form<P>.shift || std::same_as<typename P::shift, fp32>)));

/// The form of elements of finite groups, with the chosen factors.
template <is_precision P>
inline constexpr affine chosen_form = [] {
  using C = typename P::codec;
  constexpr linear_rule rule = linear_form<typename P::rule>;
  affine form = encode_form<P>;
  if (form.shift || form.zero || rule.divide) return form;
  form.finite = rule.known || power_form<typename P::rule>.known;
  form.bounded =
      rule.known && (rule.over == linear_rule::over_max || (C::max >= rule.numerator && C::min <= -rule.numerator));
  return form;
}();

/// To the nearest code by the definition, or at random by the backend, or by the definition where a segment of random
/// bits ends within the tile.
template <affine Form, class C, backend B, class Rounding>
constexpr void encode_any(const B& b, const float* x, const tile& t, const group_factors& by, const Rounding& rounding,
                          code_t<C>* codes) {
  if constexpr (std::same_as<Rounding, stochastic>) {
    static_assert(stochastic_codec<C>, "this precision's codec cannot round at random");
    constexpr std::uint64_t last = 0xFFFFFFFF;
    const std::uint64_t first = t.first;
    if ((first & last) + t.length - 1 <= last) {
      const random_run random{key_of(rounding.seed, first >> 32), static_cast<std::uint32_t>(first)};
      steps_of(b).template encode_at_random<C, Form>(x, t.length, t.size, by, random, codes);
      return;
    }
  }
  for (std::size_t i = 0; i < t.length; ++i) {
    const std::size_t g = i / t.size;
    if constexpr (std::same_as<Rounding, stochastic>)
      codes[i] =
          static_cast<code_t<C>>(encode_one_at_random<C, Form>(x[i], g, by, random_bits(rounding.seed, t.first + i)));
    else
      codes[i] = static_cast<code_t<C>>(encode_one<C, Form>(x[i], g, by));
  }
}

/// Codes to their bytes, by way of a buffer where the stores pass the caches.
template <backend B, class View>
constexpr void store_codes(const B& b, const code_t<typename View::codec>* codes, const tile& t, const View& q,
                           bool stream) {
  using Packing = typename View::precision_type::packing;
  constexpr int bits = View::codec::bits;
  if constexpr (View::per_record == 0 && fills_bytes<Packing, bits>) {
    constexpr std::size_t whole = codes_of_whole_bytes<Packing, bits>;
    if (stream && t.first % whole == 0 && t.length % whole == 0) {
      std::uint8_t* to = q.plane(0) + Packing::template bytes<bits>(t.first);
      const std::size_t size = Packing::template bytes<bits>(t.length);
      if constexpr (lies_plain<View>) {
        steps_of(b).stream(codes, size, to);
      } else {
        alignas(cache_line) std::uint8_t bytes[Packing::template bytes<bits>(tile_elements)];
        b.template pack<Packing, bits>(codes, t.length, bytes, 0);
        steps_of(b).stream(bytes, size, to);
      }
      return;
    }
  }
  if constexpr (View::per_record != 0) {
    if (q.index_in_bytes(t.first) == 0 && t.length % View::per_record == 0) {
      steps_of(b).template pack_records<Packing, bits>(codes, t.length, View::per_record, q.bytes_of(t.first),
                                                       q.stride());
      return;
    }
  }
  for_each_run(q, t.first, t.length, [&](std::uint8_t* to, std::size_t i, std::size_t n, std::size_t done) {
    b.template pack<Packing, bits>(codes + done, n, to, i);
  });
}

/// Adapted values a few at a time, and the codes of the codec that is known.
template <adapting_codec C, affine Form, backend B>
constexpr void encode_adapted(const B& b, const float* x, const tile& t, const group_factors& by, code_t<C>* to) {
  constexpr std::size_t most = 256;
  float adapted[most];
  for (std::size_t first = 0; first < t.length; first += most) {
    const std::size_t n = least(most, t.length - first);
    for (std::size_t i = 0; i < n; ++i) {
      adapted[i] = C::adapt(normalized<Form>(x[first + i], (first + i) / t.size, by));
    }
    b.template encode<typename C::base, affine{}>(adapted, n, n, {}, to + first);
  }
}

/// True if the backend knows that all x are finite.
template <class C, affine Form, backend B>
constexpr bool encode_codes(const B& b, const float* x, const tile& t, const group_factors& by, code_t<C>* to) {
  if constexpr (adapting_codec<C>) {
    static_assert(!Form.zero);
    encode_adapted<C, Form>(b, x, t, by, to);
    return false;
  } else if constexpr (requires { bool{b.template encode<C, Form>(x, t.length, t.size, by, to)}; }) {
    return b.template encode<C, Form>(x, t.length, t.size, by, to);
  } else {
    b.template encode<C, Form>(x, t.length, t.size, by, to);
    return false;
  }
}

/// Codes of one tile, into their bytes. True if all elements are known to be finite.
template <affine Form, backend B, class View, class Rounding>
constexpr bool encode_tile(const B& b, const float* x, const tile& t, const group_factors& by, const View& q,
                           const encoding<Rounding>& how) {
  using C = typename View::codec;
  if constexpr (lies_plain<View> && std::same_as<Rounding, nearest>) {
    if (!__builtin_is_constant_evaluated() && !how.stream) {
      auto* to = reinterpret_cast<code_t<C>*>(q.plane(0) + t.first * sizeof(code_t<C>));
      if (reinterpret_cast<std::uintptr_t>(to) % alignof(code_t<C>) == 0) {
        return encode_codes<C, Form>(b, x, t, by, to);
      }
    }
  }
  alignas(cache_line) code_t<C> codes[tile_elements];
  bool finite = false;
  if constexpr (std::same_as<Rounding, nearest>)
    finite = encode_codes<C, Form>(b, x, t, by, codes);
  else
    encode_any<Form, C>(b, x, t, by, how.rounding, codes);
  store_codes(b, codes, t, q, how.stream);
  return finite;
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

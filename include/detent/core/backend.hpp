// SPDX-License-Identifier: MIT
//
// A backend: how a tile of elements is computed. It sees the codec's kind, never a format's name, and works on a
// contiguous tile in which groups follow one another, each `group` elements long; only the last may be shorter.
//
//   reduce<Statistic>(x, n, group, to)                   one statistic for each group
//   encode<Codec, affine>(x, n, group, factors, to)      floats to codes; may return true: all x are known to be finite
//   decode<Codec, affine>(codes, n, group, factors, to)  codes to floats
//   pack<Packing, Bits>(codes, n, to, first)             codes into bytes, as codes number first, first + 1, …
//   unpack<Packing, Bits>(from, first, n, to)            and back
//
// It may also have all of `default_steps`: choose, encode_at_random, add, ordinary, stream, fence, pack_records,
// unpack_records; and decode_past_caches, decode_pairs (codes of 4 bits straight from their bytes) and decode_as, if it
// can do better than the steps that they stand for. Every backend gives the same bits as `scalar`.
#ifndef DETENT_CORE_BACKEND_HPP
#define DETENT_CORE_BACKEND_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/core/arithmetic.hpp"
#include "detent/core/codec.hpp"
#include "detent/core/packing.hpp"
#include "detent/core/prefetch.hpp"
#include "detent/core/random.hpp"
#include "detent/core/rule.hpp"
#include "detent/core/statistic.hpp"

namespace detent::inline v0 {

/// Which of the affine steps a precision has; known when the code is compiled.
///   encode: code = codec((x - shift) · factor) + zero, or (x - shift) / factor where `divide`
///   decode: value = (codec(code) - zero) · factor (· unit) + shift
/// `finite`: so is every element, times its factor; `bounded`: it is within the codec's range too, but for a rounding
/// or two.
struct affine {
  bool scaled = false;
  bool divide = false;
  bool shift = false;
  bool zero = false;
  bool unit = false;
  bool finite = false;
  bool bounded = false;
};

/// One entry for each group of the tile.
struct group_factors {
  const float* factor = nullptr;
  const float* shift = nullptr;
  const std::int32_t* zero = nullptr;
  float unit = 1;
  /// Elements from one to the one that is worth fetching from memory meanwhile; 0: none.
  std::size_t ahead = 0;
};

/// The most that an operation gives to a backend at a time: what it needs stays in the first-level cache and on any
/// stack.
inline constexpr std::size_t tile_elements = 4096;
inline constexpr std::size_t tile_groups = 256;

/// What tiles on the stack are aligned to. Without it a compiler aligns arrays to 16 bytes, every second vector crosses
/// lines, and memory is written at two thirds of the speed.
inline constexpr std::size_t cache_line = 64;

/// What a rule chose for each group of a window.
struct chosen_parameters {
  float scale[tile_groups];
  float factor[tile_groups];
  float shift[tile_groups];
  float zero_f32[tile_groups];
  bool finite[tile_groups];
};

template <class B>
concept backend = requires(const B& b, const float* x, float* to, std::size_t n, statistic::absmax* statistics,
                           const group_factors& factors, code_t<fp32_codec>* codes, std::uint8_t* bytes) {
  { B::name } -> std::convertible_to<const char*>;
  b.template reduce<statistic::absmax>(x, n, n, statistics);
  b.template encode<fp32_codec, affine{}>(x, n, n, factors, codes);
  b.template decode<fp32_codec, affine{}>(codes, n, n, factors, to);
  b.template pack<low_bits_first, 32>(codes, n, bytes, n);
  b.template unpack<low_bits_first, 32>(bytes, n, n, codes);
};

namespace detail {

/// Of group g, by the rule of P, from what is known of it.
template <class P>
DETENT_INLINE constexpr void choose_one(const typename P::rule::statistic& known, std::size_t g,
                                        chosen_parameters& to) {
  const group_parameters chosen = P::rule::template choose<P>(known);
  to.scale[g] = chosen.scale;
  to.factor[g] = P::rule::template factor<P>(chosen.scale);
  to.shift[g] = chosen.shift;
  to.zero_f32[g] = static_cast<float>(chosen.zero);
  to.finite[g] = known.finite;
}

/// True for codecs that take the zero point themselves: integers.
template <class C>
concept codec_with_zero = requires(float value, std::uint32_t code, std::int32_t zero) {
  { C::encode(value, zero) } -> std::same_as<std::uint32_t>;
  { C::decode(code, zero) } -> std::same_as<float>;
};

/// Element i of a tile, normalized: what the codec is given.
template <affine Form>
DETENT_INLINE constexpr float normalized(float x, std::size_t g, const group_factors& by) {
  if constexpr (Form.shift) x = rounded(subtract(x, by.shift[g]));
  if constexpr (Form.scaled && Form.divide) x = divide(x, by.factor[g]);
  if constexpr (Form.scaled && !Form.divide) x = rounded(multiply(x, by.factor[g]));
  return x;
}

/// What the codec is given.
template <codec C, affine Form>
DETENT_INLINE constexpr float codec_input(float x, std::size_t g, const group_factors& by) {
  const float y = normalized<Form>(x, g, by);
  // Which NaN an operation gives differs between processors, and these codecs keep its sign.
  if constexpr ((Form.scaled || Form.shift) && codec_of_kind<C, kind::minifloat>) {
    if (is_nan(y)) return float_of(f32_quiet_nan);
  }
  return y;
}

/// A code in memory that may be of another type to its owner: floats, another library's halves.
template <class Code>
[[gnu::always_inline]] inline constexpr void store_code(Code* to, std::uint32_t code) {
  const Code narrow = static_cast<Code>(code);
  if (__builtin_is_constant_evaluated())
    *to = narrow;
  else
    __builtin_memcpy(to, &narrow, sizeof(Code));
}
template <class Code>
[[gnu::always_inline]] inline constexpr Code load_code(const Code* from) {
  if (__builtin_is_constant_evaluated()) return *from;
  Code code{};
  __builtin_memcpy(&code, from, sizeof(Code));
  return code;
}

/// The one definition of encoding an element of group g.
template <codec C, affine Form>
[[gnu::always_inline]] inline constexpr std::uint32_t encode_one(float x, std::size_t g, const group_factors& by) {
  const float y = codec_input<C, Form>(x, g, by);
  if constexpr (Form.zero)
    return C::encode(y, by.zero[g]);
  else
    return C::encode(y);
}

/// The same, rounded at random.
template <stochastic_codec C, affine Form>
[[gnu::always_inline]] inline constexpr std::uint32_t encode_one_at_random(float x, std::size_t g,
                                                                           const group_factors& by,
                                                                           std::uint32_t random) {
  const float y = codec_input<C, Form>(x, g, by);
  if constexpr (Form.zero)
    return C::encode_stochastic(y, by.zero[g], random);
  else
    return C::encode_stochastic(y, random);
}

/// What the codec gave, less its zero point, as a value of group g.
template <affine Form>
DETENT_INLINE constexpr float restored(float y, std::size_t g, const group_factors& by) {
  if constexpr (Form.scaled) y = multiply(y, by.factor[g]);
  if constexpr (Form.unit) y = multiply(y, by.unit);
  if constexpr (Form.shift) y = add(rounded(y), by.shift[g]);
  return y;
}

/// The one definition of decoding a code of group g.
template <codec C, affine Form>
[[gnu::always_inline]] inline constexpr float decode_one(std::uint32_t code, std::size_t g, const group_factors& by) {
  if constexpr (Form.zero)
    return restored<Form>(C::decode(code, by.zero[g]), g, by);
  else
    return restored<Form>(C::decode(code), g, by);
}

}  // namespace detail

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

/// The steps that a backend may leave out, all together: then these are used.
struct default_steps {
  /// The parameters of groups, into `to` from its group `at` on; false if one is not finite or its scale 0. `ahead`:
  /// elements from one to the one that is worth fetching from memory meanwhile; 0: none.
  template <class P>
  static constexpr bool choose(const float* x, std::size_t n, std::size_t group, chosen_parameters& to, std::size_t at,
                               std::size_t = 0) {
    bool ordinary = true;
    for (std::size_t first = 0, g = 0; first < n; first += group, ++g) {
      typename P::rule::statistic known{};
      const std::size_t end = n - first < group ? n : first + group;
      for (std::size_t i = first; i < end; ++i) known.add(x[i]);
      choose_one<P>(known, at + g, to);
      ordinary = ordinary && known.finite && to.scale[at + g] != 0 && is_finite(to.scale[at + g]);
    }
    return ordinary;
  }

  /// As `encode`, rounded at random.
  template <codec C, affine Form>
  static constexpr void encode_at_random(const float* x, std::size_t n, std::size_t group, const group_factors& by,
                                         const random_run& random, code_t<C>* to) {
    for (std::size_t first = 0, g = 0; first < n; first += group, ++g) {
      const std::size_t end = n - first < group ? n : first + group;
      for (std::size_t i = first; i < end; ++i) {
        const std::uint32_t bits = random_bits(random.key, random.first + static_cast<std::uint32_t>(i));
        to[i] = static_cast<code_t<C>>(encode_one_at_random<C, Form>(x[i], g, by, bits));
      }
    }
  }

  /// True if every x is finite and not 0.
  static constexpr bool ordinary(const float* x, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      if (x[i] == 0 || !is_finite(x[i])) return false;
    }
    return true;
  }

  /// to = x + y; `to` may be one of them.
  static constexpr void add(const float* x, const float* y, std::size_t n, float* to) {
    for (std::size_t i = 0; i < n; ++i) to[i] = x[i] + y[i];
  }

  /// A copy that leaves the caches alone, where the processor can.
  static constexpr void stream(const void* from, std::size_t n, void* to) {
    if (!__builtin_is_constant_evaluated()) __builtin_memcpy(to, from, n);
  }
  /// Codes of whole records: `per_record` of them at `to`, the next at to + stride, …
  template <class Packing, int Bits, class Code>
  static constexpr void pack_records(const Code* codes, std::size_t n, std::size_t per_record, std::uint8_t* to,
                                     std::size_t stride) {
    for (std::size_t i = 0; i < n; ++i) {
      Packing::template put<Bits>(to + i / per_record * stride, i % per_record, codes[i]);
    }
  }
  template <class Packing, int Bits, class Code>
  static constexpr void unpack_records(const std::uint8_t* from, std::size_t stride, std::size_t n,
                                       std::size_t per_record, Code* codes) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint8_t* record = from + i / per_record * stride;
      codes[i] = static_cast<Code>(Packing::template get<Bits>(record, i % per_record));
    }
  }

  /// After the last `stream` of a thread: others see what was written.
  static constexpr void fence() {}
};

template <class B>
DETENT_INLINE constexpr decltype(auto) steps_of(const B& b) {
  if constexpr (requires { b.fence(); })
    return (b);
  else
    return default_steps{};
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// Codecs in device code, by kind. A codec's own encode and decode are used where nothing is faster. Tables cannot be:
// device code has no namespace-scope constexpr arrays. They travel as kernel parameters (`table_of`), made on the host
// of the codec's members, and are copied to the team's shared memory, where a lookup has no bank conflicts up to 32
// entries.
//
// A table of up to 16 entries is searched by bins: 32 equal ones over its range, each with at most one threshold; the
// bin says which two codes there are, one comparison which of them. Tables that do not fit are bisected.
#ifndef DETENT_CUDA_CODER_HPP
#define DETENT_CUDA_CODER_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/backend.hpp"
#include "detent/core/random.hpp"
#include "detent/cuda/machine.hpp"

namespace detent::inline v0::detail::gpu {

/// The bin of a number within the table's range: its product with `scale`, rounded by the addition of a large number.
struct bin_scale {
  float scale = 0;
  float offset = 0;
  bool usable = false;

  DETENT_INLINE constexpr std::uint32_t bin(float x) const { return bits_of(add(multiply(x, scale), offset)) & 31u; }
};

/// Looks for bins that hold at most one threshold each.
template <class C>
constexpr bin_scale find_bins() {
  for (int quarter = 124; quarter >= 64; --quarter) {
    bin_scale b{static_cast<float>(quarter) * 0.25f / (C::max - C::min), 0, true};
    const float low = C::min * b.scale;
    const int below = static_cast<int>(low) - 1;  // no bin is negative
    b.offset = 12582912.0f + static_cast<float>(-below);
    const float high = C::max * b.scale - static_cast<float>(below);
    if (!(high < 31.0f)) continue;
    for (std::size_t i = 1; i + 1 < C::size; ++i) {
      if (b.bin(C::thresholds[i - 1]) == b.bin(C::thresholds[i])) b.usable = false;
    }
    if (b.bin(C::min) > b.bin(C::thresholds[0]) || !b.usable) continue;
    return b;
  }
  return {};
}

template <class C>
inline constexpr bin_scale bins_of = bin_scale{};
template <codec_of_kind<kind::table> C>
  requires(C::size <= 16)
inline constexpr bin_scale bins_of<C> = find_bins<C>();

/// What a table codec needs at run time; nothing for other kinds.
template <codec C>
struct table_of {
  static constexpr std::size_t words = 0;
};
template <codec_of_kind<kind::table> C>
struct table_of<C> {
  static constexpr bool binned = bins_of<C>.usable;
  static constexpr std::size_t entries = std::size_t{1} << C::bits;
  // Values by code, codes by rank, thresholds by bin or by rank; by bins also the pairs of codes.
  static constexpr std::size_t order_at = entries;
  static constexpr std::size_t thresholds_at = 2 * entries;
  static constexpr std::size_t pairs_at = thresholds_at + (binned ? 32 : entries);
  static constexpr std::size_t words = pairs_at + (binned ? 32 : 0);
  std::uint32_t word[words];

  [[gnu::always_inline]] static constexpr table_of make() {
    table_of t{};
    for (std::size_t i = 0; i < C::size; ++i) t.word[i] = bits_of(C::values[i]);
    for (std::size_t i = 0; i < C::size; ++i) t.word[order_at + i] = C::code_of_rank[i];
    for (std::size_t i = thresholds_at; i < pairs_at; ++i) t.word[i] = f32_infinity;
    if constexpr (!binned) {
      for (std::size_t i = 0; i + 1 < C::size; ++i) t.word[thresholds_at + i] = bits_of(C::thresholds[i]);
    } else {
      for (std::size_t bin = 0; bin < 32; ++bin) t.fill_bin(bin);
    }
    return t;
  }

 private:
  [[gnu::always_inline]] constexpr void fill_bin(std::size_t bin) {
    std::size_t rank = 0;
    while (rank + 1 < C::size && bins_of<C>.bin(C::thresholds[rank]) < bin) ++rank;
    const bool parted = rank + 1 < C::size && bins_of<C>.bin(C::thresholds[rank]) == bin;
    if (parted) word[thresholds_at + bin] = bits_of(C::thresholds[rank]);
    word[pairs_at + bin] = C::code_of_rank[rank] | std::uint32_t{C::code_of_rank[rank + (parted ? 1 : 0)]} << 8;
  }
};

/// A table in shared memory; empty for other kinds.
template <codec C>
struct coder {
  const std::uint32_t* word = nullptr;

  DETENT_INLINE float entry(std::size_t i) const { return float_of(word[i]); }

  DETENT_INLINE std::uint32_t encode(float x) const {
    if constexpr (codec_of_kind<C, kind::table>)
      return encode_in_table(x);
    else if constexpr (codec_of_kind<C, kind::minifloat>)
      return encode_minifloat(x);
    else if constexpr (codec_with_zero<C>)
      return encode_whole(x);
    else
      return C::encode(x);
  }

  DETENT_INLINE std::uint32_t encode(float x, std::int32_t zero) const {
    if constexpr (is_to_even<C>()) {
      // Clamped to what is beyond every sum of a code and a zero point, as the codec does.
      const std::int32_t whole = round_to_int(x);
      return C::code_of((whole < -16777216 ? -16777216 : whole > 16777216 ? 16777216 : whole) + zero);
    } else {
      return C::encode(x, zero);
    }
  }

  DETENT_INLINE float decode(std::uint32_t code) const {
    if constexpr (codec_of_kind<C, kind::table>)
      return entry(code);
    else if constexpr (codec_of_kind<C, kind::minifloat>)
      return decode_minifloat(code);
    else
      return C::decode(code);
  }

  DETENT_INLINE float decode(std::uint32_t code, std::int32_t zero) const { return C::decode(code, zero); }

  DETENT_INLINE std::uint32_t encode_stochastic(float x, std::uint32_t random) const {
    if constexpr (codec_of_kind<C, kind::table>)
      return encode_in_table_stochastic(x, random);
    else
      return C::encode_stochastic(x, random);
  }

  /// Two at a time, where the machine has an instruction for it.
  DETENT_INLINE void encode_pair(float a, float b, std::uint32_t* to) const {
    if constexpr (paired) {
      if (either_nan(a, b)) {
        to[0] = C::encode(a);
        to[1] = C::encode(b);
        return;
      }
      const std::uint32_t both = pair(a, b);
      to[0] = both & ((1u << C::bits) - 1);
      to[1] = both >> C::bits;
    } else {
      to[0] = encode(a);
      to[1] = encode(b);
    }
  }

 private:
  template <class Integer>
  DETENT_INLINE static constexpr bool is_to_even() {
    if constexpr (requires { Integer::mode; }) return Integer::mode == decltype(Integer::mode)::ties_to_even;
    return false;
  }
  DETENT_INLINE std::uint32_t encode_whole(float x) const {
    if constexpr (is_to_even<C>())
      return C::code_of(round_to_int(x));
    else
      return C::encode(x);
  }

  /// Properties of a small float that the machine converts to.
  template <int ExponentBits, int MantissaBits, int Bias>
  DETENT_INLINE static constexpr bool has_shape() {
    if constexpr (codec_of_kind<C, kind::minifloat>)
      return C::exponent_bits == ExponentBits && C::mantissa_bits == MantissaBits && C::bias == Bias;
    return false;
  }
  DETENT_INLINE static constexpr bool has_overflow_to(std::uint32_t code) {
    if constexpr (codec_of_kind<C, kind::minifloat>) return C::overflow_code == code;
    return false;
  }
  static constexpr bool is_fp16 = has_shape<5, 10, 15>() && has_overflow_to(0x7C00u);
  static constexpr bool is_bf16 = has_shape<8, 7, 127>() && has_overflow_to(0x7F80u);
  static constexpr bool is_e4m3 = has_fp8_pairs && has_shape<4, 3, 7>() && has_overflow_to(0x7Eu);
  static constexpr bool is_e5m2 = has_fp8_pairs && has_shape<5, 2, 15>() && has_overflow_to(0x7Bu);
  static constexpr bool paired = is_fp16 || is_bf16 || is_e4m3 || is_e5m2;

  DETENT_INLINE static std::uint32_t pair(float a, float b) {
    if constexpr (is_fp16)
      return to_fp16_pair(a, b);
    else if constexpr (is_bf16)
      return to_bf16_pair(a, b);
    else if constexpr (is_e4m3)
      return to_e4m3_pair(a, b);
    else
      return to_e5m2_pair(a, b);
  }

  DETENT_INLINE std::uint32_t encode_in_table(float x) const {
    using table = table_of<C>;
    if constexpr (table::binned) {
      constexpr bin_scale bins = bins_of<C>;
      x = within(x, C::min, C::max);
      const std::uint32_t bin = bins.bin(x);
      const std::uint32_t codes = word[table::pairs_at + bin];
      return (less(entry(table::thresholds_at + bin), x) ? codes >> 8 : codes) & 255u;
    } else {
      return code_of_rank(rank(x));
    }
  }

  /// The number of thresholds below x; those that do not exist are infinite.
  DETENT_INLINE std::uint32_t rank(float x) const {
    std::uint32_t at = 0;
    for (std::uint32_t step = 1u << (C::bits - 1); step != 0; step >>= 1) {
      if (less(entry(table_of<C>::thresholds_at + at + step - 1), x)) at += step;
    }
    return at;
  }

  DETENT_INLINE float value_of_rank(std::uint32_t r) const { return entry(code_of_rank(r)); }
  DETENT_INLINE std::uint32_t code_of_rank(std::uint32_t r) const { return word[table_of<C>::order_at + r]; }

  DETENT_INLINE std::uint32_t encode_in_table_stochastic(float x, std::uint32_t random) const {
    if (!less(C::min, x)) return code_of_rank(0);
    if (!less(x, C::max)) return code_of_rank(C::size - 1);
    std::uint32_t low = 0;
    for (std::uint32_t step = 1u << (C::bits - 1); step != 0; step >>= 1) {
      if (low + step < C::size && !less(x, value_of_rank(low + step))) low += step;
    }
    const float below = value_of_rank(low);
    const float above = value_of_rank(low + 1);
    if (less(unit_interval(random), divide(subtract(x, below), subtract(above, below)))) return code_of_rank(low + 1);
    while (low > 0 && bits_of(value_of_rank(low - 1)) == bits_of(below)) --low;
    return code_of_rank(low);
  }

  /// As the codec, without its branches: below the least normal number an addition rounds.
  DETENT_INLINE std::uint32_t encode_minifloat(float x) const {
    const std::uint32_t a = bits_of(x) & ~f32_sign;
    if (a >= f32_infinity) return C::encode(x);
    const std::uint32_t odd = a >> C::dropped_bits & 1u;
    std::uint32_t code = (a + ((1u << (C::dropped_bits - 1)) - 1) + odd - C::rebias) >> C::dropped_bits;
    if constexpr (!C::wide) {
      const std::uint32_t small = bits_of(add(float_of(a), float_of(C::aligner_bits))) - C::aligner_bits;
      code = a < C::min_normal_bits ? small : code;
    }
    const std::uint32_t negative = bits_of(x) >> (32 - C::bits) & C::sign;
    if constexpr (without_negative_zero) {
      if (code > C::max_code || code == 0) return code == 0 ? 0 : C::encode(x);
    }
    return (code > C::max_code ? C::overflow_code : code) | negative;
  }

  DETENT_INLINE static constexpr bool lacks_negative_zero() {
    if constexpr (codec_of_kind<C, kind::minifloat>) return C::nan_code == C::sign;
    return false;
  }
  static constexpr bool without_negative_zero = lacks_negative_zero();

  /// A multiplication by a power of two brings the exponent to fp32's; subnormals are normal there.
  DETENT_INLINE float decode_minifloat(std::uint32_t code) const {
    const std::uint32_t rest = code & C::all_ones;
    const std::uint32_t negative = (code & C::sign) << (32 - C::bits);
    if constexpr (C::wide) {
      return float_of(negative | rest << C::dropped_bits);
    } else {
      if (is_special(code)) return C::decode(code);
      if constexpr (has_shape<5, 10, 15>()) return from_fp16(code);
      const float value = multiply(float_of(rest << C::dropped_bits), power_of_two(127 - C::bias));
      return float_of(negative | bits_of(value));
    }
  }
  DETENT_INLINE static constexpr bool is_special(std::uint32_t code) {
    if constexpr (lacks_negative_zero()) return (code & (C::sign | C::all_ones)) == C::sign;
    if constexpr (C::nan_code == 0) return false;
    return (code & C::all_ones) > C::max_code;
  }
};

/// Random bits of element `index`, in the codec's rounding.
template <codec C, affine Form>
DETENT_INLINE std::uint32_t encode_at_random(const coder<C>& with, float y, std::int32_t zero, std::uint32_t random) {
  if constexpr (Form.zero)
    return C::encode_stochastic(y, zero, random);
  else
    return with.encode_stochastic(y, random);
}

}  // namespace detent::inline v0::detail::gpu

#endif

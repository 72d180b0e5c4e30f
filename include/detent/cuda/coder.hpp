// SPDX-License-Identifier: MIT
//
// Codecs in device code, by kind. A codec's own encode and decode are used where nothing is faster. Tables: table.hpp.
#ifndef DETENT_CUDA_CODER_HPP
#define DETENT_CUDA_CODER_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/backend.hpp"
#include "detent/core/random.hpp"
#include "detent/cuda/table.hpp"

namespace detent::inline v0::detail::gpu {

/// A table in shared memory; empty for other kinds.
template <codec C>
struct coder {
  const std::uint32_t* word = nullptr;

  /// The value of a code.
  DETENT_INLINE float entry(std::uint32_t code) const {
    if constexpr (binned) {
      std::uint32_t found = 0;
      load_aligned<4>(at_offset(word + table_of<C>::values_at, code * 4), &found);
      return float_of(found);
    } else {
      return float_of(word[table_of<C>::values_at + code]);
    }
  }

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
    if constexpr (codec_of_kind<C, kind::table> || binned)
      return entry(code);
    else if constexpr (codec_of_kind<C, kind::minifloat>)
      return decode_minifloat(code);
    else
      return C::decode(code);
  }

  /// The same; a NaN becomes some NaN.
  DETENT_INLINE float decode_any_nan(std::uint32_t code) const {
    if constexpr (has_shape<5, 10, 15>())
      return from_fp16(code);
    else
      return decode(code);
  }

  DETENT_INLINE float decode(std::uint32_t code, std::int32_t zero) const { return C::decode(code, zero); }

  DETENT_INLINE std::uint32_t encode_stochastic(float x, std::uint32_t random) const {
    if constexpr (codec_of_kind<C, kind::table>)
      return encode_in_table_stochastic(x, random);
    else
      return C::encode_stochastic(x, random);
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
  /// Whether the machine converts two at a time.
  static constexpr bool paired = is_fp16 || is_bf16 || is_e4m3 || is_e5m2;

  /// Whether a table is searched by bins.
  static constexpr bool binned = table_of<C>::binned;

  /// What a bin says: a threshold, and the codes below and above it, a byte each.
  struct bin_entry {
    std::uint32_t word[2];
    DETENT_INLINE bool below(float x) const { return less(float_of(word[0]), x); }
  };
  /// For a number within the table's range, or beyond it by no more than rounding.
  DETENT_INLINE bin_entry bin_of(float x) const {
    constexpr bin_scale bins = bins_of<C>;
    bin_entry found{};
    load_aligned<8>(at_offset(word, bins.at(x)), found.word);
    return found;
  }

  /// Eight codes of four bits, of such numbers.
  DETENT_INLINE std::uint32_t encode_nibbles(const float* x) const {
    constexpr bool signs = ranks<C>::of_magnitudes;
    bin_entry found[8];
    unrolled<8>([&](unsigned j) { found[j] = bin_of(signs ? absolute(x[j]) : x[j]); });
    const auto below = [&](unsigned j) { return found[j].below(signs ? absolute(x[j]) : x[j]); };
    const auto two = [&](unsigned i, unsigned j) {
      return chosen_bytes(found[i].word[1], below(i), found[j].word[1], below(j));
    };
    std::uint32_t even = low_halves(two(0, 2), two(4, 6));
    std::uint32_t odd = low_halves(two(1, 3), two(5, 7));
    if constexpr (signs) {
      const auto high = [&](unsigned i, unsigned j, unsigned k, unsigned l) {
        return high_bytes(bits_of(x[i]), bits_of(x[j]), bits_of(x[k]), bits_of(x[l])) & 0x80808080u;
      };
      even |= high(0, 2, 4, 6) >> 4;
      odd |= high(1, 3, 5, 7) >> 4;
    }
    return even | odd << 4;
  }

  /// Two at a time, where the machine has an instruction for it.
  DETENT_INLINE void encode_pair(float a, float b, std::uint32_t* to) const {
    if constexpr (paired) {
      if (either_nan(a, b)) {
        to[0] = C::encode(a);
        to[1] = C::encode(b);
        return;
      }
    }
    encode_any_nan(a, b, to);
  }

  /// Two at a time; a NaN becomes some NaN.
  DETENT_INLINE void encode_any_nan(float a, float b, std::uint32_t* to) const {
    if constexpr (paired) {
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
      x = within(x, C::min, C::max);
      const bin_entry found = bin_of(x);
      return found.word[1] >> (found.below(x) ? 8 : 0) & 255u;
    } else {
      return code_of_rank(rank(x));
    }
  }

  /// The number of thresholds below x; those that do not exist are infinite.
  DETENT_INLINE std::uint32_t rank(float x) const {
    std::uint32_t at = 0;
    for (std::uint32_t step = 1u << (C::bits - 1); step != 0; step >>= 1) {
      if (less(float_of(word[at + step - 1]), x)) at += step;
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

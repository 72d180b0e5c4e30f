// SPDX-License-Identifier: MIT
//
// Codes of a quantized tensor, eight at a time or one, between memory and registers.
#ifndef DETENT_CUDA_OCTETS_HPP
#define DETENT_CUDA_OCTETS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/packed.hpp"
#include "detent/cuda/memory.hpp"

namespace detent::inline v0::detail::gpu {

/// How the codes of a view lie, for eight that follow one another from a multiple of eight.
template <class View>
struct octets {
  using packing = typename View::precision_type::packing;
  static constexpr int bits = View::codec::bits;
  static constexpr bool nibbles_swapped = std::same_as<packing, high_nibble_first>;
  /// They are `bits` bytes, which hold nothing else.
  static constexpr bool whole =
      (std::same_as<packing, low_bits_first> || nibbles_swapped) && View::per_record % octet == 0;
  /// Each has bytes of its own.
  static constexpr bool single = std::same_as<packing, low_bits_first> && bits % 8 == 0;

  DETENT_INLINE static std::uint32_t swapped(std::uint32_t word) {
    return (word & 0x0F0F0F0Fu) << 4 | (word >> 4 & 0x0F0F0F0Fu);
  }

  DETENT_INLINE static auto* address(const View& q, std::uint64_t i) {
    return q.bytes_of(i) + View::index_in_bytes(i) / octet * bits;
  }

  /// Whether eights may be moved whole, and single codes of its scale, shift and zero point at once.
  DETENT_INLINE static bool aligned(const View& q) {
    bool good = true;
    if constexpr (whole && View::per_record == 0) good = is_aligned(q.plane(0), move_unit<bits>);
    if constexpr (!whole && single && View::per_record == 0) good = is_aligned(q.plane(0), bits / 8);
    using P = typename View::precision_type;
    if constexpr (scaled_precision<P>) {
      good = good && part_aligned(q.scale());
      if constexpr (has_shift<P>) good = good && part_aligned(q.shift());
      if constexpr (has_zero_point<P>) good = good && part_aligned(q.zero_point());
    }
    return good;
  }

  /// Eight codes of four bits, the first lowest; `aligned`.
  DETENT_INLINE static void store_nibbles(const View& q, std::uint64_t i, std::uint32_t codes) {
    static_assert(whole && bits == 4 && View::per_record == 0);
    if constexpr (nibbles_swapped) codes = swapped(codes);
    store_bytes<4>(address(q, i), &codes);
  }

  /// Words of eight codes as they lie in memory, where they are bytes of their own; else the codes.
  static constexpr unsigned raw_words = whole ? (bits + 3) / 4 : octet;

  template <bool Whole>
  DETENT_INLINE static void load_raw(const View& q, std::uint64_t i, unsigned count, std::uint32_t* raw) {
    unrolled<raw_words>([&](unsigned j) { raw[j] = 0; });
    if (Whole && count == 0) return;
    if constexpr (whole) {
      if constexpr (Whole && View::per_record == 0)
        load_bytes<bits>(address(q, i), raw);
      else
        load_few<bits>(address(q, i), raw, Whole ? bits : static_cast<unsigned>(packing::template bytes<bits>(count)));
    } else if constexpr (Whole) {
      unrolled<octet>([&](unsigned j) { raw[j] = load_one(q, i + j); });
    } else {
      for (unsigned j = 0; j < count; ++j) set_entry<octet>(raw, j, load_one(q, i + j));
    }
  }
  DETENT_INLINE static void codes_of(const std::uint32_t* raw, std::uint32_t* code) {
    if constexpr (nibbles_swapped) {
      const std::uint32_t word = swapped(raw[0]);
      unrolled<octet>([&](unsigned j) { code[j] = code_in(&word, j); });
    } else if constexpr (whole) {
      unrolled<octet>([&](unsigned j) { code[j] = code_in(raw, j); });
    } else {
      unrolled<octet>([&](unsigned j) { code[j] = raw[j]; });
    }
  }

  template <bool Whole>
  DETENT_INLINE static void load(const View& q, std::uint64_t i, unsigned count, std::uint32_t* code) {
    if constexpr (whole && (Whole || !single)) {
      std::uint32_t raw[raw_words] = {};
      if (count != 0) load_raw<Whole>(q, i, count, raw);
      codes_of(raw, code);
    } else {
      unrolled<octet>([&](unsigned j) { code[j] = 0; });
      if (Whole && count == 0) return;
      if constexpr (Whole)
        unrolled<octet>([&](unsigned j) { code[j] = load_one(q, i + j); });
      else
        for (unsigned j = 0; j < count; ++j) set_entry<octet>(code, j, load_one(q, i + j));
    }
  }

  /// `Zero` is what fills a last byte that is not full: codes of zero where whole ones fit, then zero bits.
  template <bool Whole>
  DETENT_INLINE static void store(const View& q, std::uint64_t i, unsigned count, const std::uint32_t* code,
                                  std::uint32_t zero) {
    static_assert(whole || single);
    if constexpr (whole && (Whole || !single)) {
      const auto bytes = static_cast<unsigned>(packing::template bytes<bits>(count));
      std::uint32_t word[(bits + 3) / 4 + 1] = {};
      if constexpr (Whole && bits == 4) {
        word[0] = (low_bytes(code[0], code[2], code[4], code[6]) & 0x0F0F0F0Fu) |
                  low_bytes(code[1], code[3], code[5], code[7]) << 4;
      } else {
        unrolled<octet>([&](unsigned j) {
          const std::uint32_t fill = packing::template bytes<bits>(j + 1) <= bytes ? zero : 0;
          put(word, j, Whole || j < count ? code[j] : fill);
        });
      }
      if constexpr (nibbles_swapped) word[0] = swapped(word[0]);
      if constexpr (Whole && View::per_record == 0)
        store_bytes<bits>(address(q, i), word);
      else
        store_few<bits>(address(q, i), word, Whole ? bits : bytes);
    } else {
      if constexpr (Whole)
        unrolled<octet>([&](unsigned j) { store_one(q, i + j, code[j]); });
      else
        for (unsigned j = 0; j < count; ++j) store_one(q, i + j, entry_of<octet>(code, j));
    }
  }

  /// One code; `Aligned`: as `aligned` says.
  template <bool Aligned = false>
  DETENT_INLINE static std::uint32_t load_one(const View& q, std::uint64_t i) {
    if constexpr (!single) return q.code(i);
    const auto* const from = q.bytes_of(i) + View::index_in_bytes(i) * (bits / 8);
    std::uint32_t code = 0;
    if ((Aligned && View::per_record == 0) || is_aligned(from, move_unit<bits / 8>))
      load_bytes<bits / 8>(from, &code);
    else
      load_few<bits / 8>(from, &code, bits / 8);
    return code;
  }
  template <bool Aligned = false>
  DETENT_INLINE static void store_one(const View& q, std::uint64_t i, std::uint32_t code) {
    static_assert(single);
    auto* const to = q.bytes_of(i) + View::index_in_bytes(i) * (bits / 8);
    if ((Aligned && View::per_record == 0) || is_aligned(to, move_unit<bits / 8>))
      store_bytes<bits / 8>(to, &code);
    else
      store_few<bits / 8>(to, &code, bits / 8);
  }

 private:
  template <class Part>
  DETENT_INLINE static bool part_aligned(const Part& part) {
    using codes = octets<Part>;
    return codes::aligned(part) &&
           (!codes::single || Part::per_record != 0 || is_aligned(part.plane(0), codes::bits / 8));
  }

  DETENT_INLINE static std::uint32_t code_in(const std::uint32_t* word, unsigned j) {
    constexpr std::uint32_t mask = static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
    const unsigned at = j * bits;
    const unsigned in = at % 32;
    std::uint32_t code = word[at / 32] >> in;
    if (in + bits > 32) code |= word[at / 32 + 1] << (32 - in);
    return code & mask;
  }
  DETENT_INLINE static void put(std::uint32_t* word, unsigned j, std::uint32_t code) {
    const unsigned at = j * bits;
    const unsigned in = at % 32;
    word[at / 32] |= code << in;
    if (in + bits > 32) word[at / 32 + 1] |= code >> (32 - in);
  }
};

}  // namespace detent::inline v0::detail::gpu

#endif

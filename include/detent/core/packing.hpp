// SPDX-License-Identifier: MIT
//
// A packing: where codes lie in bytes. `get` and `put` are its definition; backends have faster ways for some.
//
//   low_bits_first    a dense stream: code i in bits [i·b, (i+1)·b), least significant first, as numpy, ONNX and
//                     torchao pack nibbles; 16 and 32 bits: little-endian
//   high_nibble_first 4 bits: even elements in the high nibble (bitsandbytes)
//   split_halves<N>   4 bits: of N elements the first half in the low nibbles, the second in the high ones (ggml);
//                     the last N elements take all their bytes, even if there are fewer
//
// A packing that needs more than eight codes for whole bytes of their own says in `block` how many (unless it lies in
// records only, where it begins anew in each). A packing of whole blocks may also have `words`, the number of codes in
// one, and pack_words(codes, to) and unpack_words(from, codes), which do a block eight codes at a time on little-endian
// processors.
//
// A record says that planes lie block by block: E elements in B bytes, each plane at its offset.
#ifndef DETENT_CORE_PACKING_HPP
#define DETENT_CORE_PACKING_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/core/bits.hpp"

namespace detent::inline v0 {

template <class P, int Bits>
concept packing = requires(const std::uint8_t* from, std::uint8_t* to, std::size_t i, std::uint32_t code) {
  { P::template bytes<Bits>(i) } -> std::same_as<std::size_t>;
  { P::template get<Bits>(from, i) } -> std::same_as<std::uint32_t>;
  P::template put<Bits>(to, i, code);
  requires P::template bytes<Bits>(8) != 0 || P::template bytes<Bits>(1024) != 0;  // known when it is compiled
};

struct low_bits_first {
  template <int Bits>
  DETENT_INLINE static constexpr std::size_t bytes(std::size_t count) {
    return count / 8 * Bits + (count % 8 * Bits + 7) / 8;
  }

  template <int Bits>
  DETENT_INLINE static constexpr std::uint32_t get(const std::uint8_t* from, std::size_t i) {
    const std::uint8_t* at = from + i / 8 * Bits + i % 8 * Bits / 8;
    const int first_bit = static_cast<int>(i % 8 * Bits % 8);
    std::uint64_t window = 0;
    for (int byte = 0; byte * 8 < first_bit + Bits; ++byte) window |= std::uint64_t{at[byte]} << (8 * byte);
    return static_cast<std::uint32_t>(window >> first_bit & ((std::uint64_t{1} << Bits) - 1));
  }

  template <int Bits>
  DETENT_INLINE static constexpr void put(std::uint8_t* to, std::size_t i, std::uint32_t code) {
    std::uint8_t* at = to + i / 8 * Bits + i % 8 * Bits / 8;
    const int first_bit = static_cast<int>(i % 8 * Bits % 8);
    const std::uint64_t mask = ((std::uint64_t{1} << Bits) - 1) << first_bit;
    const std::uint64_t shifted = std::uint64_t{code} << first_bit;
    for (int byte = 0; byte * 8 < first_bit + Bits; ++byte) {
      const auto keep = static_cast<std::uint8_t>(~(mask >> (8 * byte)));
      at[byte] = static_cast<std::uint8_t>((at[byte] & keep) | static_cast<std::uint8_t>(shifted >> (8 * byte)));
    }
  }
};

namespace detail {

/// What the 4-bit packings share: a byte, and which half of it.
template <class Where>
struct nibbles {
  template <int Bits>
    requires(Bits == 4)
  DETENT_INLINE static constexpr std::size_t bytes(std::size_t count) {
    if constexpr (requires { Where::block; })
      return (count + Where::block - 1) / Where::block * (Where::block / 2);
    else
      return count / 2 + count % 2;
  }

  template <int Bits>
    requires(Bits == 4)
  DETENT_INLINE static constexpr std::uint32_t get(const std::uint8_t* from, std::size_t i) {
    return static_cast<std::uint32_t>(from[Where::byte(i)] >> (Where::high(i) ? 4 : 0)) & 15u;
  }

  template <int Bits>
    requires(Bits == 4)
  DETENT_INLINE static constexpr void put(std::uint8_t* to, std::size_t i, std::uint32_t code) {
    std::uint8_t& at = to[Where::byte(i)];
    at = static_cast<std::uint8_t>(Where::high(i) ? (at & 0x0Fu) | code << 4 : (at & 0xF0u) | code);
  }
};

}  // namespace detail

struct high_nibble_first : detail::nibbles<high_nibble_first> {
  DETENT_INLINE static constexpr std::size_t byte(std::size_t i) { return i / 2; }
  DETENT_INLINE static constexpr bool high(std::size_t i) { return i % 2 == 0; }
};

template <std::size_t N>
struct split_halves : detail::nibbles<split_halves<N>> {
  static constexpr std::size_t block = N;
  DETENT_INLINE static constexpr std::size_t byte(std::size_t i) { return i / N * (N / 2) + i % (N / 2); }
  DETENT_INLINE static constexpr bool high(std::size_t i) { return i % N >= N / 2; }
};

namespace detail {

/// As many codes as lie in whole bytes of their own, from any multiple of that number on.
template <class Packing, int Bits>
inline constexpr std::size_t codes_of_whole_bytes = [] {
  constexpr bool in_order = std::same_as<Packing, low_bits_first> || std::same_as<Packing, high_nibble_first>;
  if constexpr (requires { Packing::block; })
    return static_cast<std::size_t>(Packing::block);
  else
    return std::size_t{Bits % 8 == 0 ? 1 : !in_order || Bits % 2 != 0 ? 8 : Bits % 4 != 0 ? 4 : 2};
}();

/// True if those bytes have no other bits.
template <class Packing, int Bits>
inline constexpr bool fills_bytes = 8 * Packing::template bytes<Bits>(codes_of_whole_bytes<Packing, Bits>) ==
                                    Bits * codes_of_whole_bytes<Packing, Bits>;

}  // namespace detail

/// Block by block: every `Elements` elements of a row take `Bytes` bytes; `Offsets` are those of the planes, in the
/// order codes, planes of the scale, planes of the shift, planes of the zero point.
template <std::size_t Elements, std::size_t Bytes, std::size_t... Offsets>
struct record {
  static constexpr std::size_t elements = Elements;
  static constexpr std::size_t bytes = Bytes;
  static constexpr detail::table<std::size_t, sizeof...(Offsets)> offsets{{Offsets...}};
};

/// Each plane by itself, whole.
struct planar {
  static constexpr std::size_t elements = 0;
};

}  // namespace detent::inline v0

#endif

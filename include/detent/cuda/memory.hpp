// SPDX-License-Identifier: MIT
//
// Eight consecutive elements are what a lane has at a time: whole bytes of codes of any width. Here they are moved
// between memory and registers: elements of a tensor (`elements`), and codes of a quantized one. `Whole`: all eight are
// there and their address is aligned, so that it is one instruction or two. Else they go one by one, in loops that stay
// small: no alignment is asked for.
#ifndef DETENT_CUDA_MEMORY_HPP
#define DETENT_CUDA_MEMORY_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/packed.hpp"
#include "detent/core/view.hpp"
#include "detent/cuda/coder.hpp"

namespace detent::inline v0::detail::gpu {

/// What a lane holds at a time.
inline constexpr unsigned octet = 8;

/// What `Bytes` bytes that follow one another are moved in.
template <unsigned Bytes>
inline constexpr unsigned move_unit = Bytes % 16 == 0  ? 16
                                      : Bytes % 8 == 0 ? 8
                                      : Bytes % 4 == 0 ? 4
                                      : Bytes % 2 == 0 ? 2
                                                       : 1;

/// Bytes [0, Bytes) at an address that is a multiple of move_unit<Bytes>.
template <unsigned Bytes>
DETENT_INLINE void load_bytes(const void* from, std::uint32_t* to) {
  constexpr unsigned unit = move_unit<Bytes>;
  const auto* const bytes = static_cast<const std::uint8_t*>(from);
  unrolled<((Bytes + 3) / 4)>([&](unsigned i) { to[i] = 0; });
  unrolled<(Bytes / unit)>([&](unsigned piece) {
    const unsigned at = piece * unit;
    std::uint32_t word[4] = {};
    if constexpr (unit == 1)
      word[0] = bytes[at];
    else
      load_aligned<unit>(bytes + at, word);
    unrolled<((unit + 3) / 4)>([&](unsigned i) { to[at / 4 + i] |= word[i] << (at % 4 * 8); });
  });
}
template <unsigned Bytes>
DETENT_INLINE void store_bytes(void* to, const std::uint32_t* from) {
  constexpr unsigned unit = move_unit<Bytes>;
  auto* const bytes = static_cast<std::uint8_t*>(to);
  unrolled<(Bytes / unit)>([&](unsigned piece) {
    const unsigned at = piece * unit;
    std::uint32_t word[4] = {};
    unrolled<((unit + 3) / 4)>([&](unsigned i) { word[i] = from[at / 4 + i] >> (at % 4 * 8); });
    if constexpr (unit == 1)
      bytes[at] = static_cast<std::uint8_t>(word[0]);
    else
      store_aligned<unit>(bytes + at, word);
  });
}

/// Entry `at` of an array in registers, where the number is not known when the code is compiled.
template <unsigned N, class T>
DETENT_INLINE void set_entry(T* array, unsigned at, T value) {
  unrolled<N>([&](unsigned i) { array[i] = i == at ? value : array[i]; });
}
template <unsigned N, class T>
DETENT_INLINE T entry_of(const T* array, unsigned at) {
  T value = array[0];
  unrolled<N>([&](unsigned i) { value = i == at ? array[i] : value; });
  return value;
}

/// The first `count` of `Bytes` bytes, at any address.
template <unsigned Bytes>
DETENT_INLINE void load_few(const void* from, std::uint32_t* to, unsigned count) {
  constexpr unsigned words = (Bytes + 3) / 4;
  unrolled<words>([&](unsigned i) { to[i] = 0; });
  for (unsigned i = 0; i < count; ++i) {
    const std::uint32_t byte = static_cast<const std::uint8_t*>(from)[i];
    set_entry<words>(to, i / 4, entry_of<words>(to, i / 4) | byte << (i % 4 * 8));
  }
}
template <unsigned Bytes>
DETENT_INLINE void store_few(void* to, const std::uint32_t* from, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    const std::uint32_t word = entry_of<(Bytes + 3) / 4>(from, i / 4);
    static_cast<std::uint8_t*>(to)[i] = static_cast<std::uint8_t>(word >> (i % 4 * 8));
  }
}

/// A tensor's elements by their number in row-major order.
template <class T, std::size_t Rank>
struct elements {
  using value_type = typename tensor_view<T, Rank>::value_type;
  using codec = typename element_codec<value_type>::type;
  static constexpr bool coded = !std::same_as<codec, void>;
  static_assert(coded || __is_trivially_copyable(value_type));

  T* data;
  bool dense;
  extents shape;
  std::ptrdiff_t stride[extents::max_rank];

  [[gnu::always_inline]] static constexpr elements of(const tensor_view<T, Rank>& view) {
    elements e{view.data(), view.dense(), view.shape(), {}};
    for (std::size_t axis = 0; axis < Rank; ++axis) e.stride[axis] = view.stride(axis);
    return e;
  }

  DETENT_INLINE T* at(std::uint64_t i) const {
    if (dense) return data + i;
    std::ptrdiff_t offset = 0;
    for (std::size_t axis = Rank; axis-- > 0;) {
      offset += static_cast<std::ptrdiff_t>(i % shape[axis]) * stride[axis];
      i /= shape[axis];
    }
    return data + offset;
  }

  DETENT_INLINE static float value_of(const value_type& x) {
    if constexpr (std::same_as<value_type, float>) {
      return x;
    } else if constexpr (coded) {
      code_t<codec> code{};
      __builtin_memcpy(&code, &x, sizeof code);
      return coder<codec>{}.decode(code);
    } else {
      return static_cast<float>(x);
    }
  }

  /// Whether eights may be moved whole.
  DETENT_INLINE bool aligned() const {
    if constexpr (coded) return dense && is_aligned(data, move_unit<codec::bits>);
    return false;
  }

  /// Elements [i, i + count), count at most 8; the rest of x is 0.
  template <bool Whole>
  DETENT_INLINE void load(std::uint64_t i, unsigned count, float* x) const {
    unrolled<octet>([&](unsigned j) { x[j] = 0; });
    if constexpr (Whole && coded) {
      if (count == 0) return;
      std::uint32_t word[codec::bits / 4];
      load_bytes<codec::bits>(data + i, word);
      unrolled<octet>([&](unsigned j) { x[j] = coder<codec>{}.decode(code_in(word, j)); });
    } else {
      for (unsigned j = 0; j < count; ++j) set_entry<octet>(x, j, value_of(*at(i + j)));
    }
  }

  template <bool Whole>
  DETENT_INLINE void store(std::uint64_t i, unsigned count, const float* x) const {
    if constexpr (Whole && coded) {
      constexpr unsigned bits = codec::bits;
      std::uint32_t word[bits / 4] = {};
      unrolled<octet / 2>([&](unsigned half) {
        const unsigned j = 2 * half;
        std::uint32_t code[2];
        coder<codec>{}.encode_pair(x[j], x[j + 1], code);
        word[j * bits / 32] |= code[0] << (j * bits % 32);
        word[(j + 1) * bits / 32] |= code[1] << ((j + 1) * bits % 32);
      });
      store_bytes<bits>(data + i, word);
    } else {
      for (unsigned j = 0; j < count; ++j) {
        const float value = entry_of<octet>(x, j);
        if constexpr (coded) {
          const auto code = static_cast<code_t<codec>>(coder<codec>{}.encode(value));
          __builtin_memcpy(static_cast<void*>(at(i + j)), &code, sizeof code);
        } else {
          *at(i + j) = static_cast<value_type>(value);
        }
      }
    }
  }

 private:
  DETENT_INLINE static std::uint32_t code_in(const std::uint32_t* word, unsigned j) {
    constexpr unsigned bits = codec::bits;
    return word[j * bits / 32] >> (j * bits % 32) & static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
  }
};

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

  /// Whether eights may be moved whole.
  DETENT_INLINE static bool aligned(const View& q) {
    if constexpr (whole && View::per_record == 0) return is_aligned(q.plane(0), move_unit<bits>);
    return true;
  }

  template <bool Whole>
  DETENT_INLINE static void load(const View& q, std::uint64_t i, unsigned count, std::uint32_t* code) {
    unrolled<octet>([&](unsigned j) { code[j] = 0; });
    if constexpr (whole && (Whole || !single)) {
      if (count == 0) return;
      std::uint32_t word[(bits + 3) / 4];
      if constexpr (Whole && View::per_record == 0)
        load_bytes<bits>(address(q, i), word);
      else
        load_few<bits>(address(q, i), word, Whole ? bits : static_cast<unsigned>(packing::template bytes<bits>(count)));
      if constexpr (nibbles_swapped) word[0] = swapped(word[0]);
      unrolled<octet>([&](unsigned j) { code[j] = code_in(word, j); });
    } else {
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
      unrolled<octet>([&](unsigned j) {
        const std::uint32_t fill = packing::template bytes<bits>(j + 1) <= bytes ? zero : 0;
        put(word, j, Whole || j < count ? code[j] : fill);
      });
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

  DETENT_INLINE static std::uint32_t load_one(const View& q, std::uint64_t i) {
    if constexpr (!single) return q.code(i);
    const auto* const from = q.bytes_of(i) + View::index_in_bytes(i) * (bits / 8);
    std::uint32_t code = 0;
    if (is_aligned(from, move_unit<bits / 8>))
      load_bytes<bits / 8>(from, &code);
    else
      load_few<bits / 8>(from, &code, bits / 8);
    return code;
  }
  DETENT_INLINE static void store_one(const View& q, std::uint64_t i, std::uint32_t code) {
    static_assert(single);
    auto* const to = q.bytes_of(i) + View::index_in_bytes(i) * (bits / 8);
    if (is_aligned(to, move_unit<bits / 8>))
      store_bytes<bits / 8>(to, &code);
    else
      store_few<bits / 8>(to, &code, bits / 8);
  }

 private:
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

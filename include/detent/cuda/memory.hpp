// SPDX-License-Identifier: MIT
//
// Eight consecutive elements are what a lane has at a time: whole bytes of codes of any width. Here they are moved
// between memory and registers: elements of a tensor (`elements`), and codes of a quantized one. Where an address is
// aligned it is one instruction; anywhere else bytes or elements one by one: no alignment is asked for.
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

template <unsigned Bytes>
DETENT_INLINE void load_bytes(const void* from, std::uint32_t* to) {
  constexpr unsigned unit = Bytes % 16 == 0 ? 16 : Bytes % 8 == 0 ? 8 : Bytes % 4 == 0 ? 4 : Bytes % 2 == 0 ? 2 : 1;
  const auto* const bytes = static_cast<const std::uint8_t*>(from);
  if constexpr (unit > 1) {
    if (is_aligned(from, unit)) {
      for (unsigned at = 0; at < Bytes; at += unit) {
        std::uint32_t word[4];
        load_aligned<unit>(bytes + at, word);
        if constexpr (unit >= 4) {
          for (unsigned i = 0; i < unit / 4; ++i) to[at / 4 + i] = word[i];
        } else {
          to[at / 4] = at % 4 == 0 ? word[0] : to[at / 4] | word[0] << 16;
        }
      }
      return;
    }
  }
  for (unsigned i = 0; i < (Bytes + 3) / 4; ++i) to[i] = 0;
  for (unsigned i = 0; i < Bytes; ++i) to[i / 4] |= std::uint32_t{bytes[i]} << (i % 4 * 8);
}

/// The first `count` of `Bytes` bytes.
template <unsigned Bytes>
DETENT_INLINE void store_bytes(void* to, const std::uint32_t* from, unsigned count) {
  constexpr unsigned unit = Bytes % 16 == 0 ? 16 : Bytes % 8 == 0 ? 8 : Bytes % 4 == 0 ? 4 : Bytes % 2 == 0 ? 2 : 1;
  auto* const bytes = static_cast<std::uint8_t*>(to);
  if constexpr (unit > 1) {
    if (count == Bytes && is_aligned(to, unit)) {
      for (unsigned at = 0; at < Bytes; at += unit) {
        std::uint32_t word[4] = {};
        for (unsigned i = 0; i < (unit + 3) / 4; ++i) word[i] = from[at / 4 + i] >> (at % 4 * 8);
        store_aligned<unit>(bytes + at, word);
      }
      return;
    }
  }
  for (unsigned i = 0; i < Bytes; ++i) {
    if (i < count) bytes[i] = static_cast<std::uint8_t>(from[i / 4] >> (i % 4 * 8));
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

  /// Elements [i, i + count), count at most 8; the rest of x is 0.
  DETENT_INLINE void load(std::uint64_t i, unsigned count, float* x) const {
    if constexpr (coded) {
      if (dense && count == octet) {
        constexpr unsigned bits = codec::bits;
        std::uint32_t word[bits / 4];
        load_bytes<bits>(data + i, word);
        for (unsigned j = 0; j < octet; ++j) {
          const std::uint32_t code = word[j * bits / 32] >> (j * bits % 32) & code_mask;
          x[j] = coder<codec>{}.decode(code);
        }
        return;
      }
    }
    for (unsigned j = 0; j < octet; ++j) x[j] = j < count ? value_of(*at(i + j)) : 0.0f;
  }

  DETENT_INLINE void store(std::uint64_t i, unsigned count, const float* x) const {
    if constexpr (coded) {
      constexpr unsigned bits = codec::bits;
      std::uint32_t word[bits / 4] = {};
      for (unsigned j = 0; j < octet; j += 2) {
        std::uint32_t code[2];
        coder<codec>{}.encode_pair(x[j], x[j + 1], code);
        word[j * bits / 32] |= code[0] << (j * bits % 32);
        word[(j + 1) * bits / 32] |= code[1] << ((j + 1) * bits % 32);
      }
      if (dense) {
        store_bytes<bits>(data + i, word, count * bits / 8);
        return;
      }
      for (unsigned j = 0; j < octet; ++j) {
        const auto code = static_cast<code_t<codec>>(word[j * bits / 32] >> (j * bits % 32));
        if (j < count) __builtin_memcpy(static_cast<void*>(at(i + j)), &code, sizeof code);
      }
    } else {
      for (unsigned j = 0; j < octet; ++j) {
        if (j < count) *at(i + j) = static_cast<value_type>(x[j]);
      }
    }
  }

 private:
  static constexpr std::uint32_t code_mask = [] {
    if constexpr (coded) return static_cast<std::uint32_t>((std::uint64_t{1} << codec::bits) - 1);
    return 0u;
  }();
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

  DETENT_INLINE static void load(const View& q, std::uint64_t i, unsigned count, std::uint32_t* code) {
    if constexpr (whole) {
      if (count == octet) {
        std::uint32_t word[(bits + 3) / 4];
        load_bytes<bits>(q.bytes_of(i) + View::index_in_bytes(i) / octet * bits, word);
        if constexpr (nibbles_swapped) word[0] = swapped(word[0]);
        for (unsigned j = 0; j < octet; ++j) code[j] = code_in(word, j);
        return;
      }
    }
    for (unsigned j = 0; j < octet; ++j) code[j] = j < count ? q.code(i + j) : 0;
  }

  /// `Zero` is what fills a last byte that is not full: codes of zero where whole ones fit, then zero bits.
  DETENT_INLINE static void store(const View& q, std::uint64_t i, unsigned count, std::uint32_t* code,
                                  std::uint32_t zero) {
    static_assert(whole || single);
    if constexpr (whole) {
      const auto bytes = static_cast<unsigned>(packing::template bytes<bits>(count));
      std::uint32_t word[(bits + 3) / 4 + 1] = {};
      for (unsigned j = 0; j < octet; ++j) {
        if (j >= count) code[j] = packing::template bytes<bits>(j + 1) <= bytes ? zero : 0;
        put(word, j, code[j]);
      }
      if constexpr (nibbles_swapped) word[0] = swapped(word[0]);
      store_bytes<bits>(q.bytes_of(i) + View::index_in_bytes(i) / octet * bits, word, bytes);
    } else {
      for (unsigned j = 0; j < octet; ++j) {
        if (j < count) store_one(q, i + j, code[j]);
      }
    }
  }

  DETENT_INLINE static void store_one(const View& q, std::uint64_t i, std::uint32_t code) {
    static_assert(single);
    store_bytes<bits / 8>(q.bytes_of(i) + View::index_in_bytes(i) * (bits / 8), &code, bits / 8);
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

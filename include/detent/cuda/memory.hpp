// SPDX-License-Identifier: MIT
//
// Eight consecutive elements are what a lane has at a time: whole bytes of codes of any width. Here elements of a
// tensor are moved between memory and registers; octets.hpp does it for codes. `Whole`: all eight are there and their
// address is aligned, so that it is one instruction or two. Else they go one by one, in loops that stay small: no
// alignment is asked for.
#ifndef DETENT_CUDA_MEMORY_HPP
#define DETENT_CUDA_MEMORY_HPP

#include <cstddef>
#include <cstdint>

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
template <unsigned Bytes, bool Shared = false>
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
      store_aligned<unit, Shared>(bytes + at, word);
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

  /// Elements [i, i + count), count at most 8; the rest of x is 0. `AnyNan`: a NaN may become another.
  template <bool Whole, bool AnyNan = false>
  DETENT_INLINE void load(std::uint64_t i, unsigned count, float* x) const {
    unrolled<octet>([&](unsigned j) { x[j] = 0; });
    if constexpr (Whole && coded) {
      if (count == 0) return;
      std::uint32_t word[codec::bits / 4];
      load_bytes<codec::bits>(data + i, word);
      unrolled<octet>([&](unsigned j) {
        const std::uint32_t code = code_in(word, j);
        x[j] = AnyNan ? coder<codec>{}.decode_any_nan(code) : coder<codec>{}.decode(code);
      });
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
        coder<codec>{}.encode_any_nan(x[j], x[j + 1], code);
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

}  // namespace detent::inline v0::detail::gpu

#endif

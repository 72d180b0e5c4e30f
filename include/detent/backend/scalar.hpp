// SPDX-License-Identifier: MIT
//
// The reference backend: one element after another, constexpr. What it computes is what detent means; every other
// backend gives the same bits.
#ifndef DETENT_BACKEND_SCALAR_HPP
#define DETENT_BACKEND_SCALAR_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/backend.hpp"

namespace detent::inline v0::inline DETENT_ISA {

struct scalar {
  static constexpr const char* name = "scalar";

  /// One statistic for each group of x[0, n).
  template <class Statistic>
  static constexpr void reduce(const float* x, std::size_t n, std::size_t group, Statistic* to) {
    for (std::size_t first = 0, g = 0; first < n; first += group, ++g) {
      const std::size_t end = n - first < group ? n : first + group;
      Statistic known{};
      for (std::size_t i = first; i < end; ++i) known.add(x[i]);
      to[g] = known;
    }
  }

  template <class P>
  static constexpr bool choose(const float* x, std::size_t n, std::size_t group, chosen_parameters& to,
                               std::size_t at) {
    bool ordinary = true;
    for (std::size_t first = 0, g = 0; first < n; first += group, ++g) {
      typename P::rule::statistic known{};
      reduce(x + first, n - first < group ? n - first : group, group, &known);
      detail::choose_one<P>(known, at + g, to);
      ordinary = ordinary && known.finite && to.scale[at + g] != 0 && detail::is_finite(to.scale[at + g]);
    }
    return ordinary;
  }

  template <codec C, affine Form>
  static constexpr bool encode(const float* x, std::size_t n, std::size_t group, const group_factors& by,
                               code_t<C>* to) {
    for (std::size_t first = 0, g = 0; first < n; first += group, ++g) {
      const std::size_t end = n - first < group ? n : first + group;
      for (std::size_t i = first; i < end; ++i) {
        to[i] = static_cast<code_t<C>>(detail::encode_one<C, Form>(x[i], g, by));
      }
    }
    return false;
  }

  template <codec C, affine Form>
  static constexpr void decode(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by,
                               float* to) {
    for (std::size_t first = 0, g = 0; first < n; first += group, ++g) {
      const std::size_t end = n - first < group ? n : first + group;
      for (std::size_t i = first; i < end; ++i) to[i] = detail::decode_one<C, Form>(codes[i], g, by);
    }
  }

  template <class Packing, int Bits, class Code>
  static constexpr void pack(const Code* codes, std::size_t n, std::uint8_t* to, std::size_t first) {
    for (std::size_t i = 0; i < n; ++i) Packing::template put<Bits>(to, first + i, codes[i]);
  }

  /// True if every x is finite and not 0.
  static constexpr bool ordinary(const float* x, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      if (x[i] == 0 || !detail::is_finite(x[i])) return false;
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
  /// After the last `stream` of a thread: others see what was written.
  static constexpr void fence() {}

  template <class Packing, int Bits, class Code>
  static constexpr void unpack(const std::uint8_t* from, std::size_t first, std::size_t n, Code* codes) {
    for (std::size_t i = 0; i < n; ++i) codes[i] = static_cast<Code>(Packing::template get<Bits>(from, first + i));
  }
};

static_assert(backend<scalar>);

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

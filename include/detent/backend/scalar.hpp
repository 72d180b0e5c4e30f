// SPDX-License-Identifier: MIT
//
// The reference backend: one element after another, constexpr. What it computes is what detent means; every other
// backend gives the same bits.
#ifndef DETENT_BACKEND_SCALAR_HPP
#define DETENT_BACKEND_SCALAR_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/backend.hpp"
#include "detent/core/mask_steps.hpp"
#include "detent/core/product_steps.hpp"

namespace detent::inline v0::inline DETENT_ISA {

struct scalar : detail::default_steps, detail::default_mask_steps, detail::default_product_steps {
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

  template <codec C, affine Form>
  static constexpr bool encode(const float* x, std::size_t n, std::size_t group, const group_factors& by,
                               code_t<C>* to) {
    for (std::size_t first = 0, g = 0; first < n; first += group, ++g) {
      const std::size_t end = n - first < group ? n : first + group;
      for (std::size_t i = first; i < end; ++i) {
        detail::store_code(to + i, detail::encode_one<C, Form>(x[i], g, by));
      }
    }
    return false;
  }

  template <codec C, affine Form>
  static constexpr void decode(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by,
                               float* to) {
    for (std::size_t first = 0, g = 0; first < n; first += group, ++g) {
      const std::size_t end = n - first < group ? n : first + group;
      for (std::size_t i = first; i < end; ++i)
        to[i] = detail::decode_one<C, Form>(detail::load_code(codes + i), g, by);
    }
  }

  template <codec C, affine Form>
  static constexpr void decode_past_caches(const code_t<C>* codes, std::size_t n, std::size_t group,
                                           const group_factors& by, float* to) {
    decode<C, Form>(codes, n, group, by, to);
  }

  /// False: by way of codes (op/decode.hpp).
  template <class Packing, codec C, affine Form, bool PastCaches>
  static constexpr bool decode_pairs(const std::uint8_t*, std::size_t, std::size_t, const group_factors&, float*) {
    return false;
  }

  template <codec D, codec C, affine Form>
  static constexpr void decode_as(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by,
                                  code_t<D>* to) {
    for (std::size_t i = 0; i < n; ++i) {
      detail::store_code(to + i, D::encode(detail::decode_one<C, Form>(detail::load_code(codes + i), i / group, by)));
    }
  }

  template <class Packing, int Bits, class Code>
  static constexpr void pack(const Code* codes, std::size_t n, std::uint8_t* to, std::size_t first) {
    for (std::size_t i = 0; i < n; ++i) Packing::template put<Bits>(to, first + i, codes[i]);
  }

  template <class Packing, int Bits, class Code>
  static constexpr void unpack(const std::uint8_t* from, std::size_t first, std::size_t n, Code* codes) {
    for (std::size_t i = 0; i < n; ++i) codes[i] = static_cast<Code>(Packing::template get<Bits>(from, first + i));
  }
};

static_assert(backend<scalar>);

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

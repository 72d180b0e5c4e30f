// SPDX-License-Identifier: MIT
//
// A backend (core/backend.hpp) from lanes: what they cannot do goes to the scalar text.

template <class V>
struct vector_backend {
  template <class Statistic>
  static void reduce(const float* x, std::size_t n, std::size_t group, Statistic* to) {
    if constexpr (kernels::can_reduce<Statistic>)
      kernels::reduce<V>(x, n, group, to);
    else
      scalar::reduce(x, n, group, to);
  }

  template <codec C, affine Form>
  static void encode(const float* x, std::size_t n, std::size_t group, const group_factors& by, code_t<C>* to) {
    if constexpr (kernels::can_encode<V, C>)
      kernels::encode<V, C, Form>(x, n, group, by, to);
    else
      scalar::encode<C, Form>(x, n, group, by, to);
  }

  template <codec C, affine Form>
  static void decode(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by, float* to) {
    if constexpr (!std::same_as<typename C::kind, kind::any>)
      kernels::decode<V, C, Form>(codes, n, group, by, to);
    else
      scalar::decode<C, Form>(codes, n, group, by, to);
  }

  template <class Packing, int Bits, class Code>
  static void pack(const Code* codes, std::size_t n, std::uint8_t* to, std::size_t first) {
    kernels::pack<V, Packing, Bits>(codes, n, to, first);
  }

  template <class Packing, int Bits, class Code>
  static void unpack(const std::uint8_t* from, std::size_t first, std::size_t n, Code* codes) {
    kernels::unpack<V, Packing, Bits>(from, first, n, codes);
  }
};

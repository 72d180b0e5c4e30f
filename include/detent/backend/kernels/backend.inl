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

  template <class P>
  static bool choose(const float* x, std::size_t n, std::size_t group, chosen_parameters& to, std::size_t at,
                     std::size_t ahead = 0) {
    return kernels::choose<V, P>(x, n, group, to, at, ahead);
  }

  template <codec C, affine Form>
  static bool encode(const float* x, std::size_t n, std::size_t group, const group_factors& by, code_t<C>* to) {
    if constexpr (kernels::is_copied<C, Form>)
      return __builtin_memcpy(to, x, n * sizeof(float)), false;
    else if constexpr (kernels::can_encode<V, C>)
      return kernels::encode<V, C, Form>(x, n, group, by, to);
    else
      return scalar::encode<C, Form>(x, n, group, by, to);
  }

  template <codec C, affine Form>
  static void encode_at_random(const float* x, std::size_t n, std::size_t group, const group_factors& by,
                               const random_run& random, code_t<C>* to) {
    if constexpr (kernels::can_round_at_random<V, C>)
      kernels::encode_at_random<V, C, Form>(x, n, group, by, random, to);
    else
      default_steps::encode_at_random<C, Form>(x, n, group, by, random, to);
  }

  template <codec C, affine Form>
  static void decode(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by, float* to) {
    if constexpr (kernels::is_copied<C, Form>)
      __builtin_memcpy(to, codes, n * sizeof(float));
    else if constexpr (kernels::can_decode<C>)
      kernels::decode<V, C, Form>(codes, n, group, by, to);
    else
      scalar::decode<C, Form>(codes, n, group, by, to);
  }

  /// As decode, past the caches: for groups of whole lines, to a line.
  template <codec C, affine Form>
  static void decode_past_caches(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by,
                                 float* to) {
    if constexpr (kernels::is_copied<C, Form>)
      kernels::stream<V>(codes, n * sizeof(float), to);
    else if constexpr (kernels::can_decode<C>)
      kernels::decode<V, C, Form, kernels::stores::past_caches>(codes, n, group, by, to);
    else
      decode<C, Form>(codes, n, group, by, to);
  }

  /// Codes of 4 bits straight from their bytes, two in each; false, and nothing is done, where that is no gain.
  template <class Packing, codec C, affine Form, bool PastCaches>
  static bool decode_pairs(const std::uint8_t* from, std::size_t n, std::size_t group, const group_factors& by,
                           float* to) {
    constexpr auto where = PastCaches ? kernels::stores::past_caches : kernels::stores::cached;
    return kernels::decode_pairs<V, Packing, C, Form, where>(from, n, group, by, to);
  }

  /// Codes of C to codes of D: of their values, to nearest.
  template <codec D, codec C, affine Form>
  static void decode_as(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by,
                        code_t<D>* to) {
    kernels::decode_as<V, vector_backend, D, C, Form>(codes, n, group, by, to);
  }

  static bool ordinary(const float* x, std::size_t n) { return kernels::ordinary<V>(x, n); }
  static void add(const float* x, const float* y, std::size_t n, float* to) { kernels::add<V>(x, y, n, to); }
  static void stream(const void* from, std::size_t n, void* to) { kernels::stream<V>(from, n, to); }
  static void fence() {
    if constexpr (requires { V::fence(); }) V::fence();
  }

  using on_masks = kernels::mask_steps<kernels::masks_by<V>>;
  static void keys(const float* x, std::size_t n, std::uint32_t* to) { on_masks::keys(x, n, to); }
  static void magnitudes_at_least(const float* x, std::size_t n, std::uint32_t least, std::uint64_t* to) {
    on_masks::magnitudes_at_least(x, n, least, to);
  }
  static bool magnitudes_between(const float* x, std::size_t n, std::uint32_t low, std::uint32_t high,
                                 std::uint64_t* reached, std::uint64_t* passed) {
    return on_masks::magnitudes_between(x, n, low, high, reached, passed);
  }
  static void at_least(const std::uint32_t* keys, std::size_t n, std::uint32_t least, std::uint64_t* to) {
    on_masks::at_least(keys, n, least, to);
  }
  template <unsigned N, unsigned M>
  static void n_of_m(const std::uint32_t* keys, std::size_t n, std::uint64_t* to) {
    on_masks::template n_of_m<N, M>(keys, n, to);
  }
  static std::size_t count_kept(const std::uint64_t* keep, std::size_t n) { return on_masks::count_kept(keep, n); }
  template <mask_element T>
  static void zero_pruned(const T* x, const std::uint64_t* keep, std::size_t n, T* to) {
    on_masks::zero_pruned(x, keep, n, to);
  }
  template <mask_element T>
  static std::size_t compress(const T* x, const std::uint64_t* keep, std::size_t n, T* to, std::size_t room = 0) {
    return on_masks::compress(x, keep, n, to, room);
  }
  template <mask_element T>
  static std::size_t expand(const T* from, const std::uint64_t* keep, std::size_t n, T* to, std::size_t spare = 0) {
    return on_masks::expand(from, keep, n, to, spare);
  }

  using on_products = kernels::product_steps<kernels::masks_by<V>>;
  static void dot(const float* w, const float* x, std::size_t n, float* sums) { on_products::dot(w, x, n, sums); }
  static void dot_kept(const float* survivors, std::size_t spare, const std::uint64_t* keep, const float* x,
                       std::size_t n, float* sums) {
    on_products::dot_kept(survivors, spare, keep, x, n, sums);
  }
  static std::int32_t dot(const std::int8_t* w, const std::int8_t* x, std::size_t n) {
    return on_products::dot(w, x, n);
  }
  static std::int32_t dot_kept(const std::int8_t* survivors, std::size_t spare, const std::uint64_t* keep,
                               const std::int8_t* x, std::size_t n) {
    return on_products::dot_kept(survivors, spare, keep, x, n);
  }
  template <class W, class X, class Sum>
  static void add_kept(const W* survivors, std::uint64_t word, const X* tile, Sum* sums) {
    on_products::add_kept(survivors, word, tile, sums);
  }
  static void add_all(const float* w, const float* second, std::size_t count, const float* tile, float* sums,
                      float* second_sums) {
    on_products::add_all(w, second, count, tile, sums, second_sums);
  }

  template <class Packing, int Bits, class Code>
  static void pack(const Code* codes, std::size_t n, std::uint8_t* to, std::size_t first) {
    kernels::pack<V, Packing, Bits>(codes, n, to, first);
  }

  template <class Packing, int Bits, class Code>
  static void pack_records(const Code* codes, std::size_t n, std::size_t per_record, std::uint8_t* to,
                           std::size_t stride) {
    if constexpr (kernels::is_plain<Packing, Bits, Code>) {
      const std::size_t bytes = per_record * sizeof(Code);
      if (kernels::copy_runs(codes, bytes, to, stride, bytes, n / per_record)) return;
    }
    const bool periods = kernels::are_periods<Packing, Bits, Code>(per_record);
    for (std::size_t i = 0; i < n; i += per_record, to += stride) {
      if (periods)
        kernels::pack_periods<Packing, Bits>(codes + i, per_record, to);
      else
        kernels::pack<V, Packing, Bits>(codes + i, per_record, to, 0);
    }
  }
  template <class Packing, int Bits, class Code>
  static void unpack_records(const std::uint8_t* from, std::size_t stride, std::size_t n, std::size_t per_record,
                             Code* codes) {
    if constexpr (kernels::is_plain<Packing, Bits, Code>) {
      const std::size_t bytes = per_record * sizeof(Code);
      if (kernels::copy_runs(from, stride, codes, bytes, bytes, n / per_record)) return;
    }
    const bool periods = kernels::are_periods<Packing, Bits, Code>(per_record);
    for (std::size_t i = 0; i < n; i += per_record, from += stride) {
      if (periods)
        kernels::unpack_periods<Packing, Bits>(from, per_record, codes + i);
      else
        kernels::unpack<V, Packing, Bits>(from, 0, per_record, codes + i);
    }
  }

  template <class Packing, int Bits, class Code>
  static void unpack(const std::uint8_t* from, std::size_t first, std::size_t n, Code* codes) {
    kernels::unpack<V, Packing, Bits>(from, first, n, codes);
  }
};

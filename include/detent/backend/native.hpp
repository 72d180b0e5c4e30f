// SPDX-License-Identifier: MIT
//
// native: the fastest kernels of the processor that the program runs on, whatever flags the file is compiled with. They
// are compiled in target regions (backend/x86, backend/arm), and chosen once, at the first call:
//
//   x86-64         avx512_bf16 (and VBMI), avx512 (F, BW, VL, DQ), avx2 (with F16C), sse41, sse2, scalar
//   64-bit Arm     neon_bf16, neon, scalar
//   elsewhere      scalar
//
// The environment variable DETENT_ISA_LIMIT, or native::limit, lowers the choice to the best of up to the one they
// name (a name that is none of these limits nothing). All give the same bits, so that changing it in the middle of
// anything is harmless.
// DETENT_NATIVE_WITHOUT_SSE and DETENT_NATIVE_WITHOUT_AVX512 leave sets out of what is compiled
// (backend/x86/choice.hpp).
#ifndef DETENT_BACKEND_NATIVE_HPP
#define DETENT_BACKEND_NATIVE_HPP

#include <cstdlib>

#include "detent/backend/choice.hpp"
#include "detent/backend/processor.hpp"
#include "detent/backend/scalar.hpp"

namespace detent::inline v0::inline DETENT_CHOICE {

class native {
  /// One more than the number of the instruction set; 0: nobody has asked yet. Two threads that ask at once find the
  /// same.
  static inline int choice = 0;

  static int chosen_number() {
    int number = __atomic_load_n(&choice, __ATOMIC_RELAXED);
    if (number == 0) {
      const char* limited = std::getenv("DETENT_ISA_LIMIT");
      const int most = limited == nullptr ? -1 : most_of(limited);
      const int first = 1 + detail::best_instruction_set(most < 0 ? detail::instruction_sets - 1 : most);
      // Unless another thread has called limit() meanwhile.
      if (__atomic_compare_exchange_n(&choice, &number, first, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return first - 1;
    }
    return number - 1;
  }

  /// The number of the greatest set that this name allows; -1 if it is none of theirs.
  static int most_of(const char* set) {
    return *set == '\0' ? detail::instruction_sets - 1 : detail::instruction_set_number(set);
  }

  template <class F>
  static constexpr auto on_chosen(const F& f) {
    return __builtin_is_constant_evaluated() ? f(scalar{}) : detail::with_instruction_set(chosen_number(), f);
  }

 public:
  static constexpr const char* name = "native";

  /// The kernels in use, by the names above.
  static const char* chosen() { return detail::instruction_set_names[chosen_number()]; }

  /// From now on at most these; "" lifts the limit. Returns false, and changes nothing, for a name that is none of
  /// theirs.
  static bool limit(const char* to) {
    const int number = most_of(to);
    if (number < 0) return false;
    __atomic_store_n(&choice, 1 + detail::best_instruction_set(number), __ATOMIC_RELAXED);
    return true;
  }

  static constexpr bool asks_near() { return !__builtin_is_constant_evaluated() && detail::processor_asks_near(); }

  template <class Statistic>
  static constexpr void reduce(const float* x, std::size_t n, std::size_t group, Statistic* to) {
    on_chosen([&]<class B>(B) { B::reduce(x, n, group, to); });
  }

  template <class P>
  static constexpr bool choose(const float* x, std::size_t n, std::size_t group, chosen_parameters& to, std::size_t at,
                               std::size_t ahead = 0) {
    return on_chosen([&]<class B>(B) { return B::template choose<P>(x, n, group, to, at, ahead); });
  }

  template <codec C, affine Form>
  static constexpr bool encode(const float* x, std::size_t n, std::size_t group, const group_factors& by,
                               code_t<C>* to) {
    if constexpr (std::same_as<typename C::kind, kind::any>)
      return scalar::encode<C, Form>(x, n, group, by, to);
    else
      return on_chosen([&]<class B>(B) { return B::template encode<C, Form>(x, n, group, by, to); });
  }

  template <codec C, affine Form>
  static constexpr void encode_at_random(const float* x, std::size_t n, std::size_t group, const group_factors& by,
                                         const detail::random_run& random, code_t<C>* to) {
    if constexpr (std::same_as<typename C::kind, kind::any>)
      scalar::encode_at_random<C, Form>(x, n, group, by, random, to);
    else
      on_chosen([&]<class B>(B) { B::template encode_at_random<C, Form>(x, n, group, by, random, to); });
  }

  template <codec C, affine Form>
  static constexpr void decode(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by,
                               float* to) {
    if constexpr (std::same_as<typename C::kind, kind::any>)
      scalar::decode<C, Form>(codes, n, group, by, to);
    else
      on_chosen([&]<class B>(B) { B::template decode<C, Form>(codes, n, group, by, to); });
  }

  template <codec C, affine Form>
  static constexpr void decode_past_caches(const code_t<C>* codes, std::size_t n, std::size_t group,
                                           const group_factors& by, float* to) {
    if constexpr (std::same_as<typename C::kind, kind::any>)
      scalar::decode<C, Form>(codes, n, group, by, to);
    else
      on_chosen([&]<class B>(B) { B::template decode_past_caches<C, Form>(codes, n, group, by, to); });
  }

  template <class Packing, codec C, affine Form, bool PastCaches>
  static constexpr bool decode_pairs(const std::uint8_t* from, std::size_t n, std::size_t group,
                                     const group_factors& by, float* to) {
    if constexpr (std::same_as<typename C::kind, kind::any>)
      return false;
    else
      return on_chosen(
          [&]<class B>(B) { return B::template decode_pairs<Packing, C, Form, PastCaches>(from, n, group, by, to); });
  }

  template <codec D, codec C, affine Form>
  static constexpr void decode_as(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by,
                                  code_t<D>* to) {
    if constexpr (std::same_as<typename C::kind, kind::any> || std::same_as<typename D::kind, kind::any>)
      scalar::decode_as<D, C, Form>(codes, n, group, by, to);
    else
      on_chosen([&]<class B>(B) { B::template decode_as<D, C, Form>(codes, n, group, by, to); });
  }

  static constexpr bool ordinary(const float* x, std::size_t n) {
    return on_chosen([&]<class B>(B) { return B::ordinary(x, n); });
  }
  static constexpr void add(const float* x, const float* y, std::size_t n, float* to) {
    on_chosen([&]<class B>(B) { B::add(x, y, n, to); });
  }
  static constexpr void stream(const void* from, std::size_t n, void* to) {
    on_chosen([&]<class B>(B) { B::stream(from, n, to); });
  }
  static constexpr void fence() {
    if (!__builtin_is_constant_evaluated()) detail::fence_stores_past_caches();
  }

  static constexpr void keys(const float* x, std::size_t n, std::uint32_t* to) {
    on_chosen([&]<class B>(B) { B::keys(x, n, to); });
  }
  static constexpr void magnitudes_at_least(const float* x, std::size_t n, std::uint32_t least, std::uint64_t* to) {
    on_chosen([&]<class B>(B) { B::magnitudes_at_least(x, n, least, to); });
  }
  static constexpr bool magnitudes_between(const float* x, std::size_t n, std::uint32_t low, std::uint32_t high,
                                           std::uint64_t* reached, std::uint64_t* passed) {
    return on_chosen([&]<class B>(B) { return B::magnitudes_between(x, n, low, high, reached, passed); });
  }
  static constexpr void at_least(const std::uint32_t* keys, std::size_t n, std::uint32_t least, std::uint64_t* to) {
    on_chosen([&]<class B>(B) { B::at_least(keys, n, least, to); });
  }
  template <unsigned N, unsigned M>
  static constexpr void n_of_m(const std::uint32_t* keys, std::size_t n, std::uint64_t* to) {
    on_chosen([&]<class B>(B) { B::template n_of_m<N, M>(keys, n, to); });
  }
  static constexpr std::size_t count_kept(const std::uint64_t* keep, std::size_t n) {
    return on_chosen([&]<class B>(B) { return B::count_kept(keep, n); });
  }
  template <detail::mask_element T>
  static constexpr void zero_pruned(const T* x, const std::uint64_t* keep, std::size_t n, T* to) {
    on_chosen([&]<class B>(B) { B::zero_pruned(x, keep, n, to); });
  }
  template <detail::mask_element T>
  static constexpr std::size_t compress(const T* x, const std::uint64_t* keep, std::size_t n, T* to,
                                        std::size_t room = 0) {
    return on_chosen([&]<class B>(B) { return B::compress(x, keep, n, to, room); });
  }
  template <detail::mask_element T>
  static constexpr std::size_t expand(const T* from, const std::uint64_t* keep, std::size_t n, T* to,
                                      std::size_t spare = 0) {
    return on_chosen([&]<class B>(B) { return B::expand(from, keep, n, to, spare); });
  }

  static constexpr void dot(const float* w, const float* x, std::size_t n, float* sums) {
    on_chosen([&]<class B>(B) { B::dot(w, x, n, sums); });
  }
  static constexpr void dot_kept(const float* survivors, std::size_t spare, const std::uint64_t* keep, const float* x,
                                 std::size_t n, float* sums) {
    on_chosen([&]<class B>(B) { B::dot_kept(survivors, spare, keep, x, n, sums); });
  }
  static constexpr std::int32_t dot(const std::int8_t* w, const std::int8_t* x, std::size_t n) {
    return on_chosen([&]<class B>(B) { return B::dot(w, x, n); });
  }
  static constexpr std::int32_t dot_kept(const std::int8_t* survivors, std::size_t spare, const std::uint64_t* keep,
                                         const std::int8_t* x, std::size_t n) {
    return on_chosen([&]<class B>(B) { return B::dot_kept(survivors, spare, keep, x, n); });
  }
  template <class W, class X, class Sum>
  static constexpr void add_kept(const W* survivors, std::uint64_t word, const X* tile, Sum* sums) {
    on_chosen([&]<class B>(B) { B::add_kept(survivors, word, tile, sums); });
  }
  static constexpr void add_all(const float* w, const float* second, std::size_t count, const float* tile, float* sums,
                                float* second_sums) {
    on_chosen([&]<class B>(B) { B::add_all(w, second, count, tile, sums, second_sums); });
  }

  template <class Packing, int Bits, class Code>
  static constexpr void pack(const Code* codes, std::size_t n, std::uint8_t* to, std::size_t first) {
    on_chosen([&]<class B>(B) { B::template pack<Packing, Bits>(codes, n, to, first); });
  }

  template <class Packing, int Bits, class Code>
  static constexpr void pack_records(const Code* codes, std::size_t n, std::size_t per_record, std::uint8_t* to,
                                     std::size_t stride) {
    on_chosen([&]<class B>(B) { B::template pack_records<Packing, Bits>(codes, n, per_record, to, stride); });
  }
  template <class Packing, int Bits, class Code>
  static constexpr void unpack_records(const std::uint8_t* from, std::size_t stride, std::size_t n,
                                       std::size_t per_record, Code* codes) {
    on_chosen([&]<class B>(B) { B::template unpack_records<Packing, Bits>(from, stride, n, per_record, codes); });
  }

  template <class Packing, int Bits, class Code>
  static constexpr void unpack(const std::uint8_t* from, std::size_t first, std::size_t n, Code* codes) {
    on_chosen([&]<class B>(B) { B::template unpack<Packing, Bits>(from, first, n, codes); });
  }
};

static_assert(backend<native>);

}  // namespace detent::inline v0::inline DETENT_CHOICE

#endif

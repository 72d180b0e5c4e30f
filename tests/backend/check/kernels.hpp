// SPDX-License-Identifier: MIT
//
// Kernels and operations of a backend behind function pointers: what compares them with the scalar ones is compiled
// once (check/*.cpp), and a file that adds a backend holds nothing but its instantiations.
#ifndef DETENT_TESTS_BACKEND_CHECK_KERNELS_HPP
#define DETENT_TESTS_BACKEND_CHECK_KERNELS_HPP

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "detent/core/type_list.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/family/ggml_packings.hpp"
#include "detent/format/fp16.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/quantize.hpp"

namespace checks {

/// The two kernels of a format, on codes of `code_size` bytes.
struct kernel {
  const char* format;
  int bits;
  std::size_t code_size;
  detent::affine encode_form;
  detent::affine decode_form;
  void (*encode)(const float*, std::size_t, std::size_t, const detent::group_factors&, void*);
  void (*decode)(const void*, std::size_t, std::size_t, const detent::group_factors&, float*);
  void (*decode_past_caches)(const void*, std::size_t, std::size_t, const detent::group_factors&, float*);
  /// To codes of fp16, and of bf16; null for codecs of more than 4 bits.
  void (*decode_as[2])(const void*, std::size_t, std::size_t, const detent::group_factors&, std::uint16_t*);
  /// From bytes of two codes each, the first of which is the low half, or the high one; past the caches, too. Null for
  /// codecs that are not of 4 bits.
  bool (*decode_pairs[2])(const std::uint8_t*, std::size_t, std::size_t, const detent::group_factors&, float*,
                          bool past_caches);
  /// Null for codecs that cannot round at random.
  void (*encode_at_random)(const float*, std::size_t, std::size_t, const detent::group_factors&,
                           const detent::detail::random_run&, void*);
  /// Finite groups, at most detent::tile_groups, with the factors that the rule chooses, which also go to `scales` and
  /// `factors`. Null for precisions whose encoder gains nothing from that.
  void (*encode_chosen)(const float*, std::size_t, std::size_t, void*, float* scales, float* factors);
};

/// The packing of a format, on codes of 1, 2 or 4 bytes.
struct packing {
  std::string name;
  int bits;
  std::size_t code_size;
  std::size_t most;  // codes
  std::size_t (*bytes)(std::size_t);
  void (*pack)(const void*, std::size_t, std::uint8_t*, std::size_t);
  void (*unpack)(const std::uint8_t*, std::size_t, std::size_t, void*);
};

/// What a group is: amax, extreme, min, max as bits, and whether it is finite and empty.
using statistic_bits = std::uint64_t;

struct reduction {
  const char* name;
  void (*reduce)(const float*, std::size_t, std::size_t, statistic_bits*);
};

/// Whole operations on a matrix. All planes lie in `bytes`, one after another.
struct operation {
  std::string format;
  std::size_t (*bytes)(std::size_t rows, std::size_t cols);
  detent::quantize_report (*quantize)(const void*, std::size_t rows, std::size_t cols, std::uint8_t* bytes,
                                      const detent::options&);
  void (*dequantize)(const std::uint8_t* bytes, std::size_t rows, std::size_t cols, float*, const detent::options&);
};

/// A backend's. Those that choose at run time are tried under the limit of every set that `select` can choose here.
struct backend_under_test {
  std::string name;
  std::vector<kernel> kernels;
  std::vector<packing> packings;
  std::vector<reduction> reductions;
  std::vector<operation> operations;
  std::vector<std::string> instruction_sets;
  bool (*select)(const char* instruction_set) = nullptr;
};

/// All backends of this program; the scalar one is added by check/.
inline std::vector<backend_under_test>& backends() {
  static std::vector<backend_under_test> all;
  return all;
}

inline backend_under_test& backend_named(const std::string& name) {
  for (backend_under_test& b : backends()) {
    if (b.name == name) return b;
  }
  backends().push_back({});
  backends().back().name = name;
  return backends().back();
}

template <class B, class P>
struct kernel_functions {
  using codec = typename P::codec;
  using code = detent::code_t<codec>;
  static constexpr detent::affine to_codes = detent::detail::encode_form<P>;
  static constexpr detent::affine from_codes = detent::detail::decode_form<P>;

  static void encode(const float* x, std::size_t n, std::size_t group, const detent::group_factors& by, void* codes) {
    B::template encode<codec, to_codes>(x, n, group, by, static_cast<code*>(codes));
  }
  static void decode(const void* codes, std::size_t n, std::size_t group, const detent::group_factors& by, float* x) {
    B::template decode<codec, from_codes>(static_cast<const code*>(codes), n, group, by, x);
  }
  static void decode_past_caches(const void* codes, std::size_t n, std::size_t group, const detent::group_factors& by,
                                 float* x) {
    B::template decode_past_caches<codec, from_codes>(static_cast<const code*>(codes), n, group, by, x);
  }
  template <class Half>
  static void decode_as(const void* codes, std::size_t n, std::size_t group, const detent::group_factors& by,
                        std::uint16_t* to) {
    B::template decode_as<typename Half::codec, codec, from_codes>(static_cast<const code*>(codes), n, group, by, to);
  }
  template <class Packing>
  static bool decode_pairs(const std::uint8_t* bytes, std::size_t n, std::size_t group, const detent::group_factors& by,
                           float* x, bool past_caches) {
    return past_caches ? B::template decode_pairs<Packing, codec, from_codes, true>(bytes, n, group, by, x)
                       : B::template decode_pairs<Packing, codec, from_codes, false>(bytes, n, group, by, x);
  }
  static void encode_at_random(const float* x, std::size_t n, std::size_t group, const detent::group_factors& by,
                               const detent::detail::random_run& random, void* codes) {
    B::template encode_at_random<codec, to_codes>(x, n, group, by, random, static_cast<code*>(codes));
  }

  static constexpr detent::affine finite_form = [] {
    if constexpr (detent::scaled_precision<P>)
      return detent::detail::chosen_form<P>;
    else
      return detent::affine{};
  }();
  static void encode_chosen(const float* x, std::size_t n, std::size_t group, void* codes, float* scales,
                            float* factors) {
    detent::chosen_parameters chosen;
    detent::detail::steps_of(B{}).template choose<P>(x, n, group, chosen, 0);
    const std::size_t groups = (n + group - 1) / group;
    std::memcpy(scales, chosen.scale, groups * sizeof(float));
    std::memcpy(factors, chosen.factor, groups * sizeof(float));
    B::template encode<codec, finite_form>(x, n, group, {.factor = chosen.factor, .shift = chosen.shift},
                                           static_cast<code*>(codes));
  }
};

template <class B, class P>
kernel kernel_of() {
  using f = kernel_functions<B, P>;
  kernel k{P::name,   P::codec::bits,        sizeof(typename f::code), f::to_codes,        f::from_codes, f::encode,
           f::decode, f::decode_past_caches, {nullptr, nullptr},       {nullptr, nullptr}, nullptr,       nullptr};
  if constexpr (P::codec::bits == 4) {
    k.decode_pairs[0] = f::template decode_pairs<detent::low_bits_first>;
    k.decode_pairs[1] = f::template decode_pairs<detent::high_nibble_first>;
  }
  if constexpr (P::codec::bits <= 4) {
    k.decode_as[0] = f::template decode_as<detent::fp16>;
    k.decode_as[1] = f::template decode_as<detent::bf16>;
  }
  if constexpr (detent::stochastic_codec<typename P::codec>) k.encode_at_random = f::encode_at_random;
  if constexpr (f::finite_form.finite) k.encode_chosen = f::encode_chosen;
  return k;
}

/// `Block`: it lays out one block of so many codes; 0: as many as there are.
template <class B, class Packing, int Bits, class Code, std::size_t Block = 0>
packing packing_of(const std::string& name) {
  return {name,
          Bits,
          sizeof(Code),
          Block != 0 ? Block : 2048,
          [](std::size_t n) { return Packing::template bytes<Bits>(Block != 0 ? Block : n); },
          [](const void* codes, std::size_t n, std::uint8_t* to, std::size_t first) {
            B::template pack<Packing, Bits>(static_cast<const Code*>(codes), n, to, first);
          },
          [](const std::uint8_t* from, std::size_t first, std::size_t n, void* codes) {
            B::template unpack<Packing, Bits>(from, first, n, static_cast<Code*>(codes));
          }};
}

inline statistic_bits bits_of(const detent::statistic::none& s) { return s.finite; }
inline statistic_bits bits_of(const detent::statistic::absmax& s) {
  return std::uint64_t{detent::detail::bits_of(s.amax)} << 1 | s.finite;
}
inline statistic_bits bits_of(const detent::statistic::signed_absmax& s) {
  return std::uint64_t{detent::detail::bits_of(s.extreme)} << 1 | s.finite;
}
/// The flags, which are true nearly always, where NaN would be: min and max are finite.
inline statistic_bits bits_of(const detent::statistic::minmax& s) {
  const std::uint64_t numbers = std::uint64_t{detent::detail::bits_of(s.min)} << 32 | detent::detail::bits_of(s.max);
  return s.finite && !s.empty ? numbers : ~numbers ^ (s.empty ? 1 : 0);
}

template <class B, class Statistic>
reduction reduction_of(const char* name) {
  return {name, [](const float* x, std::size_t n, std::size_t group, statistic_bits* to) {
            std::vector<Statistic> known((n + group - 1) / group);
            B::template reduce<Statistic>(x, n, group, known.data());
            for (std::size_t g = 0; g < known.size(); ++g) to[g] = bits_of(known[g]);
          }};
}

/// A view of the planes in one piece of memory.
template <class P, class Byte>
detent::packed_view<P, Byte> view_of(Byte* bytes, std::size_t rows, std::size_t cols) {
  const detent::extents shape(rows, cols);
  const auto sizes = detent::plane_bytes<P>(shape);
  if constexpr (P::layout::elements != 0) {
    return detent::packed_view<P, Byte>(shape, bytes);
  } else {
    Byte* planes[sizes.size()];
    for (std::size_t i = 0; i < sizes.size(); bytes += sizes[i++]) planes[i] = bytes;
    return detent::packed_view<P, Byte>(shape, planes, 0);
  }
}

template <class B, class P, class Element = float>
operation operation_of(const std::string& suffix = "") {
  return {P::name + suffix,
          [](std::size_t rows, std::size_t cols) { return detent::packed_bytes<P>(detent::extents(rows, cols)); },
          [](const void* x, std::size_t rows, std::size_t cols, std::uint8_t* bytes, const detent::options& with) {
            const auto* elements = static_cast<const Element*>(x);
            return detent::quantize(B{}, detent::tensor_view<const Element, 2>(elements, {rows, cols}),
                                    view_of<P>(bytes, rows, cols), with);
          },
          [](const std::uint8_t* bytes, std::size_t rows, std::size_t cols, float* x, const detent::options& with) {
            detent::dequantize(B{}, view_of<P>(bytes, rows, cols), detent::tensor_view<float, 2>(x, {rows, cols}),
                               with);
          }};
}

/// Adds the kernels of all formats of a list.
template <class B, class... P>
bool add_kernels(const char* name, detent::type_list<P...>) {
  auto& to = backend_named(name).kernels;
  (to.push_back(kernel_of<B, P>()), ...);
  return true;
}

template <class B, class... P>
bool add_operations(const char* name, detent::type_list<P...>) {
  auto& to = backend_named(name).operations;
  (to.push_back(operation_of<B, P>()), ...);
  return true;
}

template <class B>
bool add_packings(const char* name) {
  using detent::low_bits_first;
  auto& to = backend_named(name).packings;
  to.push_back(packing_of<B, low_bits_first, 1, std::uint8_t>("1 bit"));
  to.push_back(packing_of<B, low_bits_first, 2, std::uint8_t>("2 bits"));
  to.push_back(packing_of<B, low_bits_first, 3, std::uint8_t>("3 bits"));
  to.push_back(packing_of<B, low_bits_first, 4, std::uint8_t>("4 bits"));
  to.push_back(packing_of<B, low_bits_first, 5, std::uint8_t>("5 bits"));
  to.push_back(packing_of<B, low_bits_first, 6, std::uint8_t>("6 bits"));
  to.push_back(packing_of<B, low_bits_first, 7, std::uint8_t>("7 bits"));
  to.push_back(packing_of<B, low_bits_first, 8, std::uint8_t>("8 bits"));
  to.push_back(packing_of<B, low_bits_first, 11, std::uint16_t>("11 bits"));
  to.push_back(packing_of<B, low_bits_first, 16, std::uint16_t>("16 bits"));
  to.push_back(packing_of<B, low_bits_first, 24, std::uint32_t>("24 bits"));
  to.push_back(packing_of<B, low_bits_first, 32, std::uint32_t>("32 bits"));
  to.push_back(packing_of<B, detent::high_nibble_first, 4, std::uint8_t>("high nibble first"));
  to.push_back(packing_of<B, detent::split_halves<32>, 4, std::uint8_t>("split halves of 32"));
  to.push_back(packing_of<B, detent::split_halves<64>, 4, std::uint8_t>("split halves of 64"));
  to.push_back(packing_of<B, detent::split_halves<6>, 4, std::uint8_t>("split halves of 6"));
  to.push_back(packing_of<B, detent::ggml::five_bits, 5, std::uint8_t, 32>("ggml's 5 bits"));
  to.push_back(packing_of<B, detent::ggml::six_bits, 6, std::uint8_t, 256>("ggml's 6 bits"));
  to.push_back(packing_of<B, detent::ggml::k_scale_bits<0>, 6, std::uint8_t, 8>("scales of ggml's K blocks"));
  to.push_back(packing_of<B, detent::ggml::k_scale_bits<4>, 6, std::uint8_t, 8>("minima of ggml's K blocks"));
  return true;
}

template <class B>
bool add_reductions(const char* name) {
  auto& to = backend_named(name).reductions;
  to.push_back(reduction_of<B, detent::statistic::none>("none"));
  to.push_back(reduction_of<B, detent::statistic::absmax>("absmax"));
  to.push_back(reduction_of<B, detent::statistic::signed_absmax>("signed_absmax"));
  to.push_back(reduction_of<B, detent::statistic::minmax>("minmax"));
  return true;
}

}  // namespace checks

#endif

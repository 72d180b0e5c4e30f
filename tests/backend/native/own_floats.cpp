// SPDX-License-Identifier: MIT
//
// 8-bit floats of a user's own, with 2 to 6 bits of exponent: all codes, in every instruction set. (A set's
// instructions for halves serve a few of them only.)
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "detent/backend/native.hpp"
#include "detent/format/family/minifloat.hpp"

namespace {

using detent::native;
using detent::overflow;
using detent::scalar;
using detent::specials;

template <class C>
void same_values(int& compared) {
  // A tile with a NaN is decoded the general way: once without.
  for (const bool without_nan : {false, true}) {
    std::vector<std::uint8_t> codes;
    for (std::uint32_t code = 0; code < 256; ++code)
      codes.push_back(static_cast<std::uint8_t>(without_nan && std::isnan(C::decode(code)) ? 0 : code));
    std::vector<float> expected(codes.size()), found(codes.size());
    const float factor = 0.75f;
    const detent::group_factors by{.factor = &factor};
    scalar::decode<C, detent::affine{.scaled = true}>(codes.data(), codes.size(), codes.size(), by, expected.data());
    for (const char* set : detent::detail::instruction_set_names) {
      if (!native::limit(set) || std::string(native::chosen()) != set) continue;
      native::decode<C, detent::affine{.scaled = true}>(codes.data(), codes.size(), codes.size(), by, found.data());
      for (std::size_t i = 0; i < codes.size(); ++i) {
        INFO(C::exponent_bits << " bits of exponent, bias " << C::bias << ", at " << set << ", code " << int{codes[i]});
        const std::uint32_t bits = detent::detail::bits_of(found[i]);
        if (detent::detail::bits_of(expected[i]) != bits) CHECK(detent::detail::bits_of(expected[i]) == bits);
      }
      compared += std::string(set) != "scalar" ? 1 : 0;
    }
  }
  native::limit("");
}

template <int Exponent, int Bias>
void of_all_specials(int& compared) {
  constexpr int mantissa = 7 - Exponent;
  same_values<detent::minifloat_codec<Exponent, mantissa, Bias, specials::ieee, overflow::special>>(compared);
  same_values<detent::minifloat_codec<Exponent, mantissa, Bias, specials::fn, overflow::saturate>>(compared);
  same_values<detent::minifloat_codec<Exponent, mantissa, Bias, specials::fnuz, overflow::saturate>>(compared);
  same_values<detent::minifloat_codec<Exponent, mantissa, Bias, specials::none, overflow::saturate>>(compared);
}

}  // namespace

TEST_CASE("8-bit floats of one's own decode as they are defined") {
  int compared = 0;
  of_all_specials<2, 1>(compared);
  of_all_specials<3, 3>(compared);
  of_all_specials<4, 7>(compared);
  of_all_specials<4, 11>(compared);
  of_all_specials<5, 15>(compared);
  of_all_specials<5, 11>(compared);
  of_all_specials<6, 31>(compared);
  if (compared == 0) WARN("skipped: this processor has no set but scalar");
}

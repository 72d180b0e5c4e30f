// SPDX-License-Identifier: MIT
//
// Encoders against encoders written a second time: at and around all midpoints, values and specials, and at random.
#include "encode_reference.hpp"

#include "detent/format/bf16.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/e8m0.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/fp4_e2m1.hpp"
#include "detent/format/fp6_e2m3.hpp"
#include "detent/format/fp6_e3m2.hpp"
#include "detent/format/fp8_e4m3fn.hpp"
#include "detent/format/fp8_e4m3fnuz.hpp"
#include "detent/format/fp8_e5m2.hpp"
#include "detent/format/fp8_e5m2fnuz.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/nf4.hpp"
#include "detent/format/tf32.hpp"

using test::power;
using test::special;
using test::tie;

namespace {

using minifloat = test::reference_minifloat;

template <class Book>
test::reference_table table() {
  std::vector<float> values;
  for (std::size_t i = 0; i < Book::values.size(); ++i) values.push_back(Book::values[i]);
  return test::reference_table(values);
}

struct five_entries {
  static constexpr detent::constant_table<float, 5> values{{3, -1, 0.25f, 100, -7}};
};

}  // namespace

TEST_CASE("small floats encode to the nearest value, ties to even", "[format]") {
  using namespace detent;
  check_encoder<fp16_codec>("fp16", minifloat(5, 10, 15, special::ieee, false));
  check_encoder<bf16_codec>("bf16", minifloat(8, 7, 127, special::ieee, false));
  check_encoder<fp8_e4m3fn::codec>("e4m3fn", minifloat(4, 3, 7, special::fn, true));
  check_encoder<fp8_e4m3fn_nonsaturating::codec>("e4m3fn, no saturation", minifloat(4, 3, 7, special::fn, false));
  check_encoder<fp8_e5m2::codec>("e5m2", minifloat(5, 2, 15, special::ieee, true));
  check_encoder<fp8_e5m2_nonsaturating::codec>("e5m2, no saturation", minifloat(5, 2, 15, special::ieee, false));
  check_encoder<fp8_e4m3fnuz::codec>("e4m3fnuz", minifloat(4, 3, 8, special::fnuz, true));
  check_encoder<fp8_e4m3fnuz_nonsaturating::codec>("e4m3fnuz, no saturation", minifloat(4, 3, 8, special::fnuz, false));
  check_encoder<fp8_e5m2fnuz::codec>("e5m2fnuz", minifloat(5, 2, 16, special::fnuz, true));
  check_encoder<fp8_e5m2fnuz_nonsaturating::codec>("e5m2fnuz, no saturation",
                                                   minifloat(5, 2, 16, special::fnuz, false));
  check_encoder<fp6_e3m2_codec>("e3m2", minifloat(3, 2, 3, special::none, true));
  check_encoder<fp6_e2m3_codec>("e2m3", minifloat(2, 3, 1, special::none, true));
  check_encoder<fp4_e2m1_codec>("e2m1", minifloat(2, 1, 1, special::none, true));
}

TEST_CASE("tf32 is the nearest number of ten mantissa bits", "[format]") {
  const minifloat reference(8, 10, 127, special::ieee, false);
  std::size_t wrong = 0;
  for (const float x : test::trials(reference.grid(), 100000)) {
    wrong += detent::tf32_codec::encode(x) == reference.encode(x) << 13 ? 0 : 1;
  }
  REQUIRE(wrong == 0);
}

TEST_CASE("integers encode to the nearest number", "[format]") {
  using namespace detent;
  check_encoder<signed_codec<2>>("int2, all codes", test::reference_integer(2, -2, 1, 0, tie::even));
  check_encoder<symmetric_codec<2>>("int2", test::reference_integer(2, -1, 1, 0, tie::even));
  check_encoder<symmetric_codec<3>>("int3", test::reference_integer(3, -3, 3, 0, tie::even));
  check_encoder<symmetric_codec<4>>("int4", test::reference_integer(4, -7, 7, 0, tie::even));
  check_encoder<symmetric_codec<5>>("int5", test::reference_integer(5, -15, 15, 0, tie::even));
  check_encoder<symmetric_codec<6>>("int6", test::reference_integer(6, -31, 31, 0, tie::even));
  check_encoder<symmetric_codec<8>>("int8", test::reference_integer(8, -127, 127, 0, tie::even));
  check_encoder<signed_codec<8>>("int8, all codes", test::reference_integer(8, -128, 127, 0, tie::even));
  check_encoder<unsigned_codec<2>>("uint2", test::reference_integer(2, 0, 3, 0, tie::even));
  check_encoder<unsigned_codec<4>>("uint4", test::reference_integer(4, 0, 15, 0, tie::even));
  check_encoder<unsigned_codec<8>>("uint8", test::reference_integer(8, 0, 255, 0, tie::even));
  check_encoder<signed_codec<16>>("int16", test::reference_integer(16, -32768, 32767, 0, tie::even));
  check_encoder<ggml::q8_0::codec>("q8_0", test::reference_integer(8, -127, 127, 0, tie::away));
  check_encoder<ggml::q6_k::codec>("q6_k", test::reference_integer(6, -32, 31, 32, tie::even));
}

TEST_CASE("integers with a zero point: round first, then add, then clamp", "[format]") {
  using codec = detent::unsigned_codec<8>;
  const test::reference_integer wide(24, -8000, 8000, 8000, tie::even);
  for (const int zero : {0, 1, 85, 127, 128, 255}) {
    for (const float x : test::trials(test::reference_integer(9, -256, 255, 256, tie::even).grid(), 2000)) {
      const int rounded = static_cast<int>(wide.encode(x)) - 8000;
      const int sum = rounded + zero;
      const auto expected = static_cast<std::uint32_t>(sum < 0 ? 0 : sum > 255 ? 255 : sum);
      REQUIRE(codec::encode(x, zero) == expected);
      REQUIRE(codec::decode(expected, zero) == static_cast<float>(static_cast<int>(expected) - zero));
    }
  }
}

TEST_CASE("half_up is ggml's truncation of x + offset + 0.5 in fp32", "[format]") {
  const auto check = []<class Codec>(int offset, int greatest) {
    const test::reference_integer grid(8, -offset, greatest - offset, offset, tie::even);
    for (const float x : test::trials(grid.grid(), 100000)) {
      if (!(std::fabs(x) < 1e6f)) continue;
      const volatile float sum = x + (static_cast<float>(offset) + 0.5f);
      const auto expected = std::fmin(std::fmax(std::floor(static_cast<double>(sum)), 0.0), greatest);
      REQUIRE(Codec::encode(x) == static_cast<std::uint32_t>(expected));
    }
    REQUIRE(Codec::encode(HUGE_VALF) == static_cast<std::uint32_t>(greatest));
    REQUIRE(Codec::encode(-HUGE_VALF) == 0);
    REQUIRE(Codec::encode(test::as_float(0x7FC00000)) == static_cast<std::uint32_t>(offset));
  };
  check.operator()<detent::ggml::q4_0::codec>(8, 15);
  check.operator()<detent::ggml::q5_0::codec>(16, 31);
  check.operator()<detent::ggml::q4_1::codec>(0, 15);
  check.operator()<detent::ggml::q5_1::codec>(0, 31);
}

TEST_CASE("codebooks encode to the nearest entry, ties to the lower", "[format]") {
  using namespace detent;
  check_encoder<nf4_codec>("nf4", table<nf4_book>());
  check_encoder<bnb::dynamic_codec>("dynamic", table<bnb::dynamic_book>());
  check_encoder<table_codec<five_entries>>("five entries in any order", table<five_entries>());
}

TEST_CASE("bitsandbytes' fp4 against its decision tree", "[format]") {
  const auto tree = [](float x) {
    const float m = std::fabs(x);
    std::uint32_t code = m > 0.00260417f ? 1u : 0u;
    if (m > 0.0859375f) code = 6;
    if (m > 0.20833333f) code = 7;
    if (m > 0.29166667f) code = 4;
    if (m > 0.4166667f) code = 5;
    if (m > 0.583333f) code = 2;
    if (m > 0.8333333f) code = 3;
    return code + (x < 0 ? 8 : 0);
  };
  for (const float x : test::trials(table<detent::bnb::fp4_book>().grid(), 100000)) {
    if (!std::isnan(x)) REQUIRE(detent::bnb::fp4_codec::encode(x) == tree(x));
  }
}

TEST_CASE("ggml's tables: the smaller magnitude or the upper value at a tie", "[format]") {
  const auto nearest_first = [](float x) {
    const float t[] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
    std::uint32_t best = 0;
    for (std::uint32_t i = 1; i < 16; ++i) {
      if (std::fabs(static_cast<double>(t[i]) - static_cast<double>(x)) <
          std::fabs(static_cast<double>(t[best]) - static_cast<double>(x))) {
        best = i;
      }
    }
    return best;
  };
  const auto upper_at_tie = [](float x) {
    const int v[] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    std::uint32_t i = 0;
    while (i < 15 && static_cast<double>(x) >= (v[i] + v[i + 1]) / 2.0) ++i;
    return i;
  };
  for (const float x : test::trials(table<detent::ggml::doubled_fp4_book>().grid(), 100000)) {
    if (std::fabs(x) < 1e6f) REQUIRE(detent::ggml::doubled_fp4_codec::encode(x) == nearest_first(x));
  }
  for (const float x : test::trials(table<detent::ggml::iq4_nl_book>().grid(), 100000)) {
    if (!std::isnan(x)) REQUIRE(detent::ggml::iq4_nl_codec::encode(x) == upper_at_tie(x));
  }
}

TEST_CASE("e8m0 in three roundings", "[format]") {
  using namespace detent;
  check_encoder<e8m0::codec>("up", test::reference_e8m0(power::up));
  check_encoder<e8m0_down::codec>("down", test::reference_e8m0(power::down));
  check_encoder<e8m0_nearest::codec>("nearest", test::reference_e8m0(power::nearest));
}

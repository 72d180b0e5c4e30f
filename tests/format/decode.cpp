// SPDX-License-Identifier: MIT
//
// Every code of every format decodes to the golden value, and every 16-bit code to what its bits mean.
#include <catch2/catch.hpp>
#include <cmath>

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
#include "detent/format/nf4.hpp"
#include "detent/format/tf32.hpp"
#include "support/data.hpp"
#include "support/reference_codec.hpp"

namespace {

using test::as_bits;
using test::as_float;

template <class Codec>
void check_decoder(const char* file, std::size_t code_column, std::size_t bits_column) {
  const auto rows = test::read_csv(file);
  REQUIRE(rows.size() == std::size_t{1} << Codec::bits);
  for (const test::csv_row& row : rows) {
    const auto code = static_cast<std::uint32_t>(std::stoul(row[code_column]));
    const std::uint32_t expected = test::hex(row[bits_column]);
    const std::uint32_t actual = as_bits(Codec::decode(code));
    INFO(file << " code " << code << " expected " << std::hex << expected << " actual " << actual);
    if (std::isnan(as_float(expected)))
      REQUIRE(std::isnan(as_float(actual)));
    else
      REQUIRE(actual == expected);
  }
}

template <class Codec>
void check_sixteen_bits(const test::reference_minifloat& reference) {
  std::size_t wrong = 0;
  for (std::uint32_t code = 0; code < 0x10000; ++code) {
    const double expected = reference.decode(code);
    const float actual = Codec::decode(code);
    if (std::isnan(expected))
      wrong += std::isnan(actual) ? 0 : 1;
    else
      wrong += as_bits(static_cast<float>(expected)) == as_bits(actual) ? 0 : 1;
    // A code is its own nearest; NaN stays NaN.
    if (!std::isnan(expected)) wrong += Codec::encode(actual) == code ? 0 : 1;
  }
  REQUIRE(wrong == 0);
}

}  // namespace

TEST_CASE("decoders give the golden values for all codes", "[format]") {
  check_decoder<detent::fp8_e4m3fn::codec>("fp8_e4m3fn.csv", 0, 3);
  check_decoder<detent::fp8_e4m3fn_nonsaturating::codec>("fp8_e4m3fn.csv", 0, 3);
  check_decoder<detent::fp8_e5m2::codec>("fp8_e5m2.csv", 0, 3);
  check_decoder<detent::fp8_e5m2_nonsaturating::codec>("fp8_e5m2.csv", 0, 3);
  check_decoder<detent::fp8_e4m3fnuz::codec>("fp8_e4m3fnuz.csv", 0, 3);
  check_decoder<detent::fp8_e4m3fnuz_nonsaturating::codec>("fp8_e4m3fnuz.csv", 0, 3);
  check_decoder<detent::fp8_e5m2fnuz::codec>("fp8_e5m2fnuz.csv", 0, 3);
  check_decoder<detent::fp8_e5m2fnuz_nonsaturating::codec>("fp8_e5m2fnuz.csv", 0, 3);
  check_decoder<detent::fp6_e3m2::codec>("fp6_e3m2.csv", 0, 3);
  check_decoder<detent::fp6_e2m3::codec>("fp6_e2m3.csv", 0, 3);
  check_decoder<detent::fp4_e2m1::codec>("fp4_e2m1.csv", 0, 3);
  check_decoder<detent::e8m0::codec>("e8m0.csv", 0, 3);
  check_decoder<detent::e8m0_down::codec>("e8m0.csv", 0, 3);
  check_decoder<detent::e8m0_nearest::codec>("e8m0.csv", 0, 3);
  check_decoder<detent::nf4_codec>("nf4_codebook.csv", 0, 3);
  check_decoder<detent::bnb::fp4_codec>("bnb_fp4_codebook.csv", 0, 6);
  check_decoder<detent::bnb::dynamic_codec>("bnb_dynamic_map_signed.csv", 0, 2);
}

TEST_CASE("all 2^16 codes of fp16 and bf16 are what their bits mean", "[format]") {
  check_sixteen_bits<detent::fp16_codec>({5, 10, 15, test::special::ieee, false});
  check_sixteen_bits<detent::bf16_codec>({8, 7, 127, test::special::ieee, false});
}

TEST_CASE("min and max are the codecs' ends", "[format]") {
  REQUIRE(detent::fp16_codec::max == 65504.0f);
  REQUIRE(detent::bf16_codec::max == as_float(0x7F7F0000));
  REQUIRE(detent::tf32_codec::max == as_float(0x7F7FE000));
  REQUIRE(detent::fp8_e4m3fn::codec::max == 448.0f);
  REQUIRE(detent::fp8_e4m3fn::codec::last_step == 32.0f);
  REQUIRE(detent::fp8_e5m2::codec::max == 57344.0f);
  REQUIRE(detent::fp8_e4m3fnuz::codec::max == 240.0f);
  REQUIRE(detent::fp8_e5m2fnuz::codec::max == 57344.0f);
  REQUIRE(detent::fp6_e3m2::codec::max == 28.0f);
  REQUIRE(detent::fp6_e2m3::codec::max == 7.5f);
  REQUIRE(detent::fp4_e2m1::codec::max == 6.0f);
  REQUIRE(detent::nf4_codec::min == -1.0f);
  REQUIRE(detent::bnb::dynamic_codec::min == as_float(0xBF7E3333));
  REQUIRE(detent::bnb::dynamic_codec::max == 1.0f);
}

// SPDX-License-Identifier: MIT
//
// Encoders against the golden data.
#include <catch2/catch.hpp>
#include <cmath>

#include "detent/format/bf16.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/fp4_e2m1.hpp"
#include "detent/format/fp6_e2m3.hpp"
#include "detent/format/fp6_e3m2.hpp"
#include "detent/format/fp8_e4m3fn.hpp"
#include "detent/format/fp8_e4m3fnuz.hpp"
#include "detent/format/fp8_e5m2.hpp"
#include "detent/format/fp8_e5m2fnuz.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/nf4.hpp"
#include "detent/format/ocp.hpp"
#include "detent/format/tf32.hpp"
#include "support/data.hpp"

namespace {

using test::as_bits;
using test::as_float;

template <class Saturating, class Other>
void check_small(const std::string& format) {
  std::size_t seen = 0;
  for (const test::csv_row& row : test::read_csv("encode_small_floats_golden.csv")) {
    if (row[0] != format) continue;
    ++seen;
    const float x = as_float(test::hex(row[1]));
    INFO(format << " " << row[1] << " " << row[2]);
    if (!row[3].empty()) REQUIRE(Saturating::codec::encode(x) == test::hex(row[3]));
    if (!row[4].empty()) REQUIRE(Other::codec::encode(x) == test::hex(row[4]));
    if (row[3].empty()) REQUIRE(Saturating::codec::encode(x) == 0);  // NaN where there is none
  }
  REQUIRE(seen > 40);
}

float below(float x) { return std::nextafterf(x, -HUGE_VALF); }
float above(float x) { return std::nextafterf(x, HUGE_VALF); }

template <class Codec, detent::toward Toward>
std::uint32_t scale_code(float amax) {
  struct p : detent::precision<Codec, detent::blocks_of<32>> {};
  detent::statistic::absmax known{};
  known.add(amax);
  return detent::e8m0::codec::encode(detent::power_of_two<Toward>::template choose<p>(known).scale);
}

template <class Codec>
void check_scale(const test::csv_row& row) {
  const auto amax = static_cast<float>(std::stod(row[0]));
  INFO("amax " << row[0] << " of " << row[1]);
  REQUIRE(scale_code<Codec, detent::toward::floor>(amax) == std::stoul(row[2]));
  REQUIRE(scale_code<Codec, detent::toward::ceil>(amax) == std::stoul(row[3]));
  REQUIRE(scale_code<Codec, detent::toward::even>(amax) == std::stoul(row[4]));
  REQUIRE(scale_code<Codec, detent::toward::rceil>(amax) == std::stoul(row[5]));
}

}  // namespace

TEST_CASE("small floats encode as the golden data say, saturating and not", "[format]") {
  using namespace detent;
  check_small<fp8_e4m3fn, fp8_e4m3fn_nonsaturating>("fp8_e4m3fn");
  check_small<fp8_e5m2, fp8_e5m2_nonsaturating>("fp8_e5m2");
  check_small<fp8_e4m3fnuz, fp8_e4m3fnuz_nonsaturating>("fp8_e4m3fnuz");
  check_small<fp8_e5m2fnuz, fp8_e5m2fnuz_nonsaturating>("fp8_e5m2fnuz");
  check_small<fp6_e3m2, fp6_e3m2>("fp6_e3m2");
  check_small<fp6_e2m3, fp6_e2m3>("fp6_e2m3");
  check_small<fp4_e2m1, fp4_e2m1>("fp4_e2m1");
}

TEST_CASE("fp16, bf16 and tf32 encode as the golden data say", "[format]") {
  for (const test::csv_row& row : test::read_csv("convert_f32_to_16bit_golden.csv")) {
    const float x = as_float(test::hex(row[0]));
    INFO(row[0]);
    REQUIRE(detent::fp16_codec::encode(x) == test::hex(row[1]));
    REQUIRE(detent::bf16_codec::encode(x) == test::hex(row[2]));
    REQUIRE(detent::tf32_codec::encode(x) == test::hex(row[3]));
  }
}

TEST_CASE("nf4 changes code just above each golden threshold", "[format]") {
  const auto rows = test::read_csv("nf4_codebook.csv");
  for (std::uint32_t k = 0; k + 1 < rows.size(); ++k) {
    for (const std::size_t column : {std::size_t{5}, std::size_t{7}}) {
      const float t = as_float(test::hex(rows[k][column]));
      INFO("threshold " << k);
      REQUIRE(detent::nf4_codec::encode(below(t)) == k);
      REQUIRE(detent::nf4_codec::encode(t) == k);
      REQUIRE(detent::nf4_codec::encode(above(t)) == k + 1);
    }
  }
  REQUIRE(detent::nf4_codec::encode(as_float(0x7FC00000)) == 0);
}

TEST_CASE("bitsandbytes' fp4 changes code just above each literal of the CUDA kernel, for both signs", "[format]") {
  using codec = detent::bnb::fp4_codec;
  for (const test::csv_row& row : test::read_csv("bnb_fp4_thresholds.csv")) {
    const auto lower = static_cast<std::uint32_t>(std::stoul(row[0]));
    const auto upper = static_cast<std::uint32_t>(std::stoul(row[1]));
    const float t = as_float(test::hex(row[3]));
    INFO("threshold " << row[2]);
    REQUIRE(codec::encode(t) == lower);
    REQUIRE(codec::encode(above(t)) == upper);
    REQUIRE(codec::encode(-t) == lower + 8);
    REQUIRE(codec::encode(-above(t)) == upper + 8);
  }
  REQUIRE(codec::encode(0.0f) == 0);
  REQUIRE(codec::encode(-0.0f) == 0);
  REQUIRE(codec::encode(as_float(1)) == 0);
  REQUIRE(codec::encode(as_float(0x80000001)) == 8);
}

TEST_CASE("scales of the MX formats are the golden ones for each rule", "[format]") {
  using namespace detent;
  for (const test::csv_row& row : test::read_csv("mx_scale_golden.csv")) {
    if (row[1] == "e4m3") check_scale<fp8_e4m3fn_codec<overflow::saturate>>(row);
    if (row[1] == "e5m2") check_scale<fp8_e5m2_codec<overflow::saturate>>(row);
    if (row[1] == "e2m3") check_scale<fp6_e2m3_codec>(row);
    if (row[1] == "e3m2") check_scale<fp6_e3m2_codec>(row);
    if (row[1] == "e2m1") check_scale<fp4_e2m1_codec>(row);
    const auto amax = static_cast<float>(std::stod(row[0]));
    // Below 2^-125 ggml converts a negative number to a byte: undefined. detent's code is 0 there.
    if (row[1] == "e2m1" && (amax == 0 || amax >= 0x1p-125f)) {
      statistic::absmax known{};
      known.add(amax);
      INFO("ggml, amax " << row[0]);
      REQUIRE(ggml::halved_e8m0_codec::encode(ggml::mxfp4_rule::choose<ggml::mxfp4>(known).scale) ==
              std::stoul(row[6]));
    }
  }
}

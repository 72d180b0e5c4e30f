// SPDX-License-Identifier: MIT
//
// Nightly: all 2^32 floats through every encoder of 8 bits or more, against the encoders written a second time.
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "detent/format/bf16.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/e8m0.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/fp8_e4m3fn.hpp"
#include "detent/format/fp8_e4m3fnuz.hpp"
#include "detent/format/fp8_e5m2.hpp"
#include "detent/format/fp8_e5m2fnuz.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/tf32.hpp"
#include "support/reference_codec.hpp"

namespace {

using minifloat = test::reference_minifloat;
using test::power;
using test::special;
using test::tie;

template <class Codec, class Reference>
std::uint64_t count_wrong(const Reference& reference, std::uint64_t first, std::uint64_t end) {
  std::uint64_t wrong = 0;
  std::size_t hint = 0;
  for (std::uint64_t bits = first; bits < end; ++bits) {
    const float x = test::as_float(static_cast<std::uint32_t>(bits));
    wrong += reference.encode(x, hint) == Codec::encode(x) ? 0 : 1;
  }
  return wrong;
}

template <class Codec, class Reference>
void check_all_floats(const char* name, const Reference& reference) {
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t wrong[2] = {};
  std::thread upper([&] { wrong[1] = count_wrong<Codec>(reference, std::uint64_t{1} << 31, std::uint64_t{1} << 32); });
  wrong[0] = count_wrong<Codec>(reference, 0, std::uint64_t{1} << 31);
  upper.join();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::cout << name << ": 4294967296 floats in " << seconds.count() << " s, " << wrong[0] + wrong[1] << " differ"
            << std::endl;
  INFO(name);
  CHECK(wrong[0] + wrong[1] == 0);
}

test::reference_table dynamic_table() {
  std::vector<float> values;
  for (std::size_t i = 0; i < 256; ++i) values.push_back(detent::bnb::dynamic_book::values[i]);
  return test::reference_table(values);
}

/// tf32 keeps fp32's container.
struct reference_tf32 : minifloat {
  using minifloat::minifloat;
  std::uint32_t encode(float x, std::size_t& hint) const { return minifloat::encode(x, hint) << 13; }
};

}  // namespace

TEST_CASE("all floats through the 16-bit encoders", "[.][nightly]") {
  check_all_floats<detent::fp16_codec>("fp16", minifloat(5, 10, 15, special::ieee, false));
  check_all_floats<detent::bf16_codec>("bf16", minifloat(8, 7, 127, special::ieee, false));
  check_all_floats<detent::tf32_codec>("tf32", reference_tf32(8, 10, 127, special::ieee, false));
}

TEST_CASE("all floats through the 8-bit small floats", "[.][nightly]") {
  using namespace detent;
  check_all_floats<fp8_e4m3fn::codec>("fp8_e4m3fn", minifloat(4, 3, 7, special::fn, true));
  check_all_floats<fp8_e4m3fn_nonsaturating::codec>("fp8_e4m3fn_nonsaturating", minifloat(4, 3, 7, special::fn, false));
  check_all_floats<fp8_e5m2::codec>("fp8_e5m2", minifloat(5, 2, 15, special::ieee, true));
  check_all_floats<fp8_e5m2_nonsaturating::codec>("fp8_e5m2_nonsaturating", minifloat(5, 2, 15, special::ieee, false));
  check_all_floats<fp8_e4m3fnuz::codec>("fp8_e4m3fnuz", minifloat(4, 3, 8, special::fnuz, true));
  check_all_floats<fp8_e4m3fnuz_nonsaturating::codec>("fp8_e4m3fnuz_nonsaturating",
                                                      minifloat(4, 3, 8, special::fnuz, false));
  check_all_floats<fp8_e5m2fnuz::codec>("fp8_e5m2fnuz", minifloat(5, 2, 16, special::fnuz, true));
  check_all_floats<fp8_e5m2fnuz_nonsaturating::codec>("fp8_e5m2fnuz_nonsaturating",
                                                      minifloat(5, 2, 16, special::fnuz, false));
  check_all_floats<e8m0::codec>("e8m0", test::reference_e8m0(power::up));
  check_all_floats<e8m0_down::codec>("e8m0_down", test::reference_e8m0(power::down));
  check_all_floats<e8m0_nearest::codec>("e8m0_nearest", test::reference_e8m0(power::nearest));
}

TEST_CASE("all floats through the 8-bit integers and the dynamic map", "[.][nightly]") {
  using namespace detent;
  check_all_floats<symmetric_codec<8>>("int8", test::reference_integer(8, -127, 127, 0, tie::even));
  check_all_floats<signed_codec<8>>("int8, all codes", test::reference_integer(8, -128, 127, 0, tie::even));
  check_all_floats<unsigned_codec<8>>("uint8", test::reference_integer(8, 0, 255, 0, tie::even));
  check_all_floats<ggml::q8_0::codec>("q8_0", test::reference_integer(8, -127, 127, 0, tie::away));
  check_all_floats<bnb::dynamic_codec>("dynamic", dynamic_table());
}

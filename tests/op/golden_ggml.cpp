// SPDX-License-Identifier: MIT
//
// ggml's golden blocks: bytes and values of the simple types, values of the K types.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "detent/backend/scalar.hpp"
#include "detent/format/ggml.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/quantize.hpp"
#include "support/data.hpp"
#include "support/naive.hpp"
#include "support/packed_buffer.hpp"
#include "support/reference_codec.hpp"

namespace {

using detent::extents;
using nlohmann::json;

const json& golden() {
  static const json parsed = json::parse(test::read_file("ggml_golden.json"));
  return parsed;
}

std::vector<float> input_of(const json& c) {
  return c["f32_hex"].is_null() ? test::vec_of_name(c["name"]) : test::hex_floats(c["f32_hex"]);
}

template <class P>
std::vector<float> decoded(const std::vector<std::uint8_t>& blocks, std::size_t n) {
  std::vector<float> y(n);
  const detent::packed_view<P, const std::uint8_t> q{extents(std::size_t{1}, n), blocks.data()};
  detent::dequantize(detent::scalar{}, q, detent::tensor_view<float, 2>(y.data(), extents(std::size_t{1}, n)));
  return y;
}

template <class P>
void check_values(const std::vector<float>& y, const json& c) {
  for (std::size_t i = 0; i < 8; ++i) {
    INFO(P::name << " " << c["name"] << " element " << i);
    REQUIRE(y[i] == static_cast<float>(c["dequant_first8"][i].get<double>()));
  }
}

template <class P>
void check_type(const std::string& type) {
  int seen = 0;
  for (const json& c : golden()["cases"]) {
    if (c["type"] != type) continue;
    ++seen;
    const std::vector<float> x = input_of(c);
    const std::vector<std::uint8_t> blocks = test::hex_bytes(c["blocks_hex"]);
    const extents shape(std::size_t{1}, x.size());
    const test::packed_buffer<P> q(shape);
    detent::quantize(detent::scalar{}, detent::tensor_view<const float, 2>(x.data(), shape), q.view());
    INFO(P::name << " " << c["name"]);
    REQUIRE(std::vector<std::uint8_t>(q.plane(0).data(), q.plane(0).data() + q.plane(0).size()) == blocks);
    std::vector<float> y;
    for (std::size_t i = 0; i < 8; ++i) y.push_back(test::naive_value(q.read(), i));
    check_values<P>(y, c);
  }
  REQUIRE(seen >= 5);
}

float half_at(const std::uint8_t* at) {
  static const test::reference_minifloat half(5, 10, 15, test::special::ieee, false);
  return static_cast<float>(half.decode(static_cast<std::uint32_t>(at[0] | at[1] << 8)));
}

/// Section 2 and 3 of the reference: chunks of 64 take 32 bytes, the first half low.
float q4_k_element(const std::uint8_t* block, std::size_t i) {
  const std::uint8_t* s = block + 4;
  const std::size_t j = i / 32;
  const unsigned scale = j < 4 ? s[j] & 63u : (s[j + 4] & 15u) | ((unsigned{s[j - 4]} >> 6) << 4);
  const unsigned minimum = j < 4 ? s[j + 4] & 63u : (unsigned{s[j + 4]} >> 4) | ((unsigned{s[j]} >> 6) << 4);
  const unsigned byte = block[16 + i / 64 * 32 + i % 32];
  const unsigned code = i % 64 < 32 ? byte & 15u : byte >> 4;
  const volatile float left = half_at(block) * static_cast<float>(scale) * static_cast<float>(code);
  const volatile float right = half_at(block + 2) * static_cast<float>(minimum);
  return left - right;
}

float q6_k_element(const std::uint8_t* block, std::size_t i) {
  const std::size_t chunk = i / 128;
  const std::size_t l = i % 32;
  const std::uint8_t* low = block + chunk * 64;
  const unsigned high = block[128 + chunk * 32 + l];
  unsigned code = 0;
  switch (i % 128 / 32) {
    case 0:
      code = (low[l] & 15u) | (high & 3u) << 4;
      break;
    case 1:
      code = (low[l + 32] & 15u) | (high >> 2 & 3u) << 4;
      break;
    case 2:
      code = unsigned{low[l]} >> 4 | (high >> 4 & 3u) << 4;
      break;
    default:
      code = unsigned{low[l + 32]} >> 4 | (high >> 6 & 3u) << 4;
      break;
  }
  const float scale = static_cast<float>(static_cast<std::int8_t>(block[192 + i / 16]));
  return half_at(block + 208) * scale * static_cast<float>(static_cast<int>(code) - 32);
}

template <class P, class Element>
void check_k_type(const std::string& type, std::size_t bytes, const Element& element) {
  int seen = 0;
  test::words next(17);
  std::vector<std::uint8_t> random(bytes * 7);
  for (std::uint8_t& b : random) b = static_cast<std::uint8_t>(next() >> 24);
  const auto check_all = [&](const std::vector<std::uint8_t>& blocks) {
    const std::size_t n = blocks.size() / bytes * 256;
    const std::vector<float> y = decoded<P>(blocks, n);
    for (std::size_t i = 0; i < n; ++i) {
      const float expected = element(blocks.data() + i / 256 * bytes, i % 256);
      INFO(P::name << " element " << i);
      if (std::isnan(expected))
        REQUIRE(std::isnan(y[i]));
      else
        REQUIRE(y[i] == expected);
    }
    return y;
  };
  for (const json& c : golden()["cases"]) {
    if (c["type"] != type) continue;
    ++seen;
    check_values<P>(check_all(test::hex_bytes(c["blocks_hex"])), c);
  }
  REQUIRE(seen == 6);
  check_all(random);
}

}  // namespace

TEST_CASE("the generator of the golden data is the one that made them", "[op]") {
  const std::vector<float> x = test::vec(7, 8, 1);
  for (std::size_t i = 0; i < 8; ++i) {
    REQUIRE(x[i] == static_cast<float>(golden()["vec_7_8_1_check"][i].get<double>()));
  }
}

TEST_CASE("ggml's simple types, byte for byte and value for value", "[op]") {
  check_type<detent::ggml::q8_0>("Q8_0");
  check_type<detent::ggml::q4_0>("Q4_0");
  check_type<detent::ggml::q4_1>("Q4_1");
  check_type<detent::ggml::q5_0>("Q5_0");
  check_type<detent::ggml::q5_1>("Q5_1");
  check_type<detent::ggml::iq4_nl>("IQ4_NL");
  check_type<detent::ggml::mxfp4>("MXFP4");
}

TEST_CASE("files of ggml's quantizer for IQ4_NL decode", "[op]") {
  for (const json& c : golden()["cases"]) {
    if (c["type"] != "IQ4_NL_file_quantizer_ntry7") continue;
    const auto blocks = test::hex_bytes(c["blocks_hex"]);
    check_values<detent::ggml::iq4_nl>(decoded<detent::ggml::iq4_nl>(blocks, blocks.size() / 18 * 32), c);
  }
}

TEST_CASE("ggml's K types decode, all elements", "[op]") {
  check_k_type<detent::ggml::q4_k>("Q4_K", 144, q4_k_element);
  check_k_type<detent::ggml::q6_k>("Q6_K", 210, q6_k_element);
}

TEST_CASE("the K types by the plain rule are near", "[op]") {
  const std::vector<float> x = test::vec(31, 2048, 1);
  const extents shape(2, 1024);
  const auto check = [&]<class P>(float most) {
    const test::packed_buffer<P> q(shape);
    std::vector<float> y(x.size());
    detent::quantize(detent::scalar{}, detent::tensor_view<const float, 2>(x.data(), shape), q.view());
    detent::dequantize(detent::scalar{}, q.view(), detent::tensor_view<float, 2>(y.data(), shape));
    for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(std::fabs(x[i] - y[i]) < most);
  };
  check.operator()<detent::ggml::q4_k>(0.2f);
  check.operator()<detent::ggml::q6_k>(0.06f);
}

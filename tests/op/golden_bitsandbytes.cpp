// SPDX-License-Identifier: MIT
//
// bitsandbytes' golden data through quantize and dequantize.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "detent/backend/scalar.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/fp16.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/quantize.hpp"
#include "support/data.hpp"
#include "support/packed_buffer.hpp"

namespace {

using detent::extents;
using nlohmann::json;
using test::as_bits;

const json& golden() {
  static const json parsed = json::parse(test::read_file("bitsandbytes_golden.json"));
  return parsed;
}

float scale_of(const std::uint8_t* plane, std::size_t i) {
  return detent::fp32_codec::decode(detent::low_bits_first::get<32>(plane, i));
}

template <class P>
void check_four_bits(const json& expected) {
  const std::vector<float> x = test::vec(2024, 256, 1);
  const extents shape(x.size());
  const test::packed_buffer<P> q(shape);
  const auto report =
      detent::quantize(detent::scalar{}, detent::tensor_view<const float, 1>(x.data(), shape), q.view());
  REQUIRE(report.nan + report.infinite + report.zero_groups == 0);
  const auto packed = test::hex_bytes(expected["packed_hex"]);
  REQUIRE(packed == std::vector<std::uint8_t>(q.plane(0).data(), q.plane(0).data() + q.plane(0).size()));
  for (std::size_t i = 0; i < 4; ++i) {
    REQUIRE(as_bits(scale_of(q.plane(1).data(), i)) == test::hex(expected["absmax_bits"][i]));
  }
  std::vector<float> y(x.size());
  detent::dequantize(detent::scalar{}, q.view(), detent::tensor_view<float, 1>(y));
  for (std::size_t i = 0; i < 8; ++i) REQUIRE(y[i] == static_cast<float>(expected["dequant_first8"][i].get<double>()));
}

}  // namespace

TEST_CASE("bitsandbytes NF4 and FP4, byte for byte", "[op]") {
  check_four_bits<detent::bnb::nf4>(golden()["nf4"]);
  check_four_bits<detent::bnb::fp4>(golden()["fp4"]);
}

TEST_CASE("double quantization: offset, nested absmax, codes and what they decode to", "[op]") {
  using p = detent::bnb::nf4_double_quant;
  const json& expected = golden()["nf4_double_quant"];
  const std::vector<float> x = test::vec(99, 19200, 1);
  const extents shape(120, 160);
  const test::packed_buffer<p> q(shape);
  detent::quantize(detent::scalar{}, detent::tensor_view<const float, 2>(x.data(), shape), q.view());
  REQUIRE(scale_of(q.plane(3).data(), 0) == static_cast<float>(expected["offset_f32_from_f64_mean"].get<double>()));
  for (std::size_t i = 0; i < 2; ++i) {
    REQUIRE(scale_of(q.plane(2).data(), i) == static_cast<float>(expected["nested_absmax"][i].get<double>()));
  }
  const auto codes = test::hex_bytes(expected["absmax_codes_hex"]);
  REQUIRE(codes.size() == 300);
  REQUIRE(codes == std::vector<std::uint8_t>(q.plane(1).data(), q.plane(1).data() + q.plane(1).size()));
  std::vector<float> absmax(300);
  detent::dequantize(detent::scalar{}, q.view().scale(), detent::tensor_view<float, 1>(absmax));
  for (std::size_t i = 0; i < 4; ++i) {
    REQUIRE(absmax[i] == static_cast<float>(expected["dequant_absmax_first4"][i].get<double>()));
  }

  // The codes of the elements follow the absmax before it was quantized: they are those of plain NF4.
  const test::packed_buffer<detent::bnb::nf4> plain(shape);
  detent::quantize(detent::scalar{}, detent::tensor_view<const float, 2>(x.data(), shape), plain.view());
  REQUIRE(plain.plane(0) == q.plane(0));
  float greatest = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    greatest = std::max(greatest, std::fabs(scale_of(plain.plane(1).data(), i) - absmax[i]));
  }
  REQUIRE(greatest == static_cast<float>(expected["max_abs_error"].get<double>()));
}

TEST_CASE("LLM.int8: codes and SCB from fp16 weights", "[op]") {
  const json& expected = golden()["llm_int8_row"];
  const auto bytes = test::hex_bytes(expected["fp16_hex"]);
  std::vector<detent::element<detent::fp16>> weights(bytes.size() / 2);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i].bits = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  }
  const extents shape(2, weights.size() / 2);
  const test::packed_buffer<detent::bnb::int8> q(shape);
  detent::quantize(detent::scalar{}, detent::tensor_view<const detent::element<detent::fp16>, 2>(weights.data(), shape),
                   q.view());
  for (std::size_t row = 0; row < 2; ++row) {
    REQUIRE(scale_of(q.plane(1).data(), row) == static_cast<float>(expected["SCB"][row].get<double>()));
    for (std::size_t col = 0; col < shape[1]; ++col) {
      const int code = static_cast<std::int8_t>(q.plane(0).data()[row * shape[1] + col]);
      REQUIRE(code == expected["CB"][row][col].get<int>());
    }
  }
  std::vector<float> y(weights.size());
  detent::dequantize(detent::scalar{}, q.view(), detent::tensor_view<float, 2>(y.data(), shape));
  for (std::size_t i = 0; i < y.size(); ++i) {
    const float code = static_cast<float>(static_cast<std::int8_t>(q.plane(0).data()[i]));
    const float product = code * scale_of(q.plane(1).data(), i / shape[1]);
    REQUIRE(y[i] == product * 7.874015718698502e-3f);
  }
}

TEST_CASE("the 8-bit dynamic map along the flattened tensor", "[op]") {
  const std::vector<float> x = test::vec(5, 9001, 0.5f);
  const extents shape(x.size());
  const test::packed_buffer<detent::bnb::dynamic8> q(shape);
  detent::quantize(detent::scalar{}, detent::tensor_view<const float, 1>(x.data(), shape), q.view());
  for (std::size_t block = 0; block < 3; ++block) {
    float amax = 0;
    const std::size_t end = std::min(x.size(), (block + 1) * 4096);
    for (std::size_t i = block * 4096; i < end; ++i) amax = std::max(amax, std::fabs(x[i]));
    REQUIRE(scale_of(q.plane(1).data(), block) == amax);
    const float factor = 1.0f / amax;
    for (std::size_t i = block * 4096; i < end; ++i) {
      REQUIRE(q.plane(0).data()[i] == detent::bnb::dynamic_codec::encode(x[i] * factor));
    }
  }
}

// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <utility>

#include "detent/file/safetensors.hpp"
#include "support.hpp"

using detent::safetensors_dtype;
using detent::safetensors_file;

namespace {

const std::string golden = std::string(DETENT_TEST_DATA) + "/safetensors/";

detent::safetensors_header parse(const test::bytes& file) {
  return detent::parse_safetensors_header(file.data(), file.size(), "f.safetensors");
}

}  // namespace

TEST_CASE("safetensors: reads what the reference wrote", "[file][safetensors]") {
  safetensors_file opened(golden + "types.safetensors");
  const detent::tensor_info* const u64 = opened.find("u64");
  const safetensors_file file = std::move(opened);
  REQUIRE(file.tensors().size() == 23);
  CHECK(file.find("u64") == u64);
  CHECK(file.metadata().empty());
  CHECK(file.find("u6") == nullptr);
  CHECK(file.find("") == nullptr);

  const auto check = [&](const char* name, safetensors_dtype dtype, const std::vector<std::uint64_t>& shape,
                         std::uint64_t bytes) {
    INFO(name);
    const detent::tensor_info* const t = file.find(name);
    REQUIRE(t != nullptr);
    CHECK(t->dtype == dtype);
    CHECK(t->shape == shape);
    REQUIRE(t->bytes() == bytes);
    for (std::uint64_t i = 0; i < bytes; ++i) CHECK(file.data(*t)[i] == (7 * i + 3) % 256);
    file.release(*t, 0, bytes);
  };
  check("bool", safetensors_dtype::boolean, {3}, 3);
  check("fp4", safetensors_dtype::f4, {2, 6}, 6);
  check("u8", safetensors_dtype::u8, {5}, 5);
  check("i8", safetensors_dtype::i8, {7}, 7);
  check("f8_e5m2", safetensors_dtype::f8_e5m2, {3}, 3);
  check("f8_e4m3", safetensors_dtype::f8_e4m3, {3}, 3);
  check("f8_e8m0", safetensors_dtype::f8_e8m0, {3}, 3);
  check("f8_e4m3fnuz", safetensors_dtype::f8_e4m3fnuz, {3}, 3);
  check("f8_e5m2fnuz", safetensors_dtype::f8_e5m2fnuz, {3}, 3);
  check("i16", safetensors_dtype::i16, {3}, 6);
  check("u16", safetensors_dtype::u16, {3}, 6);
  check("f16", safetensors_dtype::f16, {2, 3}, 12);
  check("bf16", safetensors_dtype::bf16, {1, 1, 3}, 6);
  check("i32", safetensors_dtype::i32, {3}, 12);
  check("u32", safetensors_dtype::u32, {3}, 12);
  check("f32", safetensors_dtype::f32, {2, 2}, 16);
  check("another f32", safetensors_dtype::f32, {}, 4);
  check("c64", safetensors_dtype::c64, {1}, 8);
  check("f64", safetensors_dtype::f64, {1}, 8);
  check("i64", safetensors_dtype::i64, {2}, 16);
  check("u64", safetensors_dtype::u64, {1}, 8);
  check("none", safetensors_dtype::f32, {0, 4}, 0);
  check("none too", safetensors_dtype::f32, {4, 0}, 0);
}

TEST_CASE("safetensors: names and metadata of the reference", "[file][safetensors]") {
  const safetensors_file file(golden + "names.safetensors");
  CHECK(file.metadata() == std::map<std::string, std::string>{{"format \"x\"\n", "é\x0b\\/"}});
  for (const char* name : {"a \"quoted\" name", "back\\slash", "", "größe/重み/😀"}) CHECK(file.find(name) != nullptr);
  CHECK(file.find(std::string("\b\f\n\r\t\0\x01\x1f\x7f", 9)) != nullptr);
  CHECK(file.tensors().size() == 5);
  CHECK(safetensors_file(golden + "empty.safetensors").tensors().empty());
}

TEST_CASE("safetensors: the order of the data, not of the text", "[file][safetensors]") {
  const auto header = parse(test::safetensors(
      R"({ "b" : {"data_offsets":[4,6],"shape":[2],"dtype":"U8"},)"
      "\n\t"
      R"("none":{"dtype":"U8","shape":[0],"data_offsets":[4,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}} )",
      6));
  REQUIRE(header.tensors.size() == 3);
  CHECK(header.tensors[0].name == "a");
  CHECK(header.tensors[1].name == "none");
  CHECK(header.tensors[2].name == "b");
  CHECK(header.find("b") == &header.tensors[2]);
}

TEST_CASE("safetensors: small types are whole bytes", "[file][safetensors]") {
  const auto one = [](const char* dtype, int count, int bytes) {
    const std::string text = std::string(R"({"t":{"dtype":")") + dtype + R"(","shape":[)" + std::to_string(count) +
                             R"(],"data_offsets":[0,)" + std::to_string(bytes) + "]}}";
    return test::refusal([&] { parse(test::safetensors(text, static_cast<std::size_t>(bytes))); });
  };
  using Catch::Matchers::Contains;
  CHECK(one("F4", 4, 2).empty());
  CHECK_THAT(one("F4", 3, 2), Contains("misaligned") && Contains("'t'") && Contains("[3] of F4"));
  CHECK(one("F6_E2M3", 4, 3).empty());
  CHECK_THAT(one("F6_E3M2", 2, 2), Contains("misaligned"));
  CHECK_THAT(one("F4", 4, 4), Contains("hold 4 bytes") && Contains("needs 2"));
}

TEST_CASE("safetensors: a hundred thousand tensors", "[file][safetensors]") {
  std::string text = R"({"__metadata__":{"format":"pt"})";
  const int count = 100'000;
  for (int i = 0; i < count; ++i) {
    const std::string at = std::to_string(2 * i);
    text += ",\"model.layers." + std::to_string((i * 7919) % count) + ".weight\":{\"dtype\":\"F16\",\"shape\":[1,1]," +
            "\"data_offsets\":[" + at + "," + std::to_string(2 * i + 2) + "]}";
  }
  const auto header = parse(test::safetensors(text + "}", 2 * count));
  REQUIRE(header.tensors.size() == count);
  for (int i = 0; i < count; i += 997) {
    const auto* const t = header.find("model.layers." + std::to_string(i) + ".weight");
    REQUIRE(t != nullptr);
    CHECK(t->bytes() == 2);
  }
}

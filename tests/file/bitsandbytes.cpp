// SPDX-License-Identifier: MIT
//
// bitsandbytes' files: the golden data written and read back, files of other writers, and what is refused.
#include "detent/file/bitsandbytes.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "stored_support.hpp"

using Catch::Matchers::Contains;
using detent::safetensors_dtype;
using nlohmann::json;
using test::file_shape;

namespace {

namespace bnb = detent::bnb;
using formats = detent::type_list<detent::fp32, bnb::nf4, bnb::int8>;

const json& golden() {
  static const json parsed = json::parse(test::read_file("bitsandbytes_golden.json"));
  return parsed;
}

/// The text as the state of a weight in a file, parsed.
detent::bitsandbytes_state parsed(const std::string& text) {
  const test::folder folder;
  test::write_tensors(folder / "f",
                      {{"s", safetensors_dtype::u8, {text.size()}, test::bytes(text.begin(), text.end())}});
  const auto checkpoint = detent::open_checkpoint(folder / "f");
  return detent::parse_bitsandbytes_state(checkpoint.tensors()[0]);
}

std::string refused(const std::string& text) {
  return test::refusal([&] { parsed(text); });
}

/// A state with its last field replaced or added.
std::string with(const std::string& fields) {
  return R"({"quant_type": "nf4", "dtype": "float32", "shape": [4, 64], )" + fields + "}";
}

constexpr const char* nested = R"("blocksize": 64, "nested_blocksize": 256, "nested_dtype": "float32")";

std::vector<float> floats_in(std::vector<test::raw_tensor>& tensors, const std::string& name) {
  return test::floats_of_bytes(test::tensor_named(tensors, name).content);
}

template <class P>
void check_golden(const json& expected, const std::string& type) {
  const test::folder folder;
  test::store<P>(folder / "f", "layer.weight", {4, 64}, test::vec(2024, 256, 1), "bfloat16");
  auto tensors = test::read_tensors(folder / "f");
  CHECK(tensors.size() == 4);
  const auto& codes = test::tensor_named(tensors, "layer.weight");
  CHECK(codes.dtype == safetensors_dtype::u8);
  CHECK(codes.shape == file_shape{128, 1});
  CHECK(codes.content == test::hex_bytes(expected["packed_hex"]));
  const auto absmax = floats_in(tensors, "layer.weight.absmax");
  REQUIRE(absmax.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(test::as_bits(absmax[i]) == test::hex(expected["absmax_bits"][i]));
  for (const float x : floats_in(tensors, "layer.weight.quant_map")) CHECK((x != 0 || !std::signbit(x)));
  const auto state = test::tensor_named(tensors, "layer.weight.quant_state.bitsandbytes__" + type).content;
  CHECK(std::string(state.begin(), state.end()) ==
        R"({"quant_type": ")" + type + R"(", "blocksize": 64, "dtype": "bfloat16", "shape": [4, 64]})");

  const auto back = test::catalog_of<formats>(folder / "f");
  REQUIRE(back.tensors.size() == 1);
  CHECK(back.tensors[0].name == "layer.weight");
  CHECK(back.tensors[0].precision == "bnb::" + type);
  CHECK(back.tensors[0].dimensions == file_shape{4, 64});
  CHECK(back.tensors[0].parts.size() == 4);
  const auto x = test::values_of(back.tensors[0], GENERATE(1, 7, 64, 256));
  for (std::size_t i = 0; i < 8; ++i) CHECK(x[i] == static_cast<float>(expected["dequant_first8"][i].get<double>()));
}

/// A 4-bit weight as another program writes it; the codes count up, the scales fall.
std::vector<test::raw_tensor> foreign(std::size_t n, std::size_t blocksize, const std::vector<float>& map) {
  const std::size_t blocks = (n + blocksize - 1) / blocksize;
  test::bytes codes((n + 1) / 2);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint8_t>(37 * i + 11);
  std::vector<float> absmax(blocks);
  for (std::size_t i = 0; i < blocks; ++i) absmax[i] = 1.0f / static_cast<float>(i + 3);
  const std::string state =
      detent::bitsandbytes_state_text({.quant_type = "nf4", .blocksize = blocksize, .dtype = "float16", .shape = {n}});
  return {{"w", safetensors_dtype::u8, {codes.size(), 1}, codes},
          {"w.absmax", safetensors_dtype::f32, {blocks}, test::bytes_of_floats(absmax)},
          {"w.quant_map", safetensors_dtype::f32, {16}, test::bytes_of_floats(map)},
          {"w.quant_state.bitsandbytes__nf4", safetensors_dtype::u8, {state.size()}, {state.begin(), state.end()}}};
}

std::vector<float> nf4_map() {
  std::vector<float> map;
  for (std::size_t i = 0; i < 16; ++i) map.push_back(detent::nf4_codec::values[i]);
  return map;
}

float code_value(const test::bytes& codes, const std::vector<float>& map, std::size_t i) {
  return map[i % 2 == 0 ? codes[i / 2] >> 4 : codes[i / 2] & 15];
}

}  // namespace

TEST_CASE("a quantization state is written as bitsandbytes writes it", "[file][bitsandbytes]") {
  const std::string example = golden()["quant_state_blob_example"];
  const detent::bitsandbytes_state state = parsed(example);
  CHECK(state.quant_type == "nf4");
  CHECK(state.blocksize == 64);
  CHECK(state.dtype == "bfloat16");
  CHECK(state.shape == file_shape{120, 160});
  CHECK(state.nested_blocksize == 256);
  CHECK(state.nested_dtype == "float32");
  CHECK(state.nested_offset == 1.3914226293563843);
  CHECK(detent::bitsandbytes_state_text(state) == example);
}

TEST_CASE("the offset is a decimal as Python writes it", "[file][bitsandbytes]") {
  const auto [offset, text] =
      GENERATE(table<double, std::string>({{0.0, "0.0"},
                                           {1.0, "1.0"},
                                           {-2.0, "-2.0"},
                                           {0.5, "0.5"},
                                           {100000.0, "100000.0"},
                                           {120000.0, "120000.0"},
                                           {123456789.0, "123456789.0"},
                                           {1e15, "1000000000000000.0"},
                                           {1e16, "1e+16"},
                                           {1.5e300, "1.5e+300"},
                                           {0.0001, "0.0001"},
                                           {0.00012345, "0.00012345"},
                                           {0.00001, "1e-05"},
                                           {-1.25e-7, "-1.25e-07"},
                                           {0.1, "0.1"},
                                           {1.3914226293563843, "1.3914226293563843"},
                                           {5e-324, "5e-324"},
                                           {static_cast<double>(3e38f), "3.0000000054977558e+38"}}));
  CHECK(detent::detail::python_float(offset) == text);
}

TEST_CASE("NF4 and FP4 files hold the golden data", "[file][bitsandbytes]") {
  check_golden<bnb::nf4>(golden()["nf4"], "nf4");
  check_golden<bnb::fp4>(golden()["fp4"], "fp4");
}

TEST_CASE("a double-quantized file holds the golden data", "[file][bitsandbytes]") {
  const json& expected = golden()["nf4_double_quant"];
  const test::folder folder;
  test::store<bnb::nf4_double_quant>(folder / "f", "w", {120, 160}, test::vec(99, 19200, 1), "bfloat16");
  auto tensors = test::read_tensors(folder / "f");
  CHECK(tensors.size() == 6);
  const auto state = test::tensor_named(tensors, "w.quant_state.bitsandbytes__nf4").content;
  CHECK(std::string(state.begin(), state.end()) == golden()["quant_state_blob_example"].get<std::string>());
  const auto codes = test::tensor_named(tensors, "w.absmax").content;
  CHECK(codes == test::hex_bytes(expected["absmax_codes_hex"]));
  const auto absmax = floats_in(tensors, "w.nested_absmax");
  REQUIRE(absmax.size() == 2);
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(absmax[i] == static_cast<float>(expected["nested_absmax"][i].get<double>()));

  const auto back = test::catalog_of<formats>(folder / "f");
  REQUIRE(back.tensors.size() == 1);
  CHECK(back.tensors[0].precision == "bnb::nf4_double_quant");
  const auto x = test::values_of(back.tensors[0]);
  const auto& packed = test::tensor_named(tensors, "w").content;
  for (std::size_t i = 0; i < 4 * 64; ++i) {
    const auto scale = static_cast<float>(expected["dequant_absmax_first4"][i / 64].get<double>());
    REQUIRE(x[i] == code_value(packed, nf4_map(), i) * scale);
  }
}

TEST_CASE("4-bit weights decode with their file's map, in blocks of any size", "[file][bitsandbytes]") {
  const std::size_t blocksize = GENERATE(32, 64, 128, 256, 512, 1024, 2048, 4096);
  const std::size_t n = GENERATE(1, 63, 4096, 9001);
  std::vector<float> map = nf4_map();
  for (float& x : map) x = test::as_float(test::as_bits(x) + (x == 0 ? 0 : 2));  // 2 ulp from the table
  const auto tensors = foreign(n, blocksize, map);
  const test::folder folder;
  test::write_tensors(folder / "f", tensors);
  const auto back = test::catalog_of<formats>(folder / "f");
  REQUIRE(back.tensors.size() == 1);
  CHECK(back.tensors[0].dimensions == file_shape{n});
  const auto x = test::values_of(back.tensors[0], GENERATE(1000, 33));
  for (std::size_t i = 0; i < n; ++i) {
    REQUIRE(x[i] == code_value(tensors[0].content, map, i) * (1.0f / static_cast<float>(i / blocksize + 3)));
  }
}

TEST_CASE("quant_storage: the codes may be typed as floats", "[file][bitsandbytes]") {
  const auto [dtype, unit] = GENERATE(table<safetensors_dtype, std::size_t>(
      {{safetensors_dtype::bf16, 2}, {safetensors_dtype::f16, 2}, {safetensors_dtype::f32, 4}}));
  const std::size_t n = GENERATE(256, 21);
  auto tensors = foreign(n, 64, nf4_map());
  const test::bytes codes = tensors[0].content;
  tensors[0].content.resize((codes.size() + unit - 1) / unit * unit);
  tensors[0].dtype = dtype;
  tensors[0].shape = {tensors[0].content.size() / unit, 1};
  const test::folder folder;
  test::write_tensors(folder / "f", tensors);
  const auto back = test::catalog_of<formats>(folder / "f");
  REQUIRE(back.tensors.size() == 1);
  const auto x = test::values_of(back.tensors[0]);
  for (std::size_t i = 0; i < n; ++i)
    REQUIRE(x[i] == code_value(codes, nf4_map(), i) * (1.0f / static_cast<float>(i / 64 + 3)));
}

TEST_CASE("a broken quantization state is refused", "[file][bitsandbytes]") {
  CHECK_THAT(refused("nf4"), Contains("not valid JSON"));
  CHECK_THAT(refused(""), Contains("not valid JSON"));
  CHECK_THAT(refused("[1]"), Contains("must be an object, not an array"));
  CHECK_THAT(refused("null"), Contains("must be an object, not null"));
  CHECK_THAT(refused(with(R"("blocksize": 64, "blocksize": 64)")), Contains("duplicate key 'blocksize'"));
  CHECK_THAT(refused(with(R"("blocksize": 64, "color": "blue")")), Contains("'color'"));
  CHECK_THAT(refused(with(R"("blocksize": "64")")), Contains("a string at 'blocksize'"));
  const std::string blocksize = GENERATE("0", "3", "16", "8192", "9223372036854775808");
  CHECK_THAT(refused(with("\"blocksize\": " + blocksize)), Contains("blocksize " + blocksize + " is no power of two"));
  CHECK_THAT(refused(R"({"quant_type": "nf5", "blocksize": 64, "dtype": "float32", "shape": [1]})"),
             Contains("'nf5' is neither nf4 nor fp4"));
  CHECK_THAT(refused(R"({"quant_type": "nf4", "blocksize": 64, "dtype": "float31", "shape": [1]})"),
             Contains("dtype 'float31'"));
  CHECK_THAT(refused(R"({"quant_type": "nf4", "blocksize": 64, "dtype": "float32"})"), Contains("shape is missing"));
  CHECK_THAT(
      refused(R"({"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [4294967296, 4294967296]})"),
      Contains("too many elements"));
}

TEST_CASE("a nested state that lacks a field is refused", "[file][bitsandbytes]") {
  const std::string all = nested;
  CHECK(refused(with(all + R"(, "nested_offset": 1)")).empty());
  CHECK(refused(with(all + R"(, "nested_offset": -1)")).empty());
  CHECK_THAT(refused(with(all)), Contains("nested_offset is missing"));
  CHECK_THAT(refused(with(all + R"(, "nested_offset": 1e39)")), Contains("nested_offset is beyond"));
  CHECK_THAT(refused(with(all + R"(, "nested_offset": "1")")), Contains("a string at 'nested_offset'"));
  CHECK_THAT(refused(with(R"("blocksize": 64, "nested_blocksize": 256, "nested_offset": 1)")),
             Contains("nested_dtype"));
  CHECK_THAT(refused(with(R"("blocksize": 64, "nested_blocksize": 9999999999)")), Contains("nested_blocksize"));
}

TEST_CASE("parts of a 4-bit weight that do not fit are refused", "[file][bitsandbytes]") {
  const test::folder folder;
  const auto refused_with = [&](const auto& change) {
    auto tensors = foreign(256, 64, nf4_map());
    change(tensors);
    test::write_tensors(folder / "f", tensors);
    return test::refusal([&] { test::catalog_of<formats>(folder / "f"); });
  };
  const std::string name = GENERATE("w", "w.absmax", "w.quant_map");
  CHECK_THAT(refused_with([&](auto& t) { test::remove_tensor(t, name); }), Contains("'" + name + "'"));
  CHECK_THAT(refused_with([&](auto& t) {
               auto& part = test::tensor_named(t, name);
               part.content.resize(part.content.size() * 2);
               part.shape[0] *= 2;
             }),
             Contains("tensor '" + name + "' has") && Contains("at byte"));
  CHECK_THAT(refused_with([&](auto& t) { test::tensor_named(t, "w.absmax").dtype = safetensors_dtype::i32; }),
             Contains("of I32 where 'w' needs"));
  CHECK_THAT(refused_with([&](auto& t) {
               test::tensor_named(t, "w.quant_state.bitsandbytes__nf4").name = "w.quant_state.bitsandbytes__fp4";
             }),
             Contains("has the quant_type 'nf4'"));
}

TEST_CASE("LLM.int8 has its own keys", "[file][bitsandbytes]") {
  const json& expected = golden()["llm_int8_row"];
  const auto halves = test::hex_bytes(expected["fp16_hex"]);
  std::vector<float> x;
  for (std::size_t i = 0; i < halves.size(); i += 2) {
    x.push_back(detent::fp16_codec::decode(static_cast<std::uint32_t>(halves[i] << 8 | halves[i + 1])));
  }
  const std::uint64_t width = x.size() / 2;
  const test::folder folder;
  test::store<bnb::int8>(folder / "f", "p.weight", {2, width}, x, "float16");
  auto tensors = test::read_tensors(folder / "f");
  CHECK(tensors.size() == 3);
  const auto& codes = test::tensor_named(tensors, "p.weight");
  CHECK(codes.dtype == safetensors_dtype::i8);
  CHECK(codes.shape == file_shape{2, width});
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(static_cast<std::int8_t>(codes.content[i]) == expected["CB"][i / width][i % width].get<int>());
  }
  const auto scb = floats_in(tensors, "p.SCB");
  for (std::size_t i = 0; i < 2; ++i) CHECK(scb[i] == static_cast<float>(expected["SCB"][i].get<double>()));
  CHECK(test::tensor_named(tensors, "p.weight_format").content == test::bytes{0});
  CHECK(test::tensor_named(tensors, "p.weight_format").shape.empty());

  const auto back = test::catalog_of<formats>(folder / "f");
  REQUIRE(back.tensors.size() == 1);
  CHECK(back.tensors[0].precision == "bnb::int8");
  CHECK(back.tensors[0].parts.size() == 3);
  const auto y = test::values_of(back.tensors[0]);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float code = static_cast<std::int8_t>(codes.content[i]);
    CHECK(y[i] == code * scb[i / width] * 7.874015718698502e-3f);
  }
}

TEST_CASE("LLM.int8 in another layout, or without its scales", "[file][bitsandbytes]") {
  const test::folder folder;
  test::store<bnb::int8>(folder / "f", "p.weight", {2, 8}, test::vec(3, 16, 1));
  auto tensors = test::read_tensors(folder / "f");
  test::tensor_named(tensors, "p.weight_format").content = {1};
  test::write_tensors(folder / "g", tensors);
  CHECK_THAT(test::refusal([&] { test::catalog_of<formats>(folder / "g"); }),
             Contains("'p.weight_format' names a layout other than rows"));
  test::remove_tensor(tensors, "p.weight_format");
  test::write_tensors(folder / "g", tensors);
  CHECK(test::catalog_of<formats>(folder / "g").tensors[0].precision == "bnb::int8");
  test::remove_tensor(tensors, "p.SCB");
  test::write_tensors(folder / "g", tensors);
  const auto plain = test::catalog_of<formats>(folder / "g");
  REQUIRE(plain.tensors.size() == 1);
  CHECK(plain.tensors[0].precision == "I8");
  CHECK(plain.tensors[0].reader == nullptr);
}

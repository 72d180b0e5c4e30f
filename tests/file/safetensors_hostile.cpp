// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <random>
#include <utility>

#include "detent/file/safetensors.hpp"
#include "support.hpp"

using Catch::Matchers::Contains;

namespace {

const std::string golden = std::string(DETENT_TEST_DATA) + "/safetensors/";

std::string refused(const test::bytes& file) {
  return test::refusal([&] { detent::parse_safetensors_header(file.data(), file.size(), "f.safetensors"); });
}
std::string refused(const std::string& header, std::size_t data_bytes = 0) {
  return refused(test::safetensors(header, data_bytes));
}
/// A file of one tensor 't' with these members.
std::string refused_tensor(const std::string& members, std::size_t data_bytes = 0) {
  return refused("{\"t\":{" + members + "}}", data_bytes);
}
std::string shaped(const std::string& shape) {
  return refused_tensor(R"("dtype":"U64","shape":)" + shape + R"(,"data_offsets":[0,8])", 8);
}
std::string placed(const std::string& offsets) {
  return refused_tensor(R"("dtype":"U8","shape":[4],"data_offsets":)" + offsets, 4);
}

std::string member(const std::string& name, int begin, int end) {
  return "\"" + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) + R"(],"data_offsets":[)" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

}  // namespace

TEST_CASE("hostile safetensors: truncated at every byte", "[file][safetensors][hostile]") {
  for (const char* name : {"types", "names", "empty"}) {
    const test::bytes whole = test::bytes_of(golden + name + ".safetensors");
    REQUIRE(refused(whole).empty());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const test::bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      INFO(name << " cut to " << size);
      const std::string sentence = refused(part);
      CHECK_THAT(sentence, Contains("f.safetensors: "));
      if (size < 8) CHECK_THAT(sentence, Contains("too small"));
    }
    test::bytes longer = whole;
    longer.push_back(0);
    CHECK_THAT(refused(longer), Contains("1 trailing bytes"));
  }
}

TEST_CASE("hostile safetensors: the header's length lies", "[file][safetensors][hostile]") {
  const auto with_length = [](std::uint64_t length) {
    test::bytes file = test::bytes_of(golden + "types.safetensors");
    for (int i = 0; i < 8; ++i) file[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(length >> (8 * i));
    return refused(file);
  };
  CHECK_THAT(with_length(0), Contains("length at byte 0 is 0"));
  CHECK_THAT(with_length(1), Contains("not valid JSON"));
  CHECK_THAT(with_length(1567), Contains("1567, but only 1566 bytes follow"));
  CHECK_THAT(with_length(1566), Contains("not valid JSON"));
  CHECK_THAT(with_length(100'000'000), Contains("but only"));
  CHECK_THAT(with_length(100'000'001), Contains("too large"));
  CHECK_THAT(with_length(UINT64_MAX), Contains("18446744073709551615, too large"));
  CHECK_THAT(with_length(UINT64_MAX - 7), Contains("too large"));
}

TEST_CASE("hostile safetensors: JSON that is none, or is not ours", "[file][safetensors][hostile]") {
  CHECK_THAT(refused(" {}"), Contains("must begin with '{' at byte 8"));
  CHECK_THAT(refused("\xEF\xBB\xBF{}"), Contains("must begin with '{'"));
  CHECK_THAT(refused("[]"), Contains("must begin with '{'"));
  CHECK_THAT(refused("{"), Contains("not valid JSON"));
  CHECK_THAT(refused("{}}"), Contains("not valid JSON") && Contains("byte 10"));
  CHECK_THAT(refused("{}{}"), Contains("not valid JSON"));
  CHECK_THAT(refused("{,}"), Contains("not valid JSON"));
  CHECK_THAT(refused("{/**/}"), Contains("not valid JSON"));
  CHECK_THAT(refused(std::string("{}\0", 3)), Contains("not valid JSON"));
  CHECK_THAT(refused("{\"a\xFF\":1}"), Contains("UTF-8"));
  CHECK_THAT(refused("{\"\xC0\x80\":1}"), Contains("UTF-8"));
  CHECK_THAT(refused("{\"\xED\xA0\x80\":1}"), Contains("UTF-8"));
  CHECK_THAT(refused("{\"\\ud800\":1}"), Contains("surrogate"));
  CHECK_THAT(refused("{\"a\nb\":1}"), Contains("control character"));
  CHECK_THAT(refused("{\"t\":1}"), Contains("tensor 't' must be described by an object, not a number"));
  CHECK_THAT(refused("{\"t\":null}"), Contains("not null"));
  CHECK_THAT(refused("{\"t\":[]}"), Contains("not an array"));
  CHECK_THAT(refused("{\"t\":\"F32\"}"), Contains("not a string"));
  CHECK_THAT(refused("{\"__metadata__\":1}"), Contains("__metadata__ must be an object"));
  for (const char* value : {"1", "-1", "1.5", "1e999", "null", "true", "[]", "{}"}) {
    CHECK_THAT(refused(std::string("{\"__metadata__\":{\"k\":") + value + "}}"),
               Contains("__metadata__ 'k' must be a string") || Contains("number overflow"));
  }
}

TEST_CASE("hostile safetensors: duplicates", "[file][safetensors][hostile]") {
  CHECK_THAT(refused("{" + member("a", 0, 1) + "," + member("b", 1, 2) + "," + member("a", 2, 3) + "}", 3),
             Contains("duplicate tensor 'a' (at bytes 9 and "));
  CHECK_THAT(refused("{" + member("a", 0, 1) + "," + member("\\u0061", 1, 2) + "}", 2),
             Contains("duplicate tensor 'a'"));
  CHECK_THAT(refused(R"({"__metadata__":{"k":"a","k":"a"}})"), Contains("duplicate key 'k'"));
  CHECK_THAT(refused(R"({"__metadata__":{},"__metadata__":{}})"), Contains("duplicate key '__metadata__'"));
  CHECK_THAT(refused_tensor(R"("dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0])"),
             Contains("duplicate key 'dtype'"));
  CHECK_THAT(refused_tensor(R"("dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0])"),
             Contains("duplicate key 'shape'"));
  CHECK_THAT(refused_tensor(R"("data_offsets":[0,0],"dtype":"U8","shape":[0],"data_offsets":[0,0])"),
             Contains("duplicate key 'data_offsets'"));
}

TEST_CASE("hostile safetensors: members of a tensor", "[file][safetensors][hostile]") {
  CHECK_THAT(refused_tensor(R"("shape":[0],"data_offsets":[0,0])"), Contains("'t' has no dtype"));
  CHECK_THAT(refused_tensor(R"("dtype":"U8","data_offsets":[0,0])"), Contains("'t' has no shape"));
  CHECK_THAT(refused_tensor(R"("dtype":"U8","shape":[0])"), Contains("'t' has no data_offsets"));
  CHECK_THAT(refused_tensor(R"("dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1)"), Contains("unknown key 'x'"));
  for (const char* dtype : {"f32", "F33", "", "F32 ", "float32", "F8_E4M3FN"}) {
    CHECK_THAT(refused_tensor(std::string("\"dtype\":\"") + dtype + R"(","shape":[0],"data_offsets":[0,0])"),
               Contains("unknown dtype '" + std::string(dtype) + "'") && Contains("at byte "));
  }
  CHECK_THAT(refused_tensor(R"("dtype":1,"shape":[0],"data_offsets":[0,0])"),
             Contains("dtype of tensor 't' must be a string"));
  CHECK_THAT(refused_tensor(R"("dtype":[],"shape":[0],"data_offsets":[0,0])"),
             Contains("must be a string, not an array"));
  CHECK_THAT(refused_tensor(R"("dtype":"U8","shape":{},"data_offsets":[0,0])"),
             Contains("must be an array, not an object"));
}

TEST_CASE("hostile safetensors: shapes", "[file][safetensors][hostile]") {
  CHECK(shaped("[1]").empty());
  CHECK(shaped("[]").empty());
  CHECK_THAT(shaped("[-1]"), Contains("shape of tensor 't'") && Contains("negative"));
  CHECK_THAT(shaped("[-0]"), Contains("negative"));
  CHECK_THAT(shaped("[1.0]"), Contains("unsigned 64-bit integers, not the number 1.0"));
  CHECK_THAT(shaped("[1e0]"), Contains("1e0"));
  CHECK_THAT(shaped("[18446744073709551616]"), Contains("18446744073709551616"));
  CHECK_THAT(shaped("[01]"), Contains("not valid JSON"));
  CHECK_THAT(shaped("[\"1\"]"), Contains("not a string"));
  CHECK_THAT(shaped("[true]"), Contains("not a boolean"));
  CHECK_THAT(shaped("[[1]]"), Contains("not an array"));
  CHECK_THAT(shaped("1"), Contains("must be an array"));
  CHECK_THAT(shaped("[9223372036854775808]"), Contains("overflow") && Contains("9223372036854775808"));
  CHECK_THAT(shaped("[4294967296,4294967296]"), Contains("overflow"));
  CHECK_THAT(shaped("[9223372036854775808,2,0]"), Contains("overflow"));
  CHECK_THAT(shaped("[288230376151711744]"), Contains("overflow"));  // 2^58 elements of 64 bits
  CHECK_THAT(shaped("[144115188075855872]"), Contains("needs 1152921504606846976"));
  CHECK_THAT(shaped("[2]"), Contains("hold 8 bytes, but shape [2] of U64 needs 16"));
  CHECK_THAT(shaped("[0]"), Contains("needs 0"));
  std::string ones = "[1";
  for (int i = 1; i < 64; ++i) ones += ",1";
  CHECK(shaped(ones + "]").empty());
  CHECK_THAT(shaped(ones + ",1]"), Contains("more than 64 dimensions"));
}

TEST_CASE("hostile safetensors: places", "[file][safetensors][hostile]") {
  CHECK(placed("[0,4]").empty());
  CHECK_THAT(placed("[4,0]"), Contains("end before they begin"));
  CHECK_THAT(placed("[1,4]"), Contains("hole of 1 bytes"));
  CHECK_THAT(placed("[0,3]"), Contains("hold 3 bytes"));
  CHECK_THAT(placed("[0,5]"), Contains("hold 5 bytes"));
  CHECK_THAT(placed("[0]"), Contains("must be two numbers, not 1"));
  CHECK_THAT(placed("[]"), Contains("must be two numbers, not 0"));
  CHECK_THAT(placed("[0,4,4]"), Contains("must be two numbers, not 3"));
  CHECK_THAT(placed("[0,-4]"), Contains("negative"));
  CHECK_THAT(placed("[0.0,4]"), Contains("unsigned 64-bit"));
  CHECK_THAT(placed("[18446744073709551615,3]"), Contains("end before they begin"));
  CHECK_THAT(placed("[0,18446744073709551615]"), Contains("18446744073709551615"));
  CHECK_THAT(refused("{" + member("a", 0, 2) + "," + member("b", 3, 4) + "}", 4),
             Contains("'b'") && Contains("hole of 1"));
  CHECK_THAT(refused("{" + member("a", 0, 2) + "," + member("b", 1, 4) + "}", 4),
             Contains("'b'") && Contains("overlap"));
  CHECK_THAT(refused("{" + member("a", 0, 2) + "," + member("b", 0, 2) + "}", 2), Contains("overlap"));
  CHECK_THAT(refused("{" + member("a", 0, 2) + "}", 1), Contains("truncated"));
  CHECK_THAT(refused("{" + member("a", 0, 2) + "}", 5), Contains("3 trailing bytes"));
  CHECK_THAT(refused("{}", 1), Contains("1 trailing bytes"));
}

TEST_CASE("hostile safetensors: deep and long", "[file][safetensors][hostile]") {
  const std::string deep(100'000, '[');
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK_THAT(refused(deep), Contains("must begin with"));
  CHECK_THAT(refused("{\"t\":" + deep), Contains("not an array"));
  CHECK_THAT(refused(objects), Contains("unknown key"));
  CHECK_THAT(refused("{\"__metadata__\":" + objects), Contains("must be a string"));
  CHECK_THAT(shaped(deep), Contains("not an array"));
  CHECK_THAT(refused("{" + std::string(5000, '\t') + "x"), Contains("token of more than 4096 bytes"));
  CHECK_THAT(shaped("[" + std::string(5000, '1') + "]"), Contains("token of more than 4096 bytes"));
  CHECK_THAT(refused("{\"" + std::string(3 << 20, 'x') + "\":1}"), Contains("string of more than"));
  CHECK_THAT(refused("{\"" + std::string(1 << 20, 'x')), Contains("not valid JSON"));
  CHECK_THAT(refused("{\"" + std::string(1000, 'x') + "\":1}"), Contains("xxx...xxx"));
  CHECK_THAT(refused("{\"\\u001b[31m\":1}"), Contains("'?[31m'"));
  CHECK(refused("{}" + std::string(100'000, ' ')).empty());
  CHECK(refused(R"({"__metadata__":{"image":")" + std::string(500'000, 'x') + "\"}}").empty());
}

TEST_CASE("hostile safetensors: random changes parse or refuse", "[file][safetensors][hostile]") {
  std::mt19937 random(20);
  int parsed = 0;
  for (const char* name : {"types", "names"}) {
    const test::bytes whole = test::bytes_of(golden + name + ".safetensors");
    const std::size_t header = 8 + whole[0] + 256u * whole[1];
    for (int round = 0; round < 10'000; ++round) {
      test::bytes file = whole;
      for (std::size_t change = 0; change <= random() % 4; ++change) {
        const std::size_t at = random() % header;
        const char structure[] = "{}[]:,\"\\0129-.eE \xFF\x80";
        switch (random() % 4) {
          case 0:
            file[at] = static_cast<std::uint8_t>(random());
            break;
          case 1:
            file[at] = static_cast<std::uint8_t>(file[at] ^ 1u << random() % 8);
            break;
          case 2:
            file[at] = static_cast<std::uint8_t>(structure[random() % (sizeof structure - 1)]);
            break;
          default:
            std::swap(file[at], file[random() % header]);
            break;
        }
      }
      parsed += refused(file).empty() ? 1 : 0;
    }
  }
  CHECK(parsed > 0);  // e.g. a letter of a name
}

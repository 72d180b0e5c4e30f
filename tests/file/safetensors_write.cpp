// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <utility>

#include "detent/file/safetensors.hpp"
#include "detent/file/safetensors_writer.hpp"
#include "support.hpp"

using Catch::Matchers::Contains;
using detent::safetensors_dtype;
using detent::safetensors_file;
using detent::safetensors_writer;

TEST_CASE("safetensors_writer writes the bytes of the reference", "[file][safetensors]") {
  const test::folder folder;
  const std::string name = GENERATE("types", "names", "empty");
  const std::string golden = std::string(DETENT_TEST_DATA) + "/safetensors/" + name + ".safetensors";
  const safetensors_file reference(golden);
  std::vector<detent::tensor_info> tensors(reference.tensors().begin(), reference.tensors().end());
  if (GENERATE(false, true)) std::reverse(tensors.begin(), tensors.end());

  safetensors_writer out;
  for (const auto& t : tensors) out.add(t.name, t.dtype, t.shape);
  for (const auto& [key, value] : reference.metadata()) out.metadata(key, value);
  out.begin(folder / "copy");
  for (const auto& t : tensors) {
    REQUIRE(out.bytes(t.name) == t.bytes());
    CHECK(reinterpret_cast<std::uintptr_t>(out.data(t.name)) % std::max(1u, facts_of(t.dtype).bits / 8) == 0);
    std::memcpy(out.data(t.name), reference.data(t), out.bytes(t.name));
    out.release(t.name, 0, t.bytes());
  }
  CHECK(out.file_size() == std::filesystem::file_size(golden));
  out.commit();
  CHECK(test::bytes_of(folder / "copy") == test::bytes_of(golden));
  CHECK(folder.entries() == 1);
}

TEST_CASE("safetensors_writer sorts the metadata", "[file][safetensors]") {
  const test::folder folder;
  safetensors_writer out;
  out.metadata("b", "2");
  out.metadata("a", "1");
  out.begin(folder / "f");
  out.commit();
  const test::bytes file = test::bytes_of(folder / "f");
  CHECK(file == test::safetensors(R"({"__metadata__":{"a":"1","b":"2"}}      )"));
  CHECK(safetensors_file(folder / "f").metadata().size() == 2);
}

TEST_CASE("safetensors_writer without commit changes nothing", "[file][safetensors]") {
  const test::folder folder;
  test::write_text(folder / "f", "old");
  {
    safetensors_writer out;
    out.add("t", safetensors_dtype::u8, {1000});
    out.begin(folder / "f");
    CHECK_FALSE(out.temporary_path().empty());
    out.data("t")[999] = 1;
    if (GENERATE(false, true)) {
      out.discard();
      CHECK_THAT(test::refusal([&] { out.commit(); }), Contains("not open"));
      CHECK_THAT(test::refusal([&] { static_cast<void>(out.data("t")); }), Contains("after begin"));
    } else {
      CHECK(folder.entries() == 2);
    }
  }
  CHECK(test::bytes_of(folder / "f") == test::bytes{'o', 'l', 'd'});
  CHECK(folder.entries() == 1);
}

TEST_CASE("safetensors_writer replaces the file that is being read", "[file][safetensors]") {
  const test::folder folder;
  test::write_file(folder / "f", test::safetensors(R"({"t":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 2));
  const safetensors_file in(folder / "f");
  safetensors_writer out;
  out.add("t", safetensors_dtype::u8, {1});
  out.begin(folder / "f");
  out.data("t")[0] = 9;
  out.commit();
  CHECK(in.data(*in.find("t"))[0] == 0);
  const safetensors_file again(folder / "f");
  CHECK(again.data(*again.find("t"))[0] == 9);
}

TEST_CASE("safetensors_writer refuses what the format cannot hold", "[file][safetensors]") {
  const test::folder folder;
  safetensors_writer out;
  const auto add = [&](const char* name, safetensors_dtype dtype, std::vector<std::uint64_t> shape) {
    return test::refusal([&] { out.add(name, dtype, std::move(shape)); });
  };
  CHECK(add("a", safetensors_dtype::u8, {2}).empty());
  CHECK_THAT(add("a", safetensors_dtype::f32, {3}), Contains("duplicate tensor 'a'"));
  CHECK(out.bytes("a") == 2);
  CHECK_THAT(add("__metadata__", safetensors_dtype::u8, {}), Contains("__metadata__"));
  CHECK_THAT(add("b", safetensors_dtype::f4, {3}), Contains("misaligned") && Contains("'b'"));
  CHECK_THAT(add("b", safetensors_dtype::u8, {std::uint64_t{1} << 61}), Contains("overflow"));
  CHECK_THAT(add("b", safetensors_dtype::u8, std::vector<std::uint64_t>(65, 1)), Contains("64 dimensions"));
  out.metadata("k", "v");
  CHECK_THAT(test::refusal([&] { out.metadata("k", "w"); }), Contains("duplicate metadata key 'k'"));
  CHECK_THAT(test::refusal([&] { static_cast<void>(out.data("a")); }), Contains("after begin"));
  CHECK_THAT(test::refusal([&] { static_cast<void>(out.bytes("z")); }), Contains("no tensor 'z'"));
  CHECK_THAT(test::refusal([&] { out.commit(); }), Contains("not open"));

  SECTION("nothing is declared after begin") {
    out.begin(folder / "f");
    CHECK_THAT(add("c", safetensors_dtype::u8, {}), Contains("before begin"));
    CHECK_THAT(test::refusal([&] { out.metadata("l", ""); }), Contains("before begin"));
    CHECK_THAT(test::refusal([&] { out.begin(folder / "g"); }), Contains("before begin"));
  }
  SECTION("a name that is no UTF-8") {
    out.add("\xFF", safetensors_dtype::u8, {});
    CHECK_THAT(test::refusal([&] { out.begin(folder / "f"); }), Contains("not valid UTF-8"));
  }
  SECTION("more bytes than there are") {
    for (int i = 0; i < 9; ++i) out.add(std::to_string(i), safetensors_dtype::u8, {(std::uint64_t{1} << 61) - 1});
    CHECK_THAT(test::refusal([&] { out.begin(folder / "f"); }), Contains("overflow"));
  }
  SECTION("a folder that is not there") {
    CHECK_THAT(test::refusal([&] { out.begin(folder / "no/f"); }), Contains("No such file"));
    out.begin(folder / "f");  // and another try
    out.commit();
  }
}

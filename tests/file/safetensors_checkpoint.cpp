// SPDX-License-Identifier: MIT
#include "detent/file/safetensors_checkpoint.hpp"

#include <catch2/catch.hpp>
#include <utility>

#include "detent/file/safetensors_writer.hpp"
#include "support.hpp"

using Catch::Matchers::Contains;

namespace {

void write_shard(const std::string& path, const std::vector<std::string>& names, std::uint8_t value) {
  detent::safetensors_writer out;
  for (const auto& name : names) out.add(name, detent::safetensors_dtype::u8, {1});
  out.begin(path);
  for (const auto& name : names) *out.data(name) = value;
  out.commit();
}

/// Two shards: 1 holds a and b, 2 holds c.
struct shards {
  test::folder folder;
  shards() {
    write_shard(folder / "m-1.safetensors", {"a", "b"}, 1);
    write_shard(folder / "m-2.safetensors", {"c"}, 2);
  }
  std::string refused(const std::string& index) const {
    test::write_text(folder / "m.safetensors.index.json", index);
    return test::refusal([&] { detent::open_checkpoint(folder / "m.safetensors.index.json"); });
  }
  std::string mapped(const std::string& members) const { return refused("{\"weight_map\":{" + members + "}}"); }
};

}  // namespace

TEST_CASE("open_checkpoint opens one file", "[file][checkpoint]") {
  const shards s;
  auto opened = detent::open_checkpoint(s.folder / "m-1.safetensors");
  const auto checkpoint = std::move(opened);
  REQUIRE(checkpoint.files().size() == 1);
  REQUIRE(checkpoint.tensors().size() == 2);
  CHECK(checkpoint.tensors()[1].info->name == "b");
  CHECK(*checkpoint.tensors()[1].data() == 1);
  CHECK(checkpoint.find("c").info == nullptr);
}

TEST_CASE("open_checkpoint opens all files of an index", "[file][checkpoint]") {
  const shards s;
  REQUIRE(s.refused(R"({"metadata":{"total_size":3,"x":[1.5,null,{"y":-1,"z":"w"},true]},)"
                    R"("weight_map":{"c":"m-2.safetensors","a":"m-1.safetensors","b":"m-1.safetensors"}} )")
              .empty());
  auto opened = detent::open_checkpoint(s.folder / "m.safetensors.index.json");
  const auto checkpoint = std::move(opened);
  CHECK(checkpoint.files().size() == 2);
  REQUIRE(checkpoint.tensors().size() == 3);
  CHECK(checkpoint.tensors()[2].info->name == "c");
  CHECK(*checkpoint.tensors()[2].data() == 2);
  CHECK(checkpoint.find("c").info == checkpoint.tensors()[2].info);
  CHECK(*checkpoint.find("b").data() == 1);
  CHECK(checkpoint.find("d").info == nullptr);
}

TEST_CASE("open_checkpoint refuses an index that disagrees with its files", "[file][checkpoint]") {
  const shards s;
  const std::string a = R"("a":"m-1.safetensors",)", b = R"("b":"m-1.safetensors",)", c = R"("c":"m-2.safetensors")";
  CHECK(s.mapped(a + b + c).empty());
  CHECK_THAT(s.mapped(a + c), Contains("'b' is in file 'm-1.safetensors', but weight_map does not name it"));
  CHECK_THAT(s.mapped(a + R"("b":"m-2.safetensors",)" + c), Contains("'b'") && Contains("another file"));
  CHECK_THAT(s.mapped(a + b + R"("d":"m-2.safetensors",)" + c), Contains("'d' is missing in file 'm-2.safetensors'"));
  CHECK_THAT(s.mapped(a + b + R"("d":"m-3.safetensors",)" + c), Contains("m-3.safetensors: cannot be opened"));
}

TEST_CASE("open_checkpoint refuses an index that is none", "[file][checkpoint]") {
  const shards s;
  for (const char* file :
       {"/etc/passwd", "../m-1.safetensors", "x/m-1.safetensors", "..", ".", "", "x\\\\y", "a\\u0000"}) {
    CHECK_THAT(s.mapped("\"a\":\"" + std::string(file) + "\""), Contains("no name of a file beside it"));
  }
  for (const char* value : {"1", "-1", "1.5", "null", "true", "[]", "{}"}) {
    CHECK_THAT(s.mapped("\"a\":" + std::string(value)), Contains("weight_map 'a' must be a string"));
    CHECK_THAT(s.refused("{\"weight_map\":" + std::string(value) + "x"),
               Contains("weight_map must be an object") || Contains("not valid JSON"));
  }
  CHECK_THAT(s.refused("{\"metadata\":1}"), Contains("metadata must be an object"));
  CHECK_THAT(s.refused("{\"metadata\":[]}"), Contains("metadata must be an object"));
  CHECK_THAT(s.refused("{\"metadata\":{}}"), Contains("no weight_map"));
  CHECK_THAT(s.refused("{\"weight_map\":{},\"weight_map\":{}}"), Contains("duplicate key 'weight_map'"));
  CHECK_THAT(s.mapped(R"("a":"m-1.safetensors","a":"m-1.safetensors")"), Contains("duplicate tensor 'a'"));
  CHECK_THAT(s.refused("{\"x\":{}}"), Contains("unknown key 'x'"));
  CHECK_THAT(s.refused(""), Contains("must begin with '{'"));
  CHECK_THAT(s.refused("[]"), Contains("must begin with '{'"));
  CHECK_THAT(s.refused("{\"metadata\":{\"x\":" + std::string(100'000, '[')), Contains("deeper than 16"));
  CHECK_THAT(s.refused("{\"weight_map\":{\"\xFF\":\"\"}}"), Contains("UTF-8"));
  const std::string whole = R"({"weight_map":{"a":"m-1.safetensors","b":"m-1.safetensors"}})";
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(s.refused(whole.substr(0, size)).empty());
  CHECK(s.refused(whole).empty());
}

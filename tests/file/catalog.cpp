// SPDX-License-Identifier: MIT
//
// The tensors of a file as their reader understands them: plain floats, doubles, integers, and their order.
#include "detent/file/catalog.hpp"

#include <bit>
#include <catch2/catch.hpp>

#include "detent/format/fp16.hpp"
#include "detent/format/int4.hpp"
#include "stored_support.hpp"

using detent::safetensors_dtype;
using test::file_shape;

namespace {

using formats = detent::type_list<detent::fp32, detent::fp16, detent::fp8_e4m3fn, detent::int4>;

test::bytes bytes_of_doubles(const std::vector<double>& x) {
  test::bytes b;
  for (const double each : x) {
    for (int i = 0; i < 64; i += 8) b.push_back(static_cast<std::uint8_t>(std::bit_cast<std::uint64_t>(each) >> i));
  }
  return b;
}

}  // namespace

TEST_CASE("plain tensors are read as floats, the rest stays what it is", "[file][catalog]") {
  const test::folder folder;
  test::write_tensors(folder / "f", {{"single", safetensors_dtype::f32, {2}, test::bytes_of_floats({1.5f, -0.1f})},
                                     {"double", safetensors_dtype::f64, {2}, bytes_of_doubles({0.1, 1e300})},
                                     {"half", safetensors_dtype::f16, {1, 2}, {0x00, 0x3C, 0x00, 0xC0}},
                                     {"eight", safetensors_dtype::f8_e4m3, {1}, {0x38}},
                                     {"brain", safetensors_dtype::bf16, {1}, {0x80, 0x3F}},
                                     {"integers", safetensors_dtype::i8, {3}, {1, 2, 3}},
                                     {"scalar", safetensors_dtype::f32, {}, test::bytes_of_floats({7})},
                                     {"nothing", safetensors_dtype::f32, {0, 4}, {}}});
  const auto c = test::catalog_of<formats>(folder / "f");
  REQUIRE(c.tensors.size() == 8);
  const auto named = [&](const std::string& name) -> const detent::stored_tensor& {
    return *std::find_if(c.tensors.begin(), c.tensors.end(), [&](const auto& t) { return t.name == name; });
  };
  CHECK(named("single").precision == "fp32");
  CHECK(test::values_of(named("single")) == std::vector<float>{1.5f, -0.1f});
  CHECK(named("double").precision == "F64");
  CHECK(test::values_of(named("double")) == std::vector<float>{0.1f, HUGE_VALF});
  CHECK(named("half").precision == "fp16");
  CHECK(test::values_of(named("half")) == std::vector<float>{1, -2});
  CHECK(test::values_of(named("eight")) == std::vector<float>{1});
  CHECK(named("brain").reader == nullptr);  // bf16 is not among the formats that were listed
  CHECK(named("brain").precision == "BF16");
  CHECK(named("integers").reader == nullptr);
  CHECK(named("integers").precision == "I8");
  CHECK(test::values_of(named("scalar")) == std::vector<float>{7});
  CHECK(named("scalar").dimensions.empty());
  CHECK(test::values_of(named("nothing")).empty());
}

TEST_CASE("fp32 is read in place where the file has it aligned", "[file][catalog]") {
  const test::folder folder;
  const auto floats_of = [&](const std::string& padding) {
    test::bytes file = test::safetensors(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})" + padding, 0);
    const auto values = test::bytes_of_floats({3, 4});
    file.insert(file.end(), values.begin(), values.end());
    test::write_file(folder / "f", file);
    const auto c = test::catalog_of<formats>(folder / "f");
    CHECK(test::values_of(c.tensors[0], 1) == std::vector<float>{3, 4});
    return c.tensors[0].floats() != nullptr;
  };
  int in_place = 0;
  for (const char* padding : {"", " ", "  ", "   "}) in_place += floats_of(padding) ? 1 : 0;
  CHECK(in_place == (std::endian::native == std::endian::little ? 1 : 0));
}

TEST_CASE("tensors come in the order of their codes in the file", "[file][catalog]") {
  const test::folder folder;
  test::store<detent::int4>(folder / "q", "b", {2, 64}, test::vec(1, 128, 1));
  auto tensors = test::read_tensors(folder / "q");
  tensors.push_back({"a", safetensors_dtype::u8, {1}, {1}});
  tensors.push_back({"c", safetensors_dtype::u8, {1}, {1}});
  tensors.push_back({"z", safetensors_dtype::f32, {1}, test::bytes_of_floats({1})});
  test::write_tensors(folder / "f", tensors, {{"detent:b", "int4 [2, 64]"}, {"other", "kept"}});
  const auto c = test::catalog_of<formats>(folder / "f");
  std::string order;
  for (const auto& t : c.tensors) order += t.name;
  CHECK(order == "zabc");
}

TEST_CASE("matrices of a file", "[file][catalog]") {
  CHECK(detent::matrix_shape({}) == detent::extents(1));
  CHECK(detent::matrix_shape({5}) == detent::extents(5));
  CHECK(detent::matrix_shape({5, 4}) == detent::extents(5, 4));
  CHECK(detent::matrix_shape({5, 4, 3, 2}) == detent::extents(5, 24));
  CHECK(detent::matrix_shape({1, 2, 3, 4, 5, 6}) == detent::extents(1, 720));
  CHECK(detent::matrix_shape({0, 4}) == detent::extents(0, 4));
}

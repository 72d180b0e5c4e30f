// SPDX-License-Identifier: MIT
//
// detent's own scheme: one precision of each layout written and read back, what lies in the file, what is refused.
#include "detent/file/scheme.hpp"

#include <catch2/catch.hpp>

#include "detent/format/fp6_e3m2.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/nvidia.hpp"
#include "detent/format/torch.hpp"
#include "detent/op/quantize.hpp"
#include "stored_support.hpp"
#include "support/packed_buffer.hpp"

using Catch::Matchers::Contains;
using detent::safetensors_dtype;
using test::file_shape;

namespace {

// Planar with a shift (of the test's own), with a zero point, with a nested scale, one record a block, packed elements
// without a scale.
struct shifted : detent::precision<detent::integer_codec<4, 0, 15>, detent::blocks_of<32>> {
  static constexpr const char* name = "test::shifted";
  using scale = detent::fp16;
  using shift = detent::fp16;
  using rule = detent::from_chosen<detent::minmax_with_shift>;
};

using formats = detent::type_list<shifted, detent::torch::quint8_channels, detent::nvidia::nvfp4, detent::ggml::q4_1,
                                  detent::fp6_e3m2>;

/// What P makes of the values without a file.
template <class P>
std::vector<float> restored(const test::float_source& x) {
  const test::packed_buffer<P> q(x.whole);
  detent::quantize(detent::scalar{}, x, q.view());
  std::vector<float> y(x.values.size());
  detent::dequantize(detent::scalar{}, q.view(), detent::tensor_view<float, 2>(y.data(), x.whole));
  return y;
}

template <class P>
void check_round_trip(const file_shape& shape, const std::vector<std::string>& parts) {
  INFO(P::name);
  const detent::extents whole = detent::matrix_shape(shape);
  const auto x = test::vec(17, whole.size(), 1);
  const test::folder folder;
  test::store<P>(folder / "f", "w", shape, x);
  const auto back = test::catalog_of<formats>(folder / "f");
  REQUIRE(back.tensors.size() == 1);
  const detent::stored_tensor& t = back.tensors[0];
  CHECK(t.name == "w");
  CHECK(t.precision == P::name);
  CHECK(t.dimensions == shape);
  CHECK(t.bytes() == detent::packed_bytes<P>(whole));
  REQUIRE(t.parts.size() == parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) CHECK(t.parts[i].info->name == parts[i]);
  REQUIRE(test::values_of(t, 77) == restored<P>({x, whole}));
}

std::string refused(const std::string& description, const std::vector<test::raw_tensor>& tensors) {
  const test::folder folder;
  test::write_tensors(folder / "file", tensors, {{"detent:w", description}});
  return test::refusal([&] { test::catalog_of<formats>(folder / "file"); });
}

/// A 4-bit tensor [4, 64] as the scheme has it.
std::vector<test::raw_tensor> good() {
  const test::folder folder;
  test::store<shifted>(folder / "f", "w", {4, 64}, test::vec(3, 256, 1));
  return test::read_tensors(folder / "f");
}

}  // namespace

TEST_CASE("a precision of each layout is read back as it was written", "[file][scheme]") {
  check_round_trip<shifted>({5, 70}, {"w", "w.scale", "w.shift"});
  check_round_trip<detent::torch::quint8_channels>({5, 7, 2}, {"w", "w.scale", "w.zero_point"});
  check_round_trip<detent::nvidia::nvfp4>({4, 48}, {"w", "w.scale", "w.scale.scale"});
  check_round_trip<detent::ggml::q4_1>({3, 8, 2, 2}, {"w"});
  check_round_trip<detent::fp6_e3m2>({3, 5}, {"w"});
}

TEST_CASE("codes that are a type of the file have that type and shape", "[file][scheme]") {
  const test::folder folder;
  test::store<detent::torch::quint8_channels>(folder / "f", "w", {5, 7, 2}, test::vec(3, 70, 1));
  auto tensors = test::read_tensors(folder / "f");
  CHECK(test::tensor_named(tensors, "w").dtype == safetensors_dtype::u8);
  CHECK(test::tensor_named(tensors, "w").shape == file_shape{5, 7, 2});
  CHECK(detent::safetensors_file(folder / "f").metadata().at("detent:w") == "torch::quint8_channels [5, 7, 2]");
  test::store<detent::ggml::q4_1>(folder / "f", "w", {3, 64}, test::vec(3, 192, 1));
  tensors = test::read_tensors(folder / "f");
  CHECK(tensors[0].shape == file_shape{3, 40});
  test::store<detent::nvidia::nvfp4>(folder / "f", "w", {4, 48}, test::vec(3, 192, 1));
  tensors = test::read_tensors(folder / "f");
  CHECK(test::tensor_named(tensors, "w.scale").dtype == safetensors_dtype::f8_e4m3);
}

TEST_CASE("metadata that are no precision and shape are refused", "[file][scheme]") {
  const auto tensors = good();
  CHECK(refused("test::shifted [4, 64]", tensors).empty());
  const std::string text =
      GENERATE("", "test::shifted", "[4, 64]", "test::shifted [4, 64", "test::shifted [4, 64]]", "test::shifted []]",
               "test::shifted [4, 64, ]", "test::shifted [4,64]", "test::shifted [4, -64]", "test::shifted [4, 64] ",
               "test::shifted [, 4]", "test::shifted [a]", "test::shifted [4294967296, 4294967296]",
               "test::shifted [99999999999999999999]");
  CHECK_THAT(refused(text, tensors), Contains("file: tensor 'w' has the "));
}

TEST_CASE("a shape without elements may have any extent", "[file][scheme]") {
  const test::file_shape shape{0, 0xFFFF'FFFF'FFFF'FFFF};
  const test::folder folder;
  test::store<shifted>(folder / "f", "w", shape, {});
  CHECK(test::catalog_of<formats>(folder / "f").tensors[0].dimensions == shape);
  CHECK_THAT(refused("test::shifted [0, 18446744073709551616]", good()), Contains("no precision and shape"));
}

TEST_CASE("an unknown precision lists the known ones, with the file", "[file][scheme]") {
  CHECK_THAT(refused("test::unknown [4, 64]", good()),
             Contains("file: tensor 'w' has the precision 'test::unknown'; known are test::shifted, "
                      "torch::quint8_channels, nvfp4"));
  CHECK_THAT(refused("ggml::q4_1 [4, 65]", good()),
             Contains("file: tensor 'w': ggml::q4_1 stores rows in blocks of 32"));
}

TEST_CASE("parts that do not fit the shape are refused", "[file][scheme]") {
  CHECK_THAT(refused("test::shifted [4, 65]", good()),
             Contains("tensor 'w' has 128 bytes of U8 where 'w' needs 130 of U8"));
  CHECK_THAT(refused("test::shifted [400, 6400]", good()), Contains("where 'w' needs"));
  auto tensors = good();
  test::tensor_named(tensors, "w.shift").dtype = safetensors_dtype::i16;
  CHECK_THAT(refused("test::shifted [4, 64]", tensors), Contains("tensor 'w.shift' has") && Contains("of I16 where"));
  test::remove_tensor(tensors, "w.shift");
  CHECK_THAT(refused("test::shifted [4, 64]", tensors), Contains("tensor 'w' lacks its part 'w.shift'"));
  const test::folder folder;
  test::write_tensors(folder / "f", good(),
                      {{"detent:w", "test::shifted [4, 64]"}, {"detent:w.scale", "fp6_e3m2 [8]"}});
  CHECK_THAT(test::refusal([&] { test::catalog_of<formats>(folder / "f"); }), Contains("w.scale"));
}

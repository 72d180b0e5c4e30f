// SPDX-License-Identifier: MIT
//
// compressed-tensors' sparse layouts: files made by tests/data/sparse/make.py, read and written back to the same bytes;
// and files that lie.
#include <catch2/catch.hpp>
#include <cstring>

#include "detent/file/sparse_bitmask.hpp"
#include "detent/formats.hpp"
#include "stored_support.hpp"

namespace {

using namespace detent;

struct raw_int8 : precision<int8_codec> {
  static constexpr const char* name = "raw_int8";
};

const std::string golden = std::string(DETENT_TEST_DATA) + "/sparse/";
const std::string sparse_file = golden + "sparse.safetensors";

/// Reads PREFIX as layout L, compares it with the dense twin, and declares it in `out`.
template <class L, class P>
void matches_dense(const std::string& prefix) {
  INFO(prefix << " as " << L::name);
  const safetensors_checkpoint from(sparse_file), dense(golden + "dense.safetensors");
  const mapped_sparse<L, P> s(from, prefix);
  const checkpoint_tensor twin = dense.find(prefix + ".weight");
  REQUIRE(s.view().shape == matrix_shape(twin.info->shape));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(twin.info->bytes()));
  const packed_view<P, std::uint8_t> q(s.view().shape, bytes.data());
  expand(scalar{}, s.view(), q);
  CHECK(std::memcmp(bytes.data(), twin.data(), bytes.size()) == 0);
}

/// The refusal of the golden file after `change` to the bytes of one of its tensors.
template <class P = fp32, class Change>
std::string refused(const std::string& prefix, const std::string& part, const Change& change) {
  const test::folder f;
  std::vector<test::raw_tensor> tensors = test::read_tensors(sparse_file);
  change(test::tensor_named(tensors, prefix + part));
  test::write_tensors(f / "t.safetensors", tensors);
  const std::string sentence = test::refusal([&] {
    const safetensors_checkpoint from(f / "t.safetensors");
    const mapped_sparse<bitmask, P> s(from, prefix);
  });
  const std::size_t at = sentence.find("t.safetensors: ");
  return at == sentence.npos ? sentence : sentence.substr(at + 15);
}

}  // namespace

TEST_CASE("sparse layouts of files are their dense twins") {
  matches_dense<bitmask, fp32>("a");
  matches_dense<bitmask, fp16>("b");
  matches_dense<bitmask, bf16>("c");
  matches_dense<bitmask, raw_int8>("d");
  matches_dense<bitmask, fp32>("e");
  matches_dense<two_of_four, fp32>("e");
  matches_dense<bitmask, bf16>("f");
  matches_dense<two_of_four, bf16>("f");
}

TEST_CASE("sparse layouts are written as they were read, byte for byte") {
  const test::folder f;
  const safetensors_checkpoint from(sparse_file);
  const mapped_sparse<bitmask, fp32> a(from, "a");
  const mapped_sparse<bitmask, fp16> b(from, "b");
  const mapped_sparse<bitmask, bf16> c(from, "c");
  const mapped_sparse<bitmask, raw_int8> d(from, "d");
  const mapped_sparse<two_of_four, fp32> e(from, "e");
  const mapped_sparse<two_of_four, bf16> g(from, "f");
  safetensors_writer out;
  const auto each = [&](const auto& do_it) {
    do_it("a", a.view()), do_it("b", b.view()), do_it("c", c.view());
    do_it("d", d.view()), do_it("e", e.view()), do_it("f", g.view());
  };
  each([&](const char* prefix, const auto& s) { declare_sparse(out, prefix, s); });
  out.begin(f / "t.safetensors");
  each([&](const char* prefix, const auto& s) { fill_sparse(out, prefix, s); });
  out.commit();
  CHECK(test::bytes_of(f / "t.safetensors") == test::bytes_of(sparse_file));
}

TEST_CASE("a checkpoint shows its sparse tensors as floats") {
  const safetensors_checkpoint from(sparse_file), dense_from(golden + "dense.safetensors");
  const auto tensors = stored_tensors<all_formats>(scalar{}, from);
  const auto dense = stored_tensors<all_formats>(scalar{}, dense_from);
  std::size_t found = 0;
  for (const stored_tensor& t : tensors) {
    for (const stored_tensor& twin : dense) {
      if (t.name != twin.name || twin.reader == nullptr) continue;
      ++found;
      CHECK(t.precision == twin.precision);
      REQUIRE(t.dimensions == twin.dimensions);
      const std::size_t n = t.shape().size();
      for (std::size_t first = 0; first < n; first += 7) {
        std::vector<float> x(n - first), y(n - first);
        t.read(first, n - first, x.data());
        twin.read(first, n - first, y.data());
        REQUIRE(x == y);
        t.read(first, 1, x.data());
        REQUIRE(x[0] == y[0]);
      }
    }
  }
  CHECK(found == 5);  // not d, of whole numbers
}

TEST_CASE("sparse tensors that contradict themselves are refused") {
  using test::raw_tensor;
  CHECK(refused("a", ".bitmask", [](raw_tensor& t) { t.content[0] ^= 1; }) ==
        "tensor 'a.bitmask': row 1 begins at survivor 9, but the bitmask has 8 before it");
  CHECK(refused("a", ".bitmask", [](raw_tensor& t) { t.content[1] |= 0x80; }) ==
        "tensor 'a.bitmask': row 0 of the bitmask keeps columns behind the last of 13");
  CHECK(refused("a", ".bitmask", [](raw_tensor& t) { t.content.back() ^= 1; }) ==
        "tensor 'a.bitmask': the bitmask keeps 42 elements, but 43 are stored");
  CHECK(refused("a", ".row_offsets", [](raw_tensor& t) { t.content[15] = 0xFF; }) ==
        "tensor 'a.bitmask': row 1 begins at survivor 18374686479671623689, but the bitmask has 9 before it");
  CHECK(refused("a", ".shape", [](raw_tensor& t) { t.content[0] = 6; }) ==
        "tensor 'a.bitmask' has the shape [5, 2] where a matrix [6, 13] needs [6, 2]");
  CHECK(refused("a", ".shape", [](raw_tensor& t) { t.content[7] = 0x7F; }) ==
        "tensor 'a.shape' names 9151314442816847877 x 13 elements, more than 2^48");
  CHECK(refused("a", ".shape", [](raw_tensor& t) { t.content[4] = 1, t.content[12] = 1; }) ==
        "tensor 'a.shape' names 4294967301 x 4294967309 elements, more than 2^48");
  CHECK(refused("a", ".shape", [](raw_tensor& t) { t.dtype = safetensors_dtype::u64; }) ==
        "tensor 'a.shape' is U64, not I64");
  CHECK(refused("a", ".shape", [](raw_tensor& t) { t.shape = {1, 2}; }) ==
        "tensor 'a.shape' has the shape [1, 2], not [2]: only matrices are sparse");
  CHECK(refused("a", ".compressed", [](raw_tensor& t) { t.name = "b.other"; }) ==
        "tensor 'a.bitmask' has no 'a.compressed' beside it");
  CHECK(refused("a", ".row_offsets", [](raw_tensor& t) { t.dtype = safetensors_dtype::f64; }) ==
        "tensor 'a.row_offsets' is F64, not I64");
  CHECK(refused("a", ".row_offsets", [](raw_tensor& t) { t.shape = {5, 1}; }) ==
        "tensor 'a.row_offsets' has the shape [5, 1] where a matrix [5, 13] needs [5]");
  CHECK(refused("a", ".row_offsets", [](raw_tensor& t) { t.name = "other"; }) ==
        "tensor 'a.bitmask' has no row_offsets, and rows of 13, no multiple of 4");
  CHECK(refused("e", ".bitmask", [](raw_tensor& t) { t.content[0] = 0x37; }) ==
        "tensor 'e.bitmask': a group of four in row 0 keeps another number than two");
  CHECK(refused("e", ".bitmask", [](raw_tensor& t) { t.content[1] |= 0x30; }) ==
        "tensor 'e.bitmask': a group of four in row 0 keeps another number than two");
  CHECK(refused("e", ".compressed", [](raw_tensor& t) { t.shape = {18}; }) ==
        "tensor 'e.compressed' has the shape [18] where a matrix [3, 12] needs [3, 6]");
  CHECK(refused<fp16>("a", ".shape", [](raw_tensor&) {}) == "tensor 'a.compressed' is F32, not F16");
  const safetensors_checkpoint from(sparse_file);
  CHECK(test::refusal([&] { (mapped_sparse<bitmask, fp32>(from, "nobody")); }) == "no tensor 'nobody.bitmask'");
}

TEST_CASE("sparse files cut anywhere, and with any bit turned, are refused or read without harm") {
  const test::folder f;
  const test::bytes whole = test::bytes_of(sparse_file);
  const auto read_all = [&](const std::string& path) {
    const safetensors_checkpoint from(path);
    for (const stored_tensor& t : stored_tensors<all_formats>(scalar{}, from)) {
      std::vector<float> x(t.reader == nullptr ? 0 : t.shape().size());
      if (!x.empty()) t.read(0, x.size(), x.data());
    }
  };
  std::size_t refusals = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    test::bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i)), turned = whole;
    turned[i] = static_cast<std::uint8_t>(turned[i] ^ (1u << i % 8));
    test::write_file(f / "cut.safetensors", cut);
    test::write_file(f / "turned.safetensors", turned);
    CHECK_FALSE(test::refusal([&] { read_all(f / "cut.safetensors"); }).empty());
    refusals += !test::refusal([&] { read_all(f / "turned.safetensors"); }).empty();
  }
  CHECK(refusals > whole.size() / 4);
}

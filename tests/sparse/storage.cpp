// SPDX-License-Identifier: MIT
//
// Dense to sparse and back: every layout, several precisions, shapes that divide badly, both backends.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <tuple>

#include "detent/backend/native.hpp"
#include "detent/detent.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/int4.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/nf4.hpp"
#include "detent/format/torch.hpp"
#include "detent/format/uint8.hpp"
#include "detent/store/sparse_tensor.hpp"
#include "sparse/support.hpp"

namespace {

using namespace detent;
using test::owned_mask;

struct int4_rows : precision<int4::codec, per_channel<0>> {
  static constexpr const char* name = "int4_rows";
};
struct int8_blocks : precision<int8::codec, blocks_of<32>> {
  static constexpr const char* name = "int8_blocks";
};

/// Which elements a layout stores of a mask: a bsr's whole blocks.
template <class L>
owned_mask stored_by(const owned_mask& m) {
  owned_mask to(m.shape());
  const std::size_t cols = m.shape().cols(), rows = m.shape().rows();
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c) {
      bool any = false;
      for (std::size_t i = 0; i < L::block_rows; ++i) {
        for (std::size_t j = 0; j < L::block_cols; ++j) {
          any = any || m[(r / L::block_rows * L::block_rows + i) * cols + c / L::block_cols * L::block_cols + j];
        }
      }
      if (any) to.keep(r * cols + c);
    }
  }
  return to;
}

template <class L, class P, class B>
void round_trip(const B& b, const extents& shape, const owned_mask& m, std::mt19937_64& random) {
  INFO(L::name << " of " << P::name << ", " << shape.rows() << " x " << shape.cols());
  const std::vector<float> x = test::random_floats(shape.size(), random);
  packed_tensor<P> q(shape);
  quantize(scalar{}, tensor_view<const float, 2>(x.data(), shape), q.view());
  const test::shuffled_executor pool;
  const auto s = compress<L>(b, q, m, {.executor = pool});
  const auto one_by_one = compress<L>(scalar{}, q, m);
  const auto past_caches = compress<L>(b, q, m, {.executor = pool, .stream_from = 0});
  validate("s", s.view());
  const owned_mask stored = stored_by<L>(m);
  REQUIRE(s.stored() == count_kept(stored));

  // The same bytes on every backend and in every order.
  const auto bytes_of = [](const auto& t, std::size_t i) {
    return std::string(reinterpret_cast<const char*>(t.view().plane[i]),
                       sparse_plane_bytes<P>(t.shape(), t.stored())[i]);
  };
  for (std::size_t i = 0; i < detail::plane_count<P>; ++i) {
    REQUIRE(bytes_of(s, i) == bytes_of(one_by_one, i));
    REQUIRE(bytes_of(past_caches, i) == bytes_of(one_by_one, i));
  }

  const tensor<float> dense = dequantize(scalar{}, q);
  const tensor<float> y = dequantize(b, s, {.executor = pool});
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const float expected = stored[i] ? dense[i] : 0.0f;
    REQUIRE(std::memcmp(&y[i], &expected, 4) == 0);
  }
  const tensor<float> streamed = dequantize(b, past_caches, {.stream_from = 0});
  REQUIRE(std::memcmp(streamed.data(), y.data(), shape.size() * 4) == 0);
  // To a view that is not dense: the transpose.
  std::vector<float> turned(shape.size(), 7);
  const tensor_view<float, 2> transpose(turned.data(), shape, {1, static_cast<std::ptrdiff_t>(shape[0])});
  dequantize(b, s.view(), transpose);
  for (std::size_t i = 0; i < shape.size(); ++i) REQUIRE(transpose(i / shape[1], i % shape[1]) == y[i]);

  if constexpr (detail::code_0_is_zero<P>) {
    packed_tensor<P> back(shape);
    expand(b, s.view(), back.view(), {.executor = pool, .stream_from = random() % 2 == 0 ? 0 : ~std::size_t{0}});
    for (std::size_t i = 0; i < shape.size(); ++i) {
      REQUIRE(back.view().code(i) == (stored[i] ? q.view().code(i) : 0));
    }
  }
}

template <class P, class B>
void all_layouts(const B& b, std::mt19937_64& random) {
  for (const extents& shape : {extents(1, 4), extents(4, 12), extents(6, 64), extents(8, 100), extents(2, 1300),
                               extents(12, 2048), extents(300, 1024)}) {
    if (shape.size() > 100000 && !std::same_as<P, fp32>) continue;
    for (const double kept : {0.0, 0.03, 0.5, 1.0}) {
      const owned_mask m = test::random_mask(shape, kept, random);
      round_trip<bitmask, P>(b, shape, m, random);
      round_trip<csr<>, P>(b, shape, m, random);
      if (shape[0] % 2 == 0) round_trip<bsr<2, 4>, P>(b, shape, m, random);
      if constexpr (std::same_as<P, fp32> || std::same_as<P, int4_rows>) {
        round_trip<csr<std::uint16_t>, P>(b, shape, m, random);
        if (shape[1] % 100 == 0) round_trip<bsr<1, 100>, P>(b, shape, m, random);
      }
    }
    round_trip<two_of_four, P>(b, shape, test::random_two_of_four(shape, random), random);
  }
  round_trip<bitmask, P>(b, extents(7, 33), test::random_mask(extents(7, 33), 0.4, random), random);
}

#if defined(DETENT_TEST_FEW_FORMATS)
using formats = std::tuple<fp32, bf16, int8_blocks, int4_rows, nf4>;
#else
using formats = std::tuple<fp32, fp16, bf16, int8, int8_blocks, int4_rows, nf4, torch::quint8_channels>;
#endif

}  // namespace

TEMPLATE_LIST_TEST_CASE("what is kept comes back, what is pruned is +0", "[sparse]", formats) {
  std::mt19937_64 random(3);
  all_layouts<TestType>(native{}, random);
  // What scalar stores is compared with in every case; its own reading is the same text for all.
  if constexpr (std::same_as<TestType, fp32> || std::same_as<TestType, int4_rows>)
    all_layouts<TestType>(scalar{}, random);
}

TEMPLATE_TEST_CASE("survivors past the caches lie where they should, and nothing beside them", "[sparse]", fp32, bf16,
                   int8_blocks) {
  using code = code_t<typename TestType::codec>;
  std::mt19937_64 random(5);
  const extents shape(97, 1031);  // several tasks, whose lines begin anywhere
  const std::vector<float> x = test::random_floats(shape.size(), random);
  packed_tensor<TestType> q(shape);
  quantize(scalar{}, tensor_view<const float, 2>(x.data(), shape), q.view());
  const test::shuffled_executor pool;
  for (const double kept : {0.0, 0.0001, 0.01, 0.5, 1.0}) {
    const owned_mask m = test::random_mask(shape, kept, random);
    const auto expected = compress<bitmask>(scalar{}, q, m);
    const std::size_t bytes = expected.stored() * sizeof(code);
    for (std::size_t at = 0; at < 2 * cache_line; at += at % 8 == 0 ? 1 : sizeof(code) + 1) {
      INFO(kept << " at " << at);
      std::vector<std::uint8_t> memory(bytes + 4 * cache_line, 0xA5);
      auto owner = compress<bitmask>(scalar{}, q, m);
      auto to = owner.view();
      std::uint8_t* const first = memory.data() + cache_line + at;
      to.plane[0] = first;
      compress(native{}, q.view(), m, to, {.executor = pool, .stream_from = 0});
      REQUIRE(std::memcmp(first, expected.view().plane[0], bytes) == 0);
      REQUIRE(std::count(memory.data(), first, 0xA5) == first - memory.data());
      REQUIRE(std::count(first + bytes, memory.data() + memory.size(), 0xA5) ==
              memory.data() + memory.size() - (first + bytes));
    }
  }
}

TEST_CASE("a tensor of elements is compressed where it lies") {
  std::mt19937_64 random(4);
  const extents shape(3, 70);
  const std::vector<float> x = test::random_floats(shape.size(), random);
  const owned_mask m = test::random_mask(shape, 0.3, random);
  const auto s = compress<bitmask, fp32>(native{}, tensor_view<const float, 2>(x.data(), shape), m);
  const auto y = dequantize(native{}, s);
  for (std::size_t i = 0; i < shape.size(); ++i) CHECK(y[i] == (m[i] ? x[i] : 0.0f));
  CHECK(s.bytes() == 3 * 9 + 3 * 8 + 4 * count_kept(m));

  const tensor_view<const float, 2> strided(x.data(), extents(3, 35), {70, 2});
  CHECK(test::refusal([&] { (compress<bitmask, fp32>(native{}, strided, keep_all{extents(3, 35)})); }) ==
        "compress: the tensor of the shape [3, 35] is not dense and row-major");
}

TEST_CASE("sparse storage refuses what it cannot hold") {
  const extents shape(4, 8);
  std::vector<float> x(32, 1);
  const tensor_view<const float, 2> view(x.data(), shape);
  CHECK(test::refusal([&] { (compress<two_of_four, fp32>(native{}, view, keep_all{shape})); }) ==
        "compress: a group of four in row 3 keeps another number than two; two_of_four holds no other");
  CHECK(test::refusal([&] { (compress<bsr<3, 4>, fp32>(native{}, view, keep_all{shape})); }) ==
        "stored_elements: the shape [4, 8] cannot be divided into blocks of 3 x 4");
  CHECK(test::refusal([] { (sparse_tensor<two_of_four, fp32>(extents(2, 6), 6)); }) ==
        "sparse_tensor: the shape [2, 6] has rows of 6, no multiple of 4");
  CHECK(test::refusal([] { (sparse_tensor<csr<std::uint8_t>, fp32>(extents(1, 257), 6)); }) ==
        "sparse_tensor: the shape [1, 257] has 257 columns of blocks; 256 at most");
  sparse_tensor<bitmask, fp32> s(shape, 31);
  CHECK(test::refusal([&] { compress(native{}, view, keep_all{shape}, s.view()); }) ==
        "compress: the mask stores 32 elements or blocks, but there is room for 31");
  CHECK(test::refusal([&] { compress(native{}, view, keep_all{extents(8, 4)}, s.view()); }) ==
        "compress: the shapes [8, 4] and [4, 8] differ");
  auto nothing = s.view();
  nothing.plane[0] = nullptr;
  CHECK(test::refusal([&] { compress(native{}, view, keep_all{shape}, nothing); }) ==
        "compress: plane 0 of the fp32 tensor is a null pointer");
}

TEST_CASE("an index that contradicts itself is refused") {
  const extents shape(2, 12);
  std::mt19937_64 random(5);
  const std::vector<float> x(24, 1);
  const tensor_view<const float, 2> view(x.data(), shape);
  const auto refused = [](const auto& s) { return test::refusal([&] { validate("t", s); }); };

  auto b = compress<bitmask, fp32>(scalar{}, view, keep_all{shape});
  CHECK(refused(b.view()).empty());
  b.view().index.row_offsets[1] = 11;
  CHECK(refused(b.view()) == "t: row 1 begins at survivor 11, but the bitmask has 12 before it");
  b.view().index.row_offsets[1] = 12;
  b.view().index.bits[3] = 0x1F;
  CHECK(refused(b.view()) == "t: row 1 of the bitmask keeps columns behind the last of 12");
  b.view().index.bits[3] = 0x07;
  CHECK(refused(b.view()) == "t: the bitmask keeps 23 elements, but 24 are stored");
  auto more = b.view();
  more.stored = 25;
  CHECK(refused(more) == "t: 25 elements are stored, but the shape [2, 12] has 24");

  auto t = compress<two_of_four, fp32>(scalar{}, view, test::random_two_of_four(shape, random));
  CHECK(refused(t.view()).empty());
  t.view().index.metadata[0] = 0x45;
  CHECK(refused(t.view()) == "t: group 0 of row 0 has the metadata 5, which names no two places");
  t.view().index.metadata[0] = 0x44;
  t.view().index.metadata[1] = 0x14;
  CHECK(refused(t.view()) == "t: group 3 of row 0 has the metadata 1, which names no two places");

  auto c = compress<csr<>, fp32>(scalar{}, view, keep_all{shape});
  CHECK(refused(c.view()).empty());
  const auto index = c.view().index;
  index.columns[3] = 12;
  CHECK(refused(c.view()) == "t: row 0 has column 12 of 12");
  index.columns[3] = 2;
  CHECK(refused(c.view()) == "t: row 0 has column 2 behind column 2");
  index.columns[3] = 3;
  index.row_offsets[1] = ~std::uint64_t{0};
  CHECK(refused(c.view()) == "t: row 0 of the index is [0, 18446744073709551615) of 24");
  index.row_offsets[1] = 12;
  index.row_offsets[2] = 23;
  CHECK(refused(c.view()) == "t: the last row ends at 23, but 24 are stored");
  index.row_offsets[0] = 1;
  CHECK(refused(c.view()) == "t: row 0 begins at 1, not at 0");
}

TEST_CASE("empty tensors are stored as nothing") {
  for (const extents& shape : {extents(0, 8), extents(4, 0)}) {
    const tensor_view<const float, 2> view(nullptr, shape);
    CHECK(compress<bitmask, fp32>(native{}, view, keep_all{shape}).stored() == 0);
    CHECK(compress<two_of_four, fp32>(native{}, view, keep_all{shape}).stored() == 0);
    const auto s = compress<csr<>, fp32>(native{}, view, keep_all{shape});
    validate("s", s.view());
    CHECK(dequantize(native{}, s).size() == 0);
  }
}

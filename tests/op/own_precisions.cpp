// SPDX-License-Identifier: MIT
//
// Precisions that put parts of the library together as none of its own formats does: packings in whole blocks past the
// caches, scales with blocks of their own of groups that are no runs, a mean with a scale for each column, records and
// packings that a task must not cut.
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "detent/backend/native.hpp"
#include "detent/backend/scalar.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/format/family/table.hpp"
#include "detent/format/fp16.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/quantize.hpp"
#include "detent/scale/absmax.hpp"
#include "detent/scale/affine.hpp"
#include "support/data.hpp"
#include "support/executors.hpp"
#include "support/naive.hpp"
#include "support/packed_buffer.hpp"

namespace {

using detent::extents;
using detent::native;
using detent::scalar;

struct halves_of_32 : detent::precision<detent::symmetric_codec<4>, detent::blocks_of<20>> {
  static constexpr const char* name = "own::halves_of_32";
  using packing = detent::split_halves<32>;
};
struct halves_of_rows : detent::precision<detent::symmetric_codec<4>, detent::blocks_of<32>> {
  static constexpr const char* name = "own::halves_of_rows";
  using packing = detent::split_halves<32>;
};
struct halves_of_96 : detent::precision<detent::symmetric_codec<4>, detent::per_tensor> {
  static constexpr const char* name = "own::halves_of_96";
  using packing = detent::split_halves<96>;
};
struct scale_of_256 : detent::precision<detent::unsigned_codec<6>, detent::blocks_of<256>> {
  static constexpr const char* name = "own::scale_of_256";
};
/// Columns, whose scales are 6 bits in blocks.
struct columns : detent::precision<detent::symmetric_codec<8>, detent::per_channel<1>> {
  static constexpr const char* name = "own::columns";
  using scale = scale_of_256;
};
struct scale_of_80 : detent::precision<detent::unsigned_codec<6>, detent::blocks_of<80>> {
  static constexpr const char* name = "own::scale_of_80";
  using scale = detent::fp16;
};
struct columns_of_80 : detent::precision<detent::symmetric_codec<8>, detent::per_channel<1>> {
  static constexpr const char* name = "own::columns_of_80";
  using scale = scale_of_80;
};
struct plain_columns : detent::precision<detent::symmetric_codec<8>, detent::per_channel<1>> {
  static constexpr const char* name = "own::plain_columns";
};
/// The mean of the tensor first.
struct centered_columns : plain_columns {
  static constexpr const char* name = "own::centered_columns";
  using shift = detent::fp32;
  using shift_grouping = detent::per_tensor;
};
/// The mean, and scales that need the whole tensor, too.
struct whole_scale : detent::precision<detent::unsigned_codec<8>, detent::per_tensor> {
  static constexpr const char* name = "own::whole_scale";
};
struct centered_blocks : detent::precision<detent::symmetric_codec<8>, detent::blocks_of<32>> {
  static constexpr const char* name = "own::centered_blocks";
  using scale = whole_scale;
  using shift = detent::fp32;
  using shift_grouping = detent::per_tensor;
};
struct blocks : detent::precision<detent::symmetric_codec<8>, detent::blocks_of<32>> {
  static constexpr const char* name = "own::blocks";
  using scale = whole_scale;
};
/// Two groups of a record that its packing takes as one.
struct records : detent::precision<detent::symmetric_codec<4>, detent::blocks_of<2048>> {
  static constexpr const char* name = "own::records";
  using packing = detent::split_halves<4096>;
  using layout = detent::record<4096, 2056, 0, 2048>;
};
/// Words of eight nibbles in an order of their own, without a block, as AWQ has them.
struct words_of_eight {
  static constexpr std::size_t order[] = {0, 4, 1, 5, 2, 6, 3, 7};
  static constexpr std::size_t at(std::size_t i) { return i / 8 * 8 + order[i % 8]; }

  template <int Bits>
  static constexpr std::size_t bytes(std::size_t count) {
    return (count + 7) / 8 * 4;
  }
  template <int Bits>
  static constexpr std::uint32_t get(const std::uint8_t* from, std::size_t i) {
    return detent::low_bits_first::get<4>(from, at(i));
  }
  template <int Bits>
  static constexpr void put(std::uint8_t* to, std::size_t i, std::uint32_t code) {
    detent::low_bits_first::put<4>(to, at(i), code);
  }
};
static_assert(detent::packing<words_of_eight, 4>);
struct awq_rows : detent::precision<detent::symmetric_codec<4>, detent::per_channel<0>> {
  static constexpr const char* name = "own::awq_rows";
  using packing = words_of_eight;
};
/// Records without scales, of six codes.
struct records_of_six : detent::precision<detent::symmetric_codec<4>> {
  static constexpr const char* name = "own::records_of_six";
  using layout = detent::record<6, 3, 0>;
};
/// Ten codes of three bits in four bytes, whose last two bits are nobody's.
struct ten_in_four_bytes {
  static constexpr int block = 10;

  template <int Bits>
  static constexpr std::size_t bytes(std::size_t count) {
    return (count + 9) / 10 * 4;
  }
  template <int Bits>
  static constexpr std::uint32_t get(const std::uint8_t* from, std::size_t i) {
    return detent::low_bits_first::get<3>(from + i / 10 * 4, i % 10);
  }
  template <int Bits>
  static constexpr void put(std::uint8_t* to, std::size_t i, std::uint32_t code) {
    detent::low_bits_first::put<3>(to + i / 10 * 4, i % 10, code);
  }
};
struct tens : detent::precision<detent::symmetric_codec<3>, detent::blocks_of<20>> {
  static constexpr const char* name = "own::tens";
  using packing = ten_in_four_bytes;
};
/// 16 bits with zero points of 16 bits.
struct zero16 : detent::precision<detent::unsigned_codec<16>> {
  static constexpr const char* name = "own::zero16";
};
struct uint16 : detent::precision<detent::unsigned_codec<16>, detent::blocks_of<32>> {
  static constexpr const char* name = "own::uint16";
  using zero_point = zero16;
  using rule = detent::affine_range;
};
/// A book within -1/2 … 1/2: the scale of what is near the greatest float is infinite.
struct small_book {
  static constexpr detent::constant_table<float, 4> values{{-0.5f, -0.25f, 0.25f, 0.5f}};
};
struct small : detent::precision<detent::table_codec<small_book>, detent::blocks_of<64>> {
  static constexpr const char* name = "own::small";
};

std::vector<float> moved(std::vector<float> x, float by) {
  for (float& v : x) v += by;
  return x;
}

template <class P, class B>
detent::quantize_report quantize(const B& b, const std::vector<float>& x, const extents& shape,
                                 const test::packed_buffer<P>& q, const detent::options& with = {}) {
  const auto report = detent::quantize(b, detent::tensor_view<const float, 2>(x.data(), shape), q.view(), with);
  REQUIRE(q.intact());
  return report;
}

/// Past the caches, by native, on several threads: the bytes are those of one thread of scalar through the caches.
template <class P>
void same_every_way(const extents& shape) {
  const std::vector<float> x = test::vec(61, shape.size(), 1);
  const test::packed_buffer<P> expected(shape);
  quantize(scalar{}, x, shape, expected, {.stream_from = ~std::size_t{0}});
  INFO(P::name << ", " << shape[0] << " x " << shape[1]);
  const test::shuffled_executor shuffled{5};
  const test::thread_executor threads{2};
  const auto check = [&](const auto& b, const detent::options& with) {
    const test::packed_buffer<P> found(shape, 0x3C);
    quantize(b, x, shape, found, with);
    CHECK(found == expected);
  };
  for (const std::size_t stream_from : {std::size_t{0}, ~std::size_t{0}}) {
    check(scalar{}, {.stream_from = stream_from});
    check(native{}, {.executor = shuffled, .stream_from = stream_from});
    check(native{}, {.executor = threads, .stream_from = stream_from});
  }
}

/// Where its tasks begin.
template <class P>
std::vector<std::size_t> begins(const extents& shape) {
  std::vector<std::size_t> at;
  detent::detail::for_each_part<P>(shape, detent::executor_ref{},
                                   [&](std::size_t first, std::size_t) { at.push_back(first); });
  return at;
}

/// The scales of a precision with a scale for each column are those of its columns, quantized as a tensor.
template <class P>
void same_scales(const extents& shape) {
  const std::vector<float> x = test::vec(62, shape.size(), 1);
  std::vector<float> scales(shape[1]);
  for (std::size_t col = 0; col < shape[1]; ++col) {
    float amax = 0;
    for (std::size_t row = 0; row < shape[0]; ++row) amax = std::max(amax, std::fabs(x[row * shape[1] + col]));
    scales[col] = amax / 127.0f;
  }
  const extents groups = P::grouping::groups(shape);
  REQUIRE(groups.size() == scales.size());
  const test::packed_buffer<typename P::scale> expected(groups);
  detent::quantize(scalar{}, detent::tensor_view<const float, 1>(scales.data(), {scales.size()}), expected.view());
  const test::thread_executor threads{2};
  for (const detent::options& with : {detent::options{}, detent::options{.executor = threads}}) {
    const test::packed_buffer<P> q(shape);
    quantize(scalar{}, x, shape, q, with);
    INFO(P::name << ", " << shape[1] << " columns");
    std::size_t wrong = 0;
    for (std::size_t g = 0; g < scales.size(); ++g)
      wrong += test::naive_value(q.read().scale(), g) == test::naive_value(expected.read(), g) ? 0 : 1;
    CHECK(wrong == 0);
  }
}

/// Centered codes are those of the elements without their mean.
template <class Centered, class Plain>
void same_without_mean(const extents& shape) {
  const std::vector<float> x = moved(test::vec(63, shape.size(), 1), 100);
  const test::packed_buffer<Centered> q(shape);
  quantize(scalar{}, x, shape, q);
  float mean = 0;
  detent::dequantize(scalar{}, q.read().shift(), detent::tensor_view<float, 1>(&mean, {std::size_t{1}}));
  CHECK(mean == Approx(100).epsilon(0.01));
  const std::vector<float> rest = moved(x, -mean);
  const test::packed_buffer<Plain> expected(shape);
  quantize(scalar{}, rest, shape, expected);
  CHECK(q.plane(0) == expected.plane(0));
  CHECK(q.plane(1) == expected.plane(1));
}

}  // namespace

TEST_CASE("blocks of a packing are written whole, whatever the groups", "[op]") {
  for (const std::size_t cols : {1u, 33u, 2000u, 4096u}) same_every_way<halves_of_32>(extents(std::size_t{1}, cols));
  same_every_way<halves_of_rows>(extents(100, 48));
  same_every_way<halves_of_rows>(extents(64, 4096));
  same_every_way<halves_of_96>(extents(600, 1000));
  same_every_way<awq_rows>(extents(64, 1028));
  same_every_way<records_of_six>(extents(600, 1002));
  same_every_way<uint16>(extents(64, 1000));
}

TEST_CASE("bits that are no code's stay as they were, past the caches, too", "[op]") {
  const extents shape(32, 1000);
  const std::vector<float> x = test::vec(65, shape.size(), 1);
  const test::packed_buffer<tens> a(shape), b(shape);
  quantize(scalar{}, x, shape, a, {.stream_from = ~std::size_t{0}});
  quantize(native{}, x, shape, b, {.stream_from = 0});
  CHECK(a == b);
}

TEST_CASE("tasks begin at whole blocks of a packing, and at records", "[op]") {
  const std::vector<std::size_t> of_blocks = begins<halves_of_96>(extents(600, 1000));
  CHECK(of_blocks.size() > 4);
  for (const std::size_t first : of_blocks) CHECK(first % 96 == 0);
  const std::vector<std::size_t> of_records = begins<records>(extents(33, 3 * 4096));
  CHECK(of_records.size() > 4);
  for (const std::size_t first : of_records) CHECK(first % 4096 == 0);
  for (const std::size_t first : begins<records_of_six>(extents(600, 1002))) CHECK(first % 6 == 0);
  for (const std::size_t first : begins<awq_rows>(extents(600, 1028))) CHECK(first % 8 == 0);
}

TEST_CASE("scales of columns are quantized in their own blocks", "[op]") {
  for (const std::size_t cols : {1u, 80u, 255u, 256u, 257u, 300u, 1024u, 3000u, 40000u}) {
    same_scales<columns>(extents(std::size_t{5}, cols));
    same_scales<columns_of_80>(extents(std::size_t{5}, cols));
  }
}

TEST_CASE("the mean is subtracted first, whatever the groups", "[op]") {
  same_without_mean<centered_columns, plain_columns>(extents(7, 500));
  same_without_mean<centered_columns, plain_columns>(extents(300, 33));
  same_without_mean<centered_blocks, blocks>(extents(300, 64));
}

TEST_CASE("a scale that is beyond the greatest float is reported by every instruction set", "[op]") {
  const extents shape(8, 256);
  std::vector<float> x = test::vec(64, shape.size(), 1);
  x[5] = x[700] = 3e38f;
  const test::packed_buffer<small> expected(shape);
  const auto known = quantize(scalar{}, x, shape, expected);
  CHECK(known.scale_overflows == 2);
  for (const char* set : detent::detail::instruction_set_names) {
    native::limit(set);
    const test::packed_buffer<small> found(shape);
    INFO("limited to " << set);
    CHECK(quantize(native{}, x, shape, found).scale_overflows == 2);
    CHECK(found == expected);
  }
  native::limit("");
}

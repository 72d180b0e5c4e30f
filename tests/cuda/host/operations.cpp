// SPDX-License-Identifier: MIT
//
// Sources, outputs, groupings and rounding besides the plain case, through the kernels; against the host's operations.
#include <cmath>

#include "cuda/host/twin.hpp"
#include "detent/core/type_list.hpp"
#include "detent/cuda/totals.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/nf4.hpp"
#include "detent/format/uint4.hpp"
#include "detent/op/convert.hpp"
#include "detent/op/error.hpp"

namespace {

using detent::extents;
namespace gpu = test::gpu;

template <std::size_t N>
struct absmax_blocks : detent::precision<detent::symmetric_codec<8>, detent::blocks_of<N>> {
  static constexpr const char* name = "absmax_blocks";
};
template <std::size_t N>
struct signed_blocks : detent::precision<detent::signed_codec<4>, detent::flat_blocks_of<N>> {
  static constexpr const char* name = "signed_blocks";
  using rule = detent::signed_absmax;
};
struct signed_rows : detent::precision<detent::signed_codec<8>, detent::per_channel<0>> {
  static constexpr const char* name = "signed_rows";
  using rule = detent::signed_absmax;
};
struct columns : detent::precision<detent::symmetric_codec<8>, detent::per_channel<1>> {
  static constexpr const char* name = "columns";
};
struct signed_columns : detent::precision<detent::signed_codec<8>, detent::per_channel<1>> {
  static constexpr const char* name = "signed_columns";
  using rule = detent::signed_absmax;
};

/// Quantizes any source with the kernels; memory is as the twin's.
template <class P, class Source, class Rounding>
test::fenced_packed<P> by_kernels(const Source& x, const extents& shape, const Rounding& rounding) {
  gpu::arena needed;
  gpu::count_workspace<P>(shape, needed);
  const test::fenced workspace(needed.used, true);
  test::fenced_packed<P> q(shape, true, 0x5A);
  test::host_launcher launch(11);
  gpu::quantize_all(launch, x, q.view(), rounding, workspace.data());
  CHECK(q.intact());
  return q;
}

template <class T, std::size_t Rank>
gpu::tensor_input<const T, Rank> input(const detent::tensor_view<const T, Rank>& x) {
  return {gpu::elements<const T, Rank>::of(x)};
}

}  // namespace

TEST_CASE("kernels: blocks of every size, rows and columns") {
  test::check_shapes<absmax_blocks<16>>();
  test::check_shapes<absmax_blocks<512>>();
  test::check_shapes<absmax_blocks<2048>>();
  test::check_shapes<absmax_blocks<100>>();
  test::check_shapes<signed_blocks<64>>();
  test::check_shapes<signed_blocks<1024>>();
  test::check_shapes<signed_rows>();
  test::check_shapes<columns>();
  test::check_shapes<signed_columns>();
}

TEST_CASE("kernels: long rows") {
  for (const std::size_t cols : {2048u, 2056u, 8192u, 16384u, 16392u, 40000u}) {
    test::check_twin<detent::int8_rows>(extents(std::size_t{3}, cols), 0);
    test::check_twin<signed_rows>(extents(std::size_t{2}, cols), 3);
  }
}

TEMPLATE_TEST_CASE("kernels: elements of two bytes", "", detent::fp16, detent::bf16) {
  using half = detent::element<TestType>;
  const extents shape(9, 328);
  const std::vector<float> values = test::inputs(shape.size(), 1);
  std::vector<half> x(values.begin(), values.end());
  const detent::tensor_view<const half, 2> view(x.data(), shape);
  const test::fenced_packed<detent::bnb::nf4> expected(shape, true);
  detent::quantize(detent::scalar{}, view, expected.view());
  REQUIRE(by_kernels<detent::bnb::nf4>(input(view), shape, detent::nearest{}) == expected);

  test::host_launcher launch(5);
  for (const bool strided : {false, true}) {
    std::vector<half> a(2 * shape.size(), half(0.25f));
    std::vector<half> b = a;
    const std::ptrdiff_t row = strided ? 656 : 328;
    const detent::tensor_view<half, 2> to_a(a.data(), shape, {row, 1});
    const detent::tensor_view<half, 2> to_b(b.data(), shape, {row, 1});
    detent::dequantize_add(detent::scalar{}, expected.read(), to_a);
    gpu::dequantize_all<true>(launch, expected.read(), to_b);
    for (std::size_t i = 0; i < a.size(); ++i) {
      const float of_a = static_cast<float>(a[i]);
      if (a[i].bits != b[i].bits) REQUIRE((std::isnan(of_a) && std::isnan(static_cast<float>(b[i]))));
    }
  }
}

TEST_CASE("kernels: a transposed tensor") {
  const std::vector<float> x = test::inputs(100 * 64, 0);
  const extents shape(64, 100);
  const detent::tensor_view<const float, 2> view(x.data(), shape, {1, 64});
  const test::fenced_packed<detent::uint4> expected(shape, true);
  detent::quantize(detent::scalar{}, view, expected.view());
  REQUIRE(by_kernels<detent::uint4>(input(view), shape, detent::nearest{}) == expected);
}

TEST_CASE("kernels: rounding at random has the host's numbers") {
  const extents shape(5, 136);
  const std::vector<float> x = test::inputs(shape.size(), 0);
  const detent::tensor_view<const float, 2> view(x.data(), shape);
  const auto check = [&]<class P>() {
    INFO(P::name);
    const test::fenced_packed<P> expected(shape, true);
    detent::quantize(detent::scalar{}, view, expected.view(), detent::stochastic{9});
    REQUIRE(by_kernels<P>(input(view), shape, detent::stochastic{9}) == expected);
  };
  detent::type_list<detent::nf4, detent::int8_rows, detent::uint4, detent::bf16, detent::bnb::fp4>::for_each(check);
}

TEST_CASE("kernels: convert and encode") {
  for (const std::size_t cols : {256u, 100u, 33u}) {
    const extents shape(std::size_t{6}, cols);
    const std::vector<float> x = test::inputs(shape.size(), 0);
    const detent::tensor_view<const float, 2> view(x.data(), shape);
    const test::fenced_packed<detent::bnb::nf4_double_quant> from(shape, true);
    detent::quantize(detent::scalar{}, view, from.view());
    const test::fenced_packed<detent::int8_rows> expected(shape, true);
    detent::convert(detent::scalar{}, from.read(), expected.view());
    using source = detent::packed_view<detent::bnb::nf4_double_quant, const std::uint8_t>;
    const gpu::packed_input<source> packed{from.read(), gpu::tables<detent::bnb::nf4_double_quant>::make()};
    const auto q = by_kernels<detent::int8_rows>(packed, shape, detent::nearest{});
    REQUIRE(q == expected);

    test::host_launcher launch(3);
    const std::vector<float> other = test::inputs(shape.size(), 2);
    const detent::tensor_view<const float, 2> second(other.data(), shape);
    detent::encode(detent::scalar{}, second, expected.view());
    gpu::encode_all(launch, input(second), q.view(), detent::nearest{});
    REQUIRE(q == expected);
  }
}

TEST_CASE("kernels: a mean is the host's to the last bit, also where sums are not exact") {
  const extents shape(3, 64 * 300);
  for (const int variety : {0, 1, 2}) {
    std::vector<float> x = test::inputs(shape.size(), variety);
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (variety == 0 && i % 5000 < 64) x[i] *= 1e-25f;  // some scales are far below the others
      if (!std::isfinite(x[i])) x[i] = 1;
    }
    const detent::tensor_view<const float, 2> view(x.data(), shape);
    using P = detent::bnb::nf4_double_quant;
    const test::fenced_packed<P> expected(shape, true);
    detent::quantize(detent::scalar{}, view, expected.view());
    REQUIRE(by_kernels<P>(input(view), shape, detent::nearest{}) == expected);
  }
}

TEST_CASE("kernels: measures are the host's, but for the order of sums") {
  const extents shape(40, 520);
  const std::vector<float> x = test::inputs(shape.size(), 3);
  const detent::tensor_view<const float, 2> view(x.data(), shape);
  const test::fenced_packed<detent::nf4> q(shape, true);
  detent::quantize(detent::scalar{}, view, q.view());
  const detent::error_metrics expected = detent::measure_error(detent::scalar{}, view, q.read());
  std::vector<detent::error_totals> parts(2048);
  detent::error_totals totals;
  test::host_launcher launch(7);
  gpu::measure_packed(launch, input(view), q.read(), parts.data(), &totals);
  const detent::error_metrics got = totals.metrics(shape.size());
  CHECK(got.nan == expected.nan);
  CHECK(got.infinite == expected.infinite);
  CHECK(got.lost == expected.lost);
  CHECK(got.saturated == expected.saturated);
  CHECK(got.zero_groups == expected.zero_groups);
  CHECK(got.max == expected.max);
  CHECK(got.rmse == Approx(expected.rmse).epsilon(1e-12));
  CHECK(got.sqnr_db == Approx(expected.sqnr_db).epsilon(1e-12));
  CHECK(got.cosine == Approx(expected.cosine).epsilon(1e-12));
}

// SPDX-License-Identifier: MIT
//
// Quantizing through a mask, for every format: what is pruned decodes to exactly 0, what is left decodes as if zeros
// had been written first, and formats without an exact zero are known.
#include <concepts>
#include <string>
#include <type_traits>

#include "detent/backend/native.hpp"
#include "detent/detent.hpp"
#include "mask/support.hpp"
#include "support/executors.hpp"
#include "support/formats.hpp"

namespace {

using namespace detent;

template <class P>
std::vector<float> decoded(const packed_tensor<P>& q) {
  std::vector<float> y(q.size());
  dequantize(scalar{}, q.view(), tensor_view<float, 2>(y.data(), q.shape()));
  return y;
}

/// Positive values, so that a range of survivors alone does not hold 0.
std::vector<float> input(std::size_t n, bool positive) {
  std::vector<float> x = test::vec(11, n, 3);
  if (positive) {
    for (float& v : x) v = std::fabs(v) + 1;
  }
  return x;
}

/// Formats of every kind go through the kernels of this processor, the others through the definition: to compile all
/// for all instruction sets takes minutes.
template <class P>
using chosen_backend =
    std::conditional_t<std::same_as<P, nf4> || std::same_as<P, int4> || std::same_as<P, int8_rows> ||
                           std::same_as<P, fp8_e4m3fn> || std::same_as<P, ocp::mxfp4> || std::same_as<P, ggml::q8_0>,
                       native, scalar>;

template <class P>
void check(const extents& shape, bool positive) {
  INFO(P::name << (positive ? ", positive" : ""));
  const std::vector<float> x = input(shape.size(), positive);
  const tensor_view<const float, 2> w(x.data(), shape);
  const bit_mask m = prune(native{}, w, random_elements(0.4, 5).then(channels(0, 1)));
  packed_tensor<P> q(shape), twin(shape);
  const test::thread_executor threads{2};
  quantize(chosen_backend<P>{}, w, masked_by(m.view()), q.view(), {.executor = threads});
  const std::vector<float> y = decoded(q);
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!m[i]) REQUIRE(y[i] == 0);
  }
  std::vector<float> zeroed = x;
  apply(scalar{}, m.view(), tensor_view<float, 2>(zeroed.data(), shape));
  quantize(scalar{}, tensor_view<const float, 2>(zeroed.data(), shape), twin.view());
  REQUIRE(y == decoded(twin));
}

}  // namespace

TEST_CASE("what is pruned decodes to exactly 0 in every format that has a 0") {
  const extents shape(9, 512);
  std::string without;
  test::formats::for_each([&]<class P>() {
    if constexpr (keeps_zero<P>) {
      check<P>(shape, false);
      check<P>(shape, true);
    } else {
      without += std::string(P::name) + " ";
    }
  });
#if defined(DETENT_TEST_FEW_FORMATS)
  REQUIRE(without == "e8m0 ggml::q4_1 ");
#else
  REQUIRE(without == "e8m0 e8m0_down e8m0_nearest ggml::q4_1 ggml::q5_1 ggml::iq4_nl ggml::q4_k ");
#endif
}

TEST_CASE("formats without a zero quantize through a mask when told to") {
  const extents shape(2, 64);
  const std::vector<float> x = test::vec(2, 128, 1);
  const tensor_view<const float, 2> w(x.data(), shape);
  const bit_mask m = prune(native{}, w, magnitude(0.5));
  packed_tensor<ggml::iq4_nl> q(shape);
  quantize(native{}, w, masked_by(m.view(), inexact_zero{}), q.view());
  REQUIRE(decoded(q).size() == 128);
}

TEST_CASE("a masked tensor is an element source") {
  const extents shape(7, 100);
  const std::vector<float> x = test::vec(2, 700, 1);
  const tensor_view<const float, 2> w(x.data(), shape);
  const bit_mask m = prune(native{}, w, magnitude(0.5));
  const auto seen = masked(native{}, w, m.view());
  static_assert(element_source<decltype(seen)>);
  std::vector<float> run(700);
  for (const std::size_t first : {0u, 1u, 63u, 64u, 130u}) {
    for (const std::size_t n : {1u, 64u, 500u}) {
      seen.read(first, n, run.data());
      for (std::size_t i = 0; i < n; ++i) REQUIRE(run[i] == (m[first + i] ? x[first + i] : 0.0f));
    }
  }
  REQUIRE(count_parameters(native{}, seen, 0).nonzero == 350);
  REQUIRE_THROWS_WITH(masked(native{}, w, keep_all{{7, 99}}),
                      Catch::Equals("masked: the shapes [7, 100] and [7, 99] differ"));
}

TEST_CASE("everything pruned") {
  const extents shape(2, 64);
  const std::vector<float> x = test::vec(2, 128, 1);
  packed_tensor<int8> q(shape);
  const auto report =
      quantize(native{}, tensor_view<const float, 2>(x.data(), shape), masked_by(!keep_all{shape}), q.view());
  REQUIRE(report.zero_groups == 1);
  REQUIRE(decoded(q) == std::vector<float>(128, 0.0f));
}

// SPDX-License-Identifier: MIT
//
// The whole way while the program is compiled: quantize, pack, dequantize.
#include <array>
#include <catch2/catch.hpp>

#include "detent/backend/scalar.hpp"
#include "detent/format/fp16.hpp"
#include "detent/format/ggml.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/nf4.hpp"
#include "detent/format/ocp.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/quantize.hpp"

namespace {

constexpr std::size_t n = 32;

constexpr std::array<float, n> ramp = [] {
  std::array<float, n> x{};
  for (std::size_t i = 0; i < n; ++i) x[i] = (static_cast<float>(i) - 16.0f) * 0.5f;
  return x;
}();

template <class P, class... Plane>
constexpr std::array<float, n> there_and_back(const float* x, Plane... plane) {
  const detent::extents shape(std::size_t{1}, n);
  const detent::packed_view<P, std::uint8_t> q{shape, plane...};
  detent::quantize(detent::scalar{}, detent::tensor_view<const float, 2>(x, shape), q);
  std::array<float, n> y{};
  detent::dequantize(detent::scalar{}, q, detent::tensor_view<float, 2>(y.data(), shape));
  return y;
}

constexpr std::array<float, n> planar_nf4() {
  std::array<std::uint8_t, n / 2> codes{};
  std::array<std::uint8_t, 4> scale{};
  return there_and_back<detent::nf4>(ramp.data(), codes.data(), scale.data());
}
constexpr std::array<float, n> planar_int8() {
  std::array<std::uint8_t, n> codes{};
  std::array<std::uint8_t, 4> scale{};
  return there_and_back<detent::int8>(ramp.data(), codes.data(), scale.data());
}
constexpr std::array<float, n> codes_alone() {
  std::array<std::uint8_t, 2 * n> codes{};
  return there_and_back<detent::fp16>(ramp.data(), codes.data());
}
constexpr std::array<float, n> one_record() {
  std::array<std::uint8_t, 18> block{};
  return there_and_back<detent::ggml::q4_0>(ramp.data(), block.data());
}
constexpr std::array<float, n> planar_mxfp4() {
  std::array<std::uint8_t, n / 2> codes{};
  std::array<std::uint8_t, 1> scale{};
  return there_and_back<detent::ocp::mxfp4>(ramp.data(), codes.data(), scale.data());
}

static_assert(codes_alone() == ramp);
static_assert(planar_nf4()[0] == -8.0f && planar_nf4()[16] == 0.0f);
static_assert(planar_int8()[0] == -8.0f && planar_int8()[16] == 0.0f);
static_assert(one_record()[0] == -8.0f && one_record()[16] == 0.0f && one_record()[18] == 1.0f);
static_assert(planar_mxfp4()[0] == -8.0f && planar_mxfp4()[16] == 0.0f && planar_mxfp4()[31] == 8.0f);

}  // namespace

TEST_CASE("the compiler and the program compute the same", "[format]") {
  constexpr std::array<float, n> compiled[] = {planar_nf4(), planar_int8(), codes_alone(), one_record(),
                                               planar_mxfp4()};
  const std::array<float, n> ran[] = {planar_nf4(), planar_int8(), codes_alone(), one_record(), planar_mxfp4()};
  for (std::size_t i = 0; i < 5; ++i) REQUIRE(compiled[i] == ran[i]);
}

// SPDX-License-Identifier: MIT
//
// PyTorch's observers and fake quantization: scale bits, zero points and values, also for ranges of one's own.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "detent/backend/scalar.hpp"
#include "detent/format/torch.hpp"
#include "detent/op/quantize.hpp"
#include "support/data.hpp"
#include "support/naive.hpp"
#include "support/packed_buffer.hpp"

namespace {

using detent::extents;
using nlohmann::json;

/// quant_min and quant_max of one's own: a codec with these ends, in a code of eight bits.
template <int Min, int Max, class Rule>
struct ranged : detent::precision<detent::integer_codec<8, Min, Max>, detent::per_tensor> {
  static constexpr const char* name = "ranged";
  struct zero_codec : detent::integer_codec<9, -128, 255> {};
  struct zero_point_precision : detent::precision<zero_codec> {
    static constexpr const char* name = "ranged_zero_point";
  };
  using zero_point = zero_point_precision;
  using rule = Rule;
};

template <class P>
void check(const json& c, const std::vector<float>& x) {
  INFO(c.dump());
  const extents shape(x.size());
  const test::packed_buffer<P> q(shape);
  detent::quantize(detent::scalar{}, detent::tensor_view<const float, 1>(x.data(), shape), q.view());
  REQUIRE(detent::low_bits_first::get<32>(q.plane(1).data(), 0) == test::hex(c["scale_bits"]));
  if constexpr (detent::detail::has_zero_point<P>) {
    REQUIRE(test::naive_value(q.read().zero_point(), 0) == static_cast<float>(c["zero_point"].get<int>()));
  } else {
    REQUIRE(c["zero_point"].get<int>() == 0);
  }
  const json& expected = c["fake_quant_first4"];
  for (std::size_t i = 0; i < expected.size(); ++i) {
    REQUIRE(test::naive_value(q.read(), i) == static_cast<float>(expected[i].get<double>()));
  }
}

}  // namespace

TEST_CASE("torch's observers and fake quantization", "[op]") {
  using detent::torch_affine;
  using detent::torch_symmetric;
  const json golden = json::parse(test::read_file("torch_affine_golden.json"));
  int seen = 0;
  for (const json& c : golden["cases"]) {
    std::vector<float> x;
    if (c["data"] == "vec") {
      x = test::vec(3, 64, 1);
    } else {
      for (const json& number : golden["data"][c["data"].get<std::string>()]) {
        x.push_back(static_cast<float>(number.get<double>()));
      }
    }
    const int min = c["quant_min"];
    const int max = c["quant_max"];
    const bool affine = c["qscheme"] == "per_tensor_affine";
    const bool is_default = c["args"].empty();
    const int before = seen++;
    if (affine && is_default && min == 0) {
      check<detent::torch::quint8>(c, x);
    } else if (affine && is_default) {
      check<detent::torch::qint8_affine>(c, x);
    } else if (is_default && min == 0) {
      check<detent::torch::quint8_symmetric>(c, x);
    } else if (is_default) {
      check<detent::torch::qint8>(c, x);
    } else if (affine && min == 0 && max == 127) {
      check<ranged<0, 127, torch_affine>>(c, x);
    } else if (affine && min == 0 && max == 15) {
      check<ranged<0, 15, torch_affine>>(c, x);
    } else if (affine && min == -64) {
      check<ranged<-64, 63, torch_affine>>(c, x);
    } else if (affine && min == -127) {
      check<ranged<-127, 127, torch_affine>>(c, x);
    } else if (affine && min == -8) {
      check<ranged<-8, 7, torch_affine>>(c, x);
    } else if (min == -64) {
      check<ranged<-64, 63, torch_symmetric>>(c, x);
    } else if (min == -127) {
      check<ranged<-127, 127, torch_symmetric>>(c, x);
    } else if (min == -8) {
      check<ranged<-8, 7, torch_symmetric>>(c, x);
    } else if (min == 0 && max == 15) {
      check<ranged<0, 15, torch_symmetric>>(c, x);
    } else {
      seen = before;
    }
  }
  REQUIRE(seen == 91);
}

TEST_CASE("torch multiplies by the reciprocal of the scale", "[op]") {
  // Where division gives 2 and 64, torch gives 3 and 63.
  struct trial {
    std::uint32_t x, scale;
    int code;
  };
  for (const trial t : {trial{0x3E5D9A45, 0x3DB14837, 3}, trial{0x41715FF8, 0x3E734685, 63}}) {
    const float x[] = {test::as_float(t.x)};
    const extents shape(std::size_t{1});
    const test::packed_buffer<detent::torch::qint8> q(shape);
    detent::low_bits_first::put<32>(q.plane(1).data(), 0, t.scale);
    detent::encode(detent::scalar{}, detent::tensor_view<const float, 1>(x, shape), q.view());
    REQUIRE(static_cast<std::int8_t>(q.plane(0).data()[0]) == t.code);
  }
}

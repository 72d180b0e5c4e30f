// SPDX-License-Identifier: MIT
//
// With a workspace the scales of double-quantized formats are stored last: the same bytes, and the same report.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "detent/backend/native.hpp"
#include "detent/backend/scalar.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/nvidia.hpp"
#include "detent/store/packed_tensor.hpp"
#include "support/data.hpp"
#include "support/executors.hpp"

namespace {

using detent::extents;
using detent::scalar;
using detent::tensor_view;

TEMPLATE_TEST_CASE("a workspace changes nothing but the time", "[op]", detent::bnb::nf4_double_quant,
                   detent::bnb::fp4_double_quant) {
  using P = TestType;
  const test::shuffled_executor shuffled;
  for (const extents& shape : {extents(1, 1), extents(3, 37), extents(5, 4096), extents(700, 333)}) {
    const std::size_t needed = detent::host_workspace_bytes<P>(shape);
    REQUIRE(needed == (shape.size() + 63) / 64 * 4);
    for (const int kind : {0, 1, 2, 3}) {
      std::vector<float> x = test::vec(6, shape.size(), 1);
      if (kind == 1) std::fill(x.begin(), x.end(), 0.0f);
      for (std::size_t i = 0; kind >= 2 && i < x.size(); i += 61)
        x[i] = kind == 2 ? std::numeric_limits<float>::quiet_NaN() : i % 2 == 0 ? 3e38f : 1e-42f;
      const tensor_view<const float, 2> view(x.data(), shape);
      const std::size_t bytes = detent::packed_bytes<P>(shape);
      const auto made = [&](const auto& b, const detent::options& with, const auto&... rounding) {
        detent::packed_tensor<P> q(shape);
        const detent::quantize_report r = quantize(b, view, q.view(), rounding..., with);
        std::string all;
        const auto sizes = detent::plane_bytes<P>(shape);
        for (std::size_t i = 0; i < sizes.size(); ++i)
          all.append(reinterpret_cast<const char*>(q.view().plane(i)), sizes[i]);
        REQUIRE(all.size() == bytes);
        for (const std::size_t count : {r.nan, r.infinite, r.zero_groups, r.scale_overflows, r.scale_underflows})
          all += ' ' + std::to_string(count);
        return all;
      };
      std::vector<std::uint8_t> workspace(needed + 2, 0xA5);
      const auto tried = [&](const auto& b, const auto&... rounding) {
        const std::string expected = made(scalar{}, {}, rounding...);
        for (const std::size_t size : {std::size_t{0}, needed - 1, needed}) {
          detent::options with{.executor = shuffled, .stream_from = size % 2, .workspace_bytes = size};
          with.workspace = workspace.data() + 1;  // of any alignment
          REQUIRE(made(b, with, rounding...) == expected);
        }
        REQUIRE((workspace.front() == 0xA5 && workspace.back() == 0xA5));
      };
      tried(scalar{});
      tried(detent::native{});
      tried(detent::native{}, detent::stochastic{7});
      // The owning form has one of its own.
      const auto owned = detent::quantize<P>(scalar{}, view);
      REQUIRE(std::memcmp(owned.view().plane(0), made(scalar{}, {}).data(), detent::plane_bytes<P>(shape)[0]) == 0);
    }
  }
}

TEST_CASE("formats that read once, or must read twice, ask for no workspace", "[op]") {
  STATIC_REQUIRE(detent::host_workspace_bytes<detent::int8>(extents(8, 8)) == 0);
  STATIC_REQUIRE(detent::host_workspace_bytes<detent::bnb::nf4>(extents(8, 64)) == 0);
  STATIC_REQUIRE(detent::host_workspace_bytes<detent::nvidia::nvfp4>(extents(8, 64)) == 0);
}

}  // namespace

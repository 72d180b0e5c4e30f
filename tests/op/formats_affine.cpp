// SPDX-License-Identifier: MIT
#include "detent/core/type_list.hpp"
#include "detent/format/onnx.hpp"
#include "detent/format/torch.hpp"
#include "exercise.hpp"

TEST_CASE("torch's and ONNX's integers", "[op]") {
  using namespace detent;
  test::exercise_all(
      type_list<torch::qint8, torch::qint8_channels, torch::qint8_affine, torch::quint8, torch::quint8_channels,
                torch::quint8_symmetric, onnx::int8, onnx::int8_channels, onnx::uint8>{});
}

// SPDX-License-Identifier: MIT
//
// A program that names one precision. laws.py looks at what else comes into its object.
#include <detent/backend/scalar.hpp>
#include <detent/format/int8.hpp>
#include <detent/op/dequantize.hpp>
#include <detent/op/quantize.hpp>
#include <detent/store/packed_tensor.hpp>

int main() {
  const float weights[6] = {1, -2, 3, -4, 5, -6};
  const detent::tensor_view<const float, 2> view{weights, {2, 3}};
  const auto quantized = detent::quantize<detent::int8>(detent::scalar{}, view);
  const auto back = detent::dequantize(detent::scalar{}, quantized);
  return back.data() == nullptr;
}

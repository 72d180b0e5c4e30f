// expect: no matching function for call to
// SPDX-License-Identifier: MIT
#include <detent/backend/scalar.hpp>
#include <detent/format/int8.hpp>
#include <detent/op/quantize.hpp>

#ifdef CORRECT
using byte = std::uint8_t;
#else
using byte = const std::uint8_t;
#endif

void quantize(detent::tensor_view<const float, 2> x, byte* codes, float* scales) {
  detent::quantize(detent::scalar{}, x, detent::packed_view<detent::int8, byte>{x.shape(), codes, scales});
}

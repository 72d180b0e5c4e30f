// expect: this precision's codec cannot round at random
// SPDX-License-Identifier: MIT
#include <detent/backend/scalar.hpp>
#include <detent/format/int8.hpp>
#include <detent/op/quantize.hpp>

#ifdef CORRECT
using precision = detent::int8;
void quantize(detent::tensor_view<const float, 2> x, std::uint8_t* codes, float* scales) {
  detent::quantize(detent::scalar{}, x, detent::packed_view<precision, std::uint8_t>{x.shape(), codes, scales},
                   detent::stochastic{1});
}
#else
using precision = detent::fp32;
void quantize(detent::tensor_view<const float, 2> x, std::uint8_t* codes, float*) {
  detent::quantize(detent::scalar{}, x, detent::packed_view<precision, std::uint8_t>{x.shape(), codes},
                   detent::stochastic{1});
}
#endif

// expect: there is no 0 among the values of these elements
// SPDX-License-Identifier: MIT
#include <detent/backend/scalar.hpp>
#include <detent/format/e8m0.hpp>
#include <detent/format/fp8_e4m3fn.hpp>
#include <detent/op/apply.hpp>

#ifdef CORRECT
using scale = detent::element<detent::fp8_e4m3fn>;
#else
using scale = detent::element<detent::e8m0>;
#endif

void zero_pruned(const detent::tensor_view<scale, 1>& x, const detent::const_mask_view& m) {
  detent::apply(detent::scalar{}, m, x);
}

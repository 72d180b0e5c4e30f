// expect: this precision has no exact 0 for what a mask prunes
// SPDX-License-Identifier: MIT
#include <detent/backend/scalar.hpp>
#include <detent/format/ggml.hpp>
#include <detent/op/masked.hpp>

#ifdef CORRECT
using precision = detent::ggml::q4_0;
#else
using precision = detent::ggml::q4_1;
#endif

void quantize_masked(const detent::tensor_view<const float, 2>& x, const detent::const_mask_view& m,
                     const detent::packed_view<precision, unsigned char>& q) {
  detent::quantize(detent::scalar{}, x, detent::masked_by(m), q);
}

// expect: a zero point of codes of up to 8 bits is -32768 to 32767
// SPDX-License-Identifier: MIT
#include <detent/backend/scalar.hpp>
#include <detent/format/family/integer.hpp>
#include <detent/op/dequantize.hpp>
#include <detent/scale/affine.hpp>

struct zero : detent::precision<detent::signed_codec<
#ifdef CORRECT
                  16
#else
                  24
#endif
                  >> {
  static constexpr const char* name = "zero";
};
struct with_zero : detent::precision<detent::unsigned_codec<4>, detent::blocks_of<32>> {
  static constexpr const char* name = "with_zero";
  using zero_point = zero;
  using rule = detent::affine_range;
};
void dequantize(detent::packed_view<with_zero, const std::uint8_t> q, detent::tensor_view<float, 2> to) {
  detent::dequantize(detent::scalar{}, q, to);
}

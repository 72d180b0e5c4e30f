// expect: groups of scales and of shifts must nest
// SPDX-License-Identifier: MIT
#include <detent/backend/scalar.hpp>
#include <detent/format/family/integer.hpp>
#include <detent/op/quantize.hpp>
#include <detent/scale/absmax.hpp>
#include <detent/scale/minmax.hpp>

template <std::size_t N>
struct part : detent::precision<detent::unsigned_codec<8>, detent::blocks_of<N>> {
  static constexpr const char* name = "part";
};
struct shifted : detent::precision<detent::unsigned_codec<4>, detent::blocks_of<32>> {
  static constexpr const char* name = "shifted";
  using scale = part<80>;
#ifdef CORRECT
  using shift = part<160>;
#else
  using shift = part<96>;
#endif
  using rule = detent::minmax_with_shift;
};
void quantize(detent::tensor_view<const float, 2> x, detent::packed_view<shifted, std::uint8_t> q) {
  detent::quantize(detent::scalar{}, x, q);
}

// SPDX-License-Identifier: MIT
//
// fp8 E5M2 (OCP, ONNX, torch.float8_e5m2):  s eeeee mm,  bias 15, greatest 57344, least subnormal 2^-16, infinity 0x7C:
// the upper byte of an fp16. NaN is written as 0x7E with its sign (torch writes 0x7F).
// `fp8_e5m2` saturates: beyond the greatest value lies the greatest. `fp8_e5m2_nonsaturating` gives infinity.
#ifndef DETENT_FORMAT_FP8_E5M2_HPP
#define DETENT_FORMAT_FP8_E5M2_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/minifloat.hpp"

namespace detent::inline v0 {

template <overflow Overflow>
using fp8_e5m2_codec = minifloat_codec<5, 2, 15, specials::ieee, Overflow>;

struct fp8_e5m2 : precision<fp8_e5m2_codec<overflow::saturate>> {
  static constexpr const char* name = "fp8_e5m2";
};

struct fp8_e5m2_nonsaturating : precision<fp8_e5m2_codec<overflow::special>> {
  static constexpr const char* name = "fp8_e5m2_nonsaturating";
};

}  // namespace detent::inline v0

#endif

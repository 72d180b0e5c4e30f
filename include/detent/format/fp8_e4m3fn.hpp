// SPDX-License-Identifier: MIT
//
// fp8 E4M3FN (OCP, ONNX, torch.float8_e4m3fn):  s eeee mmm,  bias 7, greatest 448, least subnormal 2^-9, no infinity,
// NaN 0x7F and 0xFF. Not the IEEE-style E4M3 that ends at 240.
// `fp8_e4m3fn` saturates: beyond the greatest value lies the greatest. `fp8_e4m3fn_nonsaturating` gives NaN.
#ifndef DETENT_FORMAT_FP8_E4M3FN_HPP
#define DETENT_FORMAT_FP8_E4M3FN_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/minifloat.hpp"

namespace detent::inline v0 {

template <overflow Overflow>
using fp8_e4m3fn_codec = minifloat_codec<4, 3, 7, specials::fn, Overflow>;

struct fp8_e4m3fn : precision<fp8_e4m3fn_codec<overflow::saturate>> {
  static constexpr const char* name = "fp8_e4m3fn";
};

struct fp8_e4m3fn_nonsaturating : precision<fp8_e4m3fn_codec<overflow::special>> {
  static constexpr const char* name = "fp8_e4m3fn_nonsaturating";
};

}  // namespace detent::inline v0

#endif

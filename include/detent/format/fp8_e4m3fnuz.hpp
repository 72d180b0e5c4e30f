// SPDX-License-Identifier: MIT
//
// fp8 E4M3FNUZ:  s eeee mmm,  bias 8, greatest 240, least subnormal 2^-10, no infinity, no -0; the one NaN is 0x80.
// `fp8_e4m3fnuz` saturates: beyond the greatest value lies the greatest. `fp8_e4m3fnuz_nonsaturating` gives NaN.
#ifndef DETENT_FORMAT_FP8_E4M3FNUZ_HPP
#define DETENT_FORMAT_FP8_E4M3FNUZ_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/minifloat.hpp"

namespace detent::inline v0 {

template <overflow Overflow>
using fp8_e4m3fnuz_codec = minifloat_codec<4, 3, 8, specials::fnuz, Overflow>;

struct fp8_e4m3fnuz : precision<fp8_e4m3fnuz_codec<overflow::saturate>> {
  static constexpr const char* name = "fp8_e4m3fnuz";
};

struct fp8_e4m3fnuz_nonsaturating : precision<fp8_e4m3fnuz_codec<overflow::special>> {
  static constexpr const char* name = "fp8_e4m3fnuz_nonsaturating";
};

}  // namespace detent::inline v0

#endif

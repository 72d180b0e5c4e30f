// SPDX-License-Identifier: MIT
//
// fp8 E5M2FNUZ:  s eeeee mm,  bias 16, greatest 57344, least subnormal 2^-17, no infinity, no -0; the one NaN is 0x80.
// `fp8_e5m2fnuz` saturates: beyond the greatest value lies the greatest. `fp8_e5m2fnuz_nonsaturating` gives NaN.
#ifndef DETENT_FORMAT_FP8_E5M2FNUZ_HPP
#define DETENT_FORMAT_FP8_E5M2FNUZ_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/minifloat.hpp"

namespace detent::inline v0 {

template <overflow Overflow>
using fp8_e5m2fnuz_codec = minifloat_codec<5, 2, 16, specials::fnuz, Overflow>;

struct fp8_e5m2fnuz : precision<fp8_e5m2fnuz_codec<overflow::saturate>> {
  static constexpr const char* name = "fp8_e5m2fnuz";
};

struct fp8_e5m2fnuz_nonsaturating : precision<fp8_e5m2fnuz_codec<overflow::special>> {
  static constexpr const char* name = "fp8_e5m2fnuz_nonsaturating";
};

}  // namespace detent::inline v0

#endif

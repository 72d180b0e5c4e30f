// SPDX-License-Identifier: MIT
//
// fp6 E2M3 (OCP MX):  s ee mmm,  bias 1, greatest 7.5, least subnormal 0.125. No infinity, no NaN: beyond the greatest
// value lies the greatest, and NaN becomes 0. Packed as a dense stream of 6-bit codes.
#ifndef DETENT_FORMAT_FP6_E2M3_HPP
#define DETENT_FORMAT_FP6_E2M3_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/minifloat.hpp"

namespace detent::inline v0 {

using fp6_e2m3_codec = minifloat_codec<2, 3, 1, specials::none, overflow::saturate>;

struct fp6_e2m3 : precision<fp6_e2m3_codec> {
  static constexpr const char* name = "fp6_e2m3";
};

}  // namespace detent::inline v0

#endif

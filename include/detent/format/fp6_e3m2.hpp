// SPDX-License-Identifier: MIT
//
// fp6 E3M2 (OCP MX):  s eee mm,  bias 3, greatest 28, least subnormal 0.0625. No infinity, no NaN: beyond the greatest
// value lies the greatest, and NaN becomes 0. Packed as a dense stream of 6-bit codes.
#ifndef DETENT_FORMAT_FP6_E3M2_HPP
#define DETENT_FORMAT_FP6_E3M2_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/minifloat.hpp"

namespace detent::inline v0 {

using fp6_e3m2_codec = minifloat_codec<3, 2, 3, specials::none, overflow::saturate>;

struct fp6_e3m2 : precision<fp6_e3m2_codec> {
  static constexpr const char* name = "fp6_e3m2";
};

}  // namespace detent::inline v0

#endif

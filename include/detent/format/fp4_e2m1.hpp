// SPDX-License-Identifier: MIT
//
// fp4 E2M1 (OCP MX, NVFP4):  s ee m,  bias 1: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives. No infinity, no NaN:
// beyond 6 lies 6, and NaN becomes 0. Ties go to the even code. (bitsandbytes' "FP4" is another: bitsandbytes.hpp.)
//
// `fp4` is detent's own scaled form: blocks of 64 with an fp32 scale of amax / 6.
#ifndef DETENT_FORMAT_FP4_E2M1_HPP
#define DETENT_FORMAT_FP4_E2M1_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/minifloat.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0 {

using fp4_e2m1_codec = minifloat_codec<2, 1, 1, specials::none, overflow::saturate>;

struct fp4_e2m1 : precision<fp4_e2m1_codec> {
  static constexpr const char* name = "fp4_e2m1";
};

struct fp4 : precision<fp4_e2m1_codec, blocks_of<64>> {
  static constexpr const char* name = "fp4";
};

}  // namespace detent::inline v0

#endif

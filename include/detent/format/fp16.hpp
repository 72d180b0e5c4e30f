// SPDX-License-Identifier: MIT
//
// fp16, IEEE binary16:  s eeeee mmmmmmmmmm,  bias 15, greatest 65504, least normal 2^-14, least subnormal 2^-24.
// Beyond 65519.99…: infinity. NaN becomes 0x7E00 with its sign (hardware keeps payloads: compare NaN by kind, not
// bits).
#ifndef DETENT_FORMAT_FP16_HPP
#define DETENT_FORMAT_FP16_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/minifloat.hpp"

namespace detent::inline v0 {

using fp16_codec = minifloat_codec<5, 10, 15, specials::ieee, overflow::special>;

struct fp16 : precision<fp16_codec> {
  static constexpr const char* name = "fp16";
};

}  // namespace detent::inline v0

#endif

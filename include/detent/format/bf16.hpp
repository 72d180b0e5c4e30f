// SPDX-License-Identifier: MIT
//
// bf16:  s eeeeeeee mmmmmmm,  the upper half of an fp32, rounded to nearest even. NaN stays NaN, with the quiet bit
// set.
#ifndef DETENT_FORMAT_BF16_HPP
#define DETENT_FORMAT_BF16_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/minifloat.hpp"

namespace detent::inline v0 {

using bf16_codec = minifloat_codec<8, 7, 127, specials::ieee, overflow::special>;

struct bf16 : precision<bf16_codec> {
  static constexpr const char* name = "bf16";
};

}  // namespace detent::inline v0

#endif

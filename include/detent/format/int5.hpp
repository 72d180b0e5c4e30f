// SPDX-License-Identifier: MIT
//
// int5: whole numbers -15 … 15 times a scale of amax / 15 in fp32, one for each block of 32 along a row.
// Packed as a dense stream: 40 bits hold 8 codes.
#ifndef DETENT_FORMAT_INT5_HPP
#define DETENT_FORMAT_INT5_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0 {

using int5_codec = symmetric_codec<5>;

struct int5 : precision<int5_codec, blocks_of<32>> {
  static constexpr const char* name = "int5";
};

}  // namespace detent::inline v0

#endif

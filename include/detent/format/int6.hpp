// SPDX-License-Identifier: MIT
//
// int6: whole numbers -31 … 31 times a scale of amax / 31 in fp32, one for each block of 32 along a row.
// Packed as a dense stream: 48 bits hold 8 codes.
#ifndef DETENT_FORMAT_INT6_HPP
#define DETENT_FORMAT_INT6_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0 {

using int6_codec = symmetric_codec<6>;

struct int6 : precision<int6_codec, blocks_of<32>> {
  static constexpr const char* name = "int6";
};

}  // namespace detent::inline v0

#endif

// SPDX-License-Identifier: MIT
//
// int3: whole numbers -3 … 3 times a scale of amax / 3 in fp32, one for each block of 32 along a row.
// Packed as a dense stream: 24 bits hold 8 codes.
#ifndef DETENT_FORMAT_INT3_HPP
#define DETENT_FORMAT_INT3_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0 {

using int3_codec = symmetric_codec<3>;

struct int3 : precision<int3_codec, blocks_of<32>> {
  static constexpr const char* name = "int3";
};

}  // namespace detent::inline v0

#endif

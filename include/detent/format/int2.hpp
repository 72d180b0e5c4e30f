// SPDX-License-Identifier: MIT
//
// int2: whole numbers -1 … 1 times a scale of amax in fp32, one for each block of 32 along a row.
// Four to a byte, the low bits first.
#ifndef DETENT_FORMAT_INT2_HPP
#define DETENT_FORMAT_INT2_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0 {

using int2_codec = symmetric_codec<2>;

struct int2 : precision<int2_codec, blocks_of<32>> {
  static constexpr const char* name = "int2";
};

}  // namespace detent::inline v0

#endif

// SPDX-License-Identifier: MIT
//
// int4: whole numbers -7 … 7 times a scale of amax / 7 in fp32, one for each block of 32 along a row.
// Nibbles: the low one first.
#ifndef DETENT_FORMAT_INT4_HPP
#define DETENT_FORMAT_INT4_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0 {

using int4_codec = symmetric_codec<4>;

struct int4 : precision<int4_codec, blocks_of<32>> {
  static constexpr const char* name = "int4";
};

}  // namespace detent::inline v0

#endif

// SPDX-License-Identifier: MIT
//
// uint4: (code - zero point) · scale, code 0 … 15: the group's range, widened to hold 0, in 15 steps. Scale in fp32 and
// zero point in a byte, one of each for every block of 32 along a row.
#ifndef DETENT_FORMAT_UINT4_HPP
#define DETENT_FORMAT_UINT4_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/affine.hpp"

namespace detent::inline v0 {

using uint4_codec = unsigned_codec<4>;

/// The zero point of uint4.
struct uint4_zero_point : precision<unsigned_codec<8>> {
  static constexpr const char* name = "uint4_zero_point";
};

struct uint4 : precision<uint4_codec, blocks_of<32>> {
  static constexpr const char* name = "uint4";
  using zero_point = uint4_zero_point;
  using rule = affine_range;
};

}  // namespace detent::inline v0

#endif

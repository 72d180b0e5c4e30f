// SPDX-License-Identifier: MIT
//
// uint2: (code - zero point) · scale, code 0 … 3: the group's range, widened to hold 0, in 3 steps. Scale in fp32 and
// zero point in a byte, one of each for every block of 32 along a row.
#ifndef DETENT_FORMAT_UINT2_HPP
#define DETENT_FORMAT_UINT2_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/affine.hpp"

namespace detent::inline v0 {

using uint2_codec = unsigned_codec<2>;

/// The zero point of uint2.
struct uint2_zero_point : precision<unsigned_codec<8>> {
  static constexpr const char* name = "uint2_zero_point";
};

struct uint2 : precision<uint2_codec, blocks_of<32>> {
  static constexpr const char* name = "uint2";
  using zero_point = uint2_zero_point;
  using rule = affine_range;
};

}  // namespace detent::inline v0

#endif

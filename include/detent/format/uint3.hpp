// SPDX-License-Identifier: MIT
//
// uint3: (code - zero point) · scale, code 0 … 7: the group's range, widened to hold 0, in 7 steps. Scale in fp32 and
// zero point in a byte, one of each for every block of 32 along a row.
#ifndef DETENT_FORMAT_UINT3_HPP
#define DETENT_FORMAT_UINT3_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/affine.hpp"

namespace detent::inline v0 {

using uint3_codec = unsigned_codec<3>;

/// The zero point of uint3.
struct uint3_zero_point : precision<unsigned_codec<8>> {
  static constexpr const char* name = "uint3_zero_point";
};

struct uint3 : precision<uint3_codec, blocks_of<32>> {
  static constexpr const char* name = "uint3";
  using zero_point = uint3_zero_point;
  using rule = affine_range;
};

}  // namespace detent::inline v0

#endif

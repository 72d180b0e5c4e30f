// SPDX-License-Identifier: MIT
//
// uint6: (code - zero point) · scale, code 0 … 63: the group's range, widened to hold 0, in 63 steps. Scale in fp32 and
// zero point in a byte, one of each for every block of 32 along a row.
#ifndef DETENT_FORMAT_UINT6_HPP
#define DETENT_FORMAT_UINT6_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/affine.hpp"

namespace detent::inline v0 {

using uint6_codec = unsigned_codec<6>;

/// The zero point of uint6.
struct uint6_zero_point : precision<unsigned_codec<8>> {
  static constexpr const char* name = "uint6_zero_point";
};

struct uint6 : precision<uint6_codec, blocks_of<32>> {
  static constexpr const char* name = "uint6";
  using zero_point = uint6_zero_point;
  using rule = affine_range;
};

}  // namespace detent::inline v0

#endif

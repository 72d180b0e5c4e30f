// SPDX-License-Identifier: MIT
//
// uint5: (code - zero point) · scale, code 0 … 31: the group's range, widened to hold 0, in 31 steps. Scale in fp32 and
// zero point in a byte, one of each for every block of 32 along a row.
#ifndef DETENT_FORMAT_UINT5_HPP
#define DETENT_FORMAT_UINT5_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/affine.hpp"

namespace detent::inline v0 {

using uint5_codec = unsigned_codec<5>;

/// The zero point of uint5.
struct uint5_zero_point : precision<unsigned_codec<8>> {
  static constexpr const char* name = "uint5_zero_point";
};

struct uint5 : precision<uint5_codec, blocks_of<32>> {
  static constexpr const char* name = "uint5";
  using zero_point = uint5_zero_point;
  using rule = affine_range;
};

}  // namespace detent::inline v0

#endif

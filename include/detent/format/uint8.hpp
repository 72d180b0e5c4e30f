// SPDX-License-Identifier: MIT
//
// uint8: (code - zero point) · scale, code 0 … 255: the group's range, widened to hold 0, in 255 steps. Scale in fp32
// and zero point in a byte, for the whole tensor.
#ifndef DETENT_FORMAT_UINT8_HPP
#define DETENT_FORMAT_UINT8_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/affine.hpp"

namespace detent::inline v0 {

using uint8_codec = unsigned_codec<8>;

/// The zero point of uint8.
struct uint8_zero_point : precision<unsigned_codec<8>> {
  static constexpr const char* name = "uint8_zero_point";
};

struct uint8 : precision<uint8_codec, per_tensor> {
  static constexpr const char* name = "uint8";
  using zero_point = uint8_zero_point;
  using rule = affine_range;
};

}  // namespace detent::inline v0

#endif

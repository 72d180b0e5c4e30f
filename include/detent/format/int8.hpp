// SPDX-License-Identifier: MIT
//
// int8: whole numbers -127 … 127 times a scale of amax / 127 in fp32, ties to even. For the whole tensor, for each
// index of the first axis, or for blocks of 32 along a row.
#ifndef DETENT_FORMAT_INT8_HPP
#define DETENT_FORMAT_INT8_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0 {

using int8_codec = symmetric_codec<8>;

struct int8 : precision<int8_codec, per_tensor> {
  static constexpr const char* name = "int8";
};

struct int8_rows : precision<int8_codec, per_channel<0>> {
  static constexpr const char* name = "int8_rows";
};

struct int8_blocks : precision<int8_codec, blocks_of<32>> {
  static constexpr const char* name = "int8_blocks";
};

}  // namespace detent::inline v0

#endif

// SPDX-License-Identifier: MIT
//
// NF4 (QLoRA, arXiv 2305.14314): the 16 quantiles of a normal distribution, scaled to -1 … 1, with an exact 0.
// The table is bitsandbytes' to the last bit. A code is the nearest value, ties to the lower; NaN becomes -1.
// bitsandbytes' own layout of it is in bitsandbytes.hpp; here: blocks of 64 along a row, low nibble first.
#ifndef DETENT_FORMAT_NF4_HPP
#define DETENT_FORMAT_NF4_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/table.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0 {

struct nf4_book {
  static constexpr detail::table<float, 16> values{
      {-1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f,
       -0.18477343022823334f, -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f,
       0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f,
       1.0f}};
};

using nf4_codec = table_codec<nf4_book>;

struct nf4 : precision<nf4_codec, blocks_of<64>> {
  static constexpr const char* name = "nf4";
};

}  // namespace detent::inline v0

#endif

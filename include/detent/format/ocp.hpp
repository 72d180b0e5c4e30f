// SPDX-License-Identifier: MIT
//
// The OCP Microscaling (MX) formats 1.0: blocks of 32 along a row share an E8M0 scale, chosen by the rule of the text,
// 2^(floor(log2 amax) - emax), so that the greatest elements may saturate. Other roundings of the scale:
//
//   struct mine : detent::ocp::mxfp4 {
//     static constexpr const char* name = "mine";
//     using rule = detent::power_of_two<detent::toward::rceil>;
//   };
//
// A block with NaN or infinity in it has the scale NaN. 4-bit codes: low nibble first.
#ifndef DETENT_FORMAT_OCP_HPP
#define DETENT_FORMAT_OCP_HPP

#include "detent/core/precision.hpp"
#include "detent/format/e8m0.hpp"
#include "detent/format/fp4_e2m1.hpp"
#include "detent/format/fp6_e2m3.hpp"
#include "detent/format/fp6_e3m2.hpp"
#include "detent/format/fp8_e4m3fn.hpp"
#include "detent/format/fp8_e5m2.hpp"
#include "detent/scale/power_of_two.hpp"

namespace detent::inline v0::ocp {

struct mxfp4 : precision<fp4_e2m1_codec, blocks_of<32>> {
  static constexpr const char* name = "mxfp4";
  using scale = e8m0;
  using rule = power_of_two<toward::floor>;
};

struct mxfp6_e3m2 : precision<fp6_e3m2_codec, blocks_of<32>> {
  static constexpr const char* name = "mxfp6_e3m2";
  using scale = e8m0;
  using rule = power_of_two<toward::floor>;
};

struct mxfp6_e2m3 : precision<fp6_e2m3_codec, blocks_of<32>> {
  static constexpr const char* name = "mxfp6_e2m3";
  using scale = e8m0;
  using rule = power_of_two<toward::floor>;
};

struct mxfp8_e4m3 : precision<fp8_e4m3fn_codec<overflow::saturate>, blocks_of<32>> {
  static constexpr const char* name = "mxfp8_e4m3";
  using scale = e8m0;
  using rule = power_of_two<toward::floor>;
};

struct mxfp8_e5m2 : precision<fp8_e5m2_codec<overflow::saturate>, blocks_of<32>> {
  static constexpr const char* name = "mxfp8_e5m2";
  using scale = e8m0;
  using rule = power_of_two<toward::floor>;
};

}  // namespace detent::inline v0::ocp

#endif

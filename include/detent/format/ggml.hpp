// SPDX-License-Identifier: MIT
//
// The block formats of ggml, byte for byte. Rows are whole blocks; scales are fp16, chosen in fp32, and codes follow
// the chosen scale (the K formats: the stored one). Offsets of fields in a block:
//
//   q8_0    d 0  qs 2                    34 bytes for 32       q4_k   d 0  dmin 2  scales 4  qs 16    144 for 256
//   q4_0    d 0  qs 2                    18 for 32             q6_k   ql 0  qh 128  scales 192  d 208  210 for 256
//   q4_1    d 0  m 2  qs 4               20 for 32             iq4_nl d 0  qs 2                       18 for 32
//   q5_0    d 0  qh 2  qs 6              22 for 32             mxfp4  e 0  qs 1                       17 for 32
//   q5_1    d 0  m 2  qh 4  qs 8         24 for 32
//
// q4_k and q6_k encode by the plain rule; ggml's files come from a search for better scales. Decoding is exact.
#ifndef DETENT_FORMAT_GGML_HPP
#define DETENT_FORMAT_GGML_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/ggml_packings.hpp"
#include "detent/format/family/ggml_parts.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/format/fp16.hpp"
#include "detent/scale/absmax.hpp"
#include "detent/scale/minmax.hpp"

namespace detent::inline v0::ggml {

struct q8_0 : precision<integer_codec<8, -127, 127, 0, rounding::ties_away>, blocks_of<32>> {
  static constexpr const char* name = "ggml::q8_0";
  using scale = fp16;
  using rule = from_chosen<absmax>;
  using layout = record<32, 34, 2, 0>;
};

struct q4_0 : precision<integer_codec<4, -8, 7, 8, rounding::half_up>, blocks_of<32>> {
  static constexpr const char* name = "ggml::q4_0";
  using scale = fp16;
  using rule = from_chosen<signed_absmax>;
  using packing = split_halves<32>;
  using layout = record<32, 18, 2, 0>;
};

struct q4_1 : precision<integer_codec<4, 0, 15, 0, rounding::half_up>, blocks_of<32>> {
  static constexpr const char* name = "ggml::q4_1";
  using scale = fp16;
  using shift = fp16;
  using rule = from_chosen<minmax_with_shift>;
  using packing = split_halves<32>;
  using layout = record<32, 20, 4, 0, 2>;
};

struct q5_0 : precision<integer_codec<5, -16, 15, 16, rounding::half_up>, blocks_of<32>> {
  static constexpr const char* name = "ggml::q5_0";
  using scale = fp16;
  using rule = from_chosen<signed_absmax>;
  using packing = five_bits;
  using layout = record<32, 22, 2, 0>;
};

struct q5_1 : precision<integer_codec<5, 0, 31, 0, rounding::half_up>, blocks_of<32>> {
  static constexpr const char* name = "ggml::q5_1";
  using scale = fp16;
  using shift = fp16;
  using rule = from_chosen<minmax_with_shift>;
  using packing = five_bits;
  using layout = record<32, 24, 4, 0, 2>;
};

/// The reference quantizer; files made with a search decode as well.
struct iq4_nl : precision<iq4_nl_codec, blocks_of<32>> {
  static constexpr const char* name = "ggml::iq4_nl";
  using scale = fp16;
  using rule = iq4_nl_rule;
  using packing = split_halves<32>;
  using layout = record<32, 18, 2, 0>;
};

struct mxfp4_scale : precision<halved_e8m0_codec> {
  static constexpr const char* name = "ggml::mxfp4_scale";
};

struct mxfp4 : precision<doubled_fp4_codec, blocks_of<32>> {
  static constexpr const char* name = "ggml::mxfp4";
  using scale = mxfp4_scale;
  using rule = mxfp4_rule;
  using packing = split_halves<32>;
  using layout = record<32, 17, 1, 0>;
};

/// Eight 6-bit scales that share an fp16 one.
struct q4_k_scale : precision<unsigned_codec<6>, blocks_of<8>> {
  static constexpr const char* name = "ggml::q4_k_scale";
  using scale = fp16;
  using packing = k_scale_bits<0>;
};

/// Eight 6-bit minima, each to be subtracted, that share an fp16 scale.
struct q4_k_min : precision<negated_codec<6>, blocks_of<8>> {
  static constexpr const char* name = "ggml::q4_k_min";
  using scale = fp16;
  using rule = absmax_of_negated;
  using packing = k_scale_bits<4>;
};

struct q4_k : precision<unsigned_codec<4>, blocks_of<32>> {
  static constexpr const char* name = "ggml::q4_k";
  using scale = q4_k_scale;
  using shift = q4_k_min;
  using rule = by_division<minmax_below_zero>;
  using packing = split_halves<64>;
  using layout = record<256, 144, 16, 4, 0, 4, 2>;
};

/// Sixteen int8 scales that share an fp16 one.
struct q6_k_scale : precision<signed_codec<8>, blocks_of<16>> {
  static constexpr const char* name = "ggml::q6_k_scale";
  using scale = fp16;
  using rule = signed_absmax;
};

struct q6_k : precision<integer_codec<6, -32, 31, 32>, blocks_of<16>> {
  static constexpr const char* name = "ggml::q6_k";
  using scale = q6_k_scale;
  using rule = by_division<signed_absmax>;
  using packing = six_bits;
  using layout = record<256, 210, 0, 192, 208>;
};

}  // namespace detent::inline v0::ggml

#endif

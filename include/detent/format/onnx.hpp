// SPDX-License-Identifier: MIT
//
// ONNX QuantizeLinear as onnxruntime's quantizer fills it: scale in double precision, rounded to fp32; a scale below
// the least normal number becomes 1 with zero point 0; code = clamp(rint(x / scale) + zero_point), a true division.
#ifndef DETENT_FORMAT_ONNX_HPP
#define DETENT_FORMAT_ONNX_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/affine.hpp"

namespace detent::inline v0::onnx {

/// Weights: -127 … 127, zero point 0.
struct int8 : precision<symmetric_codec<8>, per_tensor> {
  static constexpr const char* name = "onnx::int8";
  using rule = onnx_symmetric;
};

/// Weights, a scale for each index of axis 0.
struct int8_channels : precision<symmetric_codec<8>, per_channel<0>> {
  static constexpr const char* name = "onnx::int8_channels";
  using rule = onnx_symmetric;
};

struct uint8_zero_point : precision<unsigned_codec<8>> {
  static constexpr const char* name = "onnx::uint8_zero_point";
};

/// Activations: 0 … 255.
struct uint8 : precision<unsigned_codec<8>, per_tensor> {
  static constexpr const char* name = "onnx::uint8";
  using zero_point = uint8_zero_point;
  using rule = onnx_affine;
};

}  // namespace detent::inline v0::onnx

#endif

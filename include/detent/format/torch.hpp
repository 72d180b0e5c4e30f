// SPDX-License-Identifier: MIT
//
// PyTorch's affine integers: MinMaxObserver and quantize_per_tensor / quantize_per_channel, eager mode on the CPU.
// code = clamp(rint(x · (1/scale)) + zero_point); value = (code - zero_point) · scale; scale at least 2^-23.
// torch stores zero points as int64; they fit the code's own type, which is used here.
#ifndef DETENT_FORMAT_TORCH_HPP
#define DETENT_FORMAT_TORCH_HPP

#include "detent/core/precision.hpp"
#include "detent/format/family/integer.hpp"
#include "detent/scale/affine.hpp"

namespace detent::inline v0::torch {

struct int8_zero_point : precision<signed_codec<8>> {
  static constexpr const char* name = "torch::int8_zero_point";
};

struct uint8_zero_point : precision<unsigned_codec<8>> {
  static constexpr const char* name = "torch::uint8_zero_point";
};

/// torch.per_tensor_symmetric, qint8 over -128 … 127.
struct qint8 : precision<signed_codec<8>, per_tensor> {
  static constexpr const char* name = "torch::qint8";
  using rule = torch_symmetric;
};

/// torch.per_channel_symmetric, axis 0.
struct qint8_channels : precision<signed_codec<8>, per_channel<0>> {
  static constexpr const char* name = "torch::qint8_channels";
  using rule = torch_symmetric;
};

/// torch.per_tensor_affine.
struct qint8_affine : precision<signed_codec<8>, per_tensor> {
  static constexpr const char* name = "torch::qint8_affine";
  using zero_point = int8_zero_point;
  using rule = torch_affine;
};

/// torch.per_tensor_affine.
struct quint8 : precision<unsigned_codec<8>, per_tensor> {
  static constexpr const char* name = "torch::quint8";
  using zero_point = uint8_zero_point;
  using rule = torch_affine;
};

/// torch.per_channel_affine, axis 0.
struct quint8_channels : precision<unsigned_codec<8>, per_channel<0>> {
  static constexpr const char* name = "torch::quint8_channels";
  using zero_point = uint8_zero_point;
  using rule = torch_affine;
};

/// torch.per_tensor_symmetric: zero point 128.
struct quint8_symmetric : precision<unsigned_codec<8>, per_tensor> {
  static constexpr const char* name = "torch::quint8_symmetric";
  using zero_point = uint8_zero_point;
  using rule = torch_symmetric;
};

}  // namespace detent::inline v0::torch

#endif

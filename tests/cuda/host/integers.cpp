// SPDX-License-Identifier: MIT
//
// Integers with scales, through the kernels.
#include "cuda/host/twin.hpp"
#include "detent/formats.hpp"

namespace {

#if defined(DETENT_TEST_FEW_FORMATS)
using formats = detent::type_list<detent::int8_rows, detent::int8_blocks, detent::int3, detent::uint4,
                                  detent::torch::quint8_channels, detent::onnx::uint8>;
#else
using formats = detent::type_list<detent::int8, detent::int8_rows, detent::int8_blocks, detent::int5, detent::int4,
                                  detent::int3, detent::int2, detent::uint6, detent::uint4, detent::bnb::int8,
                                  detent::torch::qint8_affine, detent::torch::quint8_channels, detent::onnx::uint8>;
#endif

}  // namespace

TEST_CASE("kernels: integers") { test::check_all(formats{}); }

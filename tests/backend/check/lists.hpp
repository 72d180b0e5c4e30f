// SPDX-License-Identifier: MIT
//
// The formats whose whole operations are tried: every kind of codec, grouping, rule and packing at least once. (Kernels
// are tried for all formats; see support/formats.hpp.)
#ifndef DETENT_TESTS_BACKEND_CHECK_LISTS_HPP
#define DETENT_TESTS_BACKEND_CHECK_LISTS_HPP

#include "backend/check/kernels.hpp"
#include "support/formats.hpp"

namespace checks {

#if defined(DETENT_TEST_FEW_FORMATS)
using first_formats = detent::type_list<detent::fp16, detent::fp8_e4m3fn, detent::int8_rows, detent::uint5, detent::nf4>;
using second_formats =
    detent::type_list<detent::bnb::nf4_double_quant, detent::ggml::q8_0, detent::ggml::q4_k, detent::nvidia::nvfp4>;
#else
using first_formats =
    detent::type_list<detent::fp16, detent::bf16, detent::fp8_e4m3fn, detent::int8_rows, detent::int8_blocks,
                      detent::int3, detent::uint5, detent::nf4, detent::torch::quint8_channels, detent::onnx::uint8>;

using second_formats =
    detent::type_list<detent::bnb::nf4_double_quant, detent::bnb::dynamic8, detent::bnb::int8, detent::ggml::q8_0,
                      detent::ggml::q4_1, detent::ggml::iq4_nl, detent::ggml::q4_k, detent::ggml::q6_k,
                      detent::ocp::mxfp6_e3m2, detent::nvidia::nvfp4>;
#endif

/// From and to 16-bit elements.
template <class B>
bool add_operations_of_16_bits(const char* name) {
  auto& to = backend_named(name).operations;
  to.push_back(operation_of<B, detent::nf4, detent::element<detent::fp16>>(" of 16 bits, fp16"));
  to.push_back(operation_of<B, detent::int8_blocks, detent::element<detent::bf16>>(" of 16 bits, bf16"));
  return true;
}

}  // namespace checks

#endif

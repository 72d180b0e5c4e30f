// SPDX-License-Identifier: MIT
//
// The formats that a test program is compiled for: all of detent/formats.hpp, or, with DETENT_TEST_FEW_FORMATS, one of
// every kind of codec, rule and grouping. Programs that repeat for another backend or processor what another program
// tries for all formats take the few, unless CMake's DETENT_TEST_ALL is on (scripts/nightly).
#ifndef DETENT_TESTS_SUPPORT_FORMATS_HPP
#define DETENT_TESTS_SUPPORT_FORMATS_HPP

#include "detent/formats.hpp"

namespace test {

#if defined(DETENT_TEST_FEW_FORMATS)
using element_formats = detent::type_list<detent::fp16, detent::bf16, detent::fp8_e4m3fn, detent::fp8_e5m2fnuz,
                                          detent::fp6_e3m2, detent::fp4_e2m1, detent::e8m0>;
using scaled_formats =
    detent::type_list<detent::int8, detent::int4, detent::uint5, detent::nf4, detent::bnb::nf4_double_quant,
                      detent::bnb::dynamic8, detent::ggml::q4_0, detent::ggml::q4_1, detent::ggml::q6_k,
                      detent::ocp::mxfp4, detent::nvidia::nvfp4, detent::torch::quint8>;
#else
using element_formats = detent::element_formats;
using scaled_formats = detent::scaled_formats;
#endif
using formats = detent::detail::joined<element_formats, scaled_formats>::type;

}  // namespace test

#endif

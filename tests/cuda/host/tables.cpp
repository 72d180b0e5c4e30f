// SPDX-License-Identifier: MIT
//
// Codebooks and small floats with scales, through the kernels.
#include "cuda/host/twin.hpp"
#include "detent/formats.hpp"

namespace {

#if defined(DETENT_TEST_FEW_FORMATS)
using formats = detent::type_list<detent::nf4, detent::bnb::nf4_double_quant, detent::bnb::dynamic8, detent::ocp::mxfp4,
                                  detent::nvidia::nvfp4>;
#else
using formats = detent::type_list<detent::nf4, detent::fp4, detent::bnb::nf4, detent::bnb::nf4_double_quant,
                                  detent::bnb::fp4_double_quant, detent::bnb::dynamic8, detent::ocp::mxfp4,
                                  detent::ocp::mxfp6_e2m3, detent::ocp::mxfp8_e4m3, detent::nvidia::nvfp4>;
#endif

}  // namespace

TEST_CASE("kernels: tables") { test::check_all(formats{}); }

// SPDX-License-Identifier: MIT
//
// Codecs alone, through the kernels.
#include "cuda/host/twin.hpp"
#include "detent/formats.hpp"

TEST_CASE("kernels: elements") {
  test::check_all(
      detent::type_list<detent::fp32, detent::tf32, detent::fp16, detent::bf16, detent::fp8_e4m3fn,
                        detent::fp8_e5m2_nonsaturating, detent::fp8_e4m3fnuz, detent::fp8_e5m2fnuz_nonsaturating,
                        detent::fp6_e3m2, detent::fp4_e2m1, detent::e8m0, detent::e8m0_nearest>{});
}

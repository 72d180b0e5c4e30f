// SPDX-License-Identifier: MIT
//
// The AVX-512 kernels on any processor: the text of backend/x86/avx512.hpp, with the intrinsics written out as loops
// (emulated/detent/backend/x86/region.hpp stands before the real file in the include path).
#include "detent/backend/x86/avx512.hpp"
#include "backend/check/lists.hpp"
#include "detent/backend/x86/avx512_bf16.hpp"

namespace checks {
namespace {

using avx512 = detent::detail::avx512::vector_backend<detent::detail::avx512::lanes>;

[[maybe_unused]] const bool elements = add_kernels<avx512>("avx512, emulated", test::element_formats{});
[[maybe_unused]] const bool scaled = add_kernels<avx512>("avx512, emulated", test::scaled_formats{});
[[maybe_unused]] const bool packings = add_packings<avx512>("avx512, emulated");
[[maybe_unused]] const bool reductions = add_reductions<avx512>("avx512, emulated");
[[maybe_unused]] const bool halves =
    add_kernels<detent::detail::avx512_bf16::backend>("avx512_bf16, emulated", detent::type_list<detent::bf16>{});
[[maybe_unused]] const bool books = add_kernels<detent::detail::avx512_bf16::backend>(
    "avx512_bf16, emulated",
    detent::type_list<detent::nf4, detent::fp4, detent::ocp::mxfp4, detent::bnb::fp4, detent::bnb::dynamic8>{});
[[maybe_unused]] const bool fnuz = add_kernels<detent::detail::avx512_bf16::backend>(
    "avx512_bf16, emulated", detent::type_list<detent::fp8_e4m3fnuz, detent::fp8_e5m2fnuz>{});

}  // namespace
}  // namespace checks

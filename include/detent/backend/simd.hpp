// SPDX-License-Identifier: MIT
//
// simd: the kernels on xsimd 8.1 to 14, for the instruction set that the file is compiled for, or any that its flags
// allow. For a program that is built for one processor; `native` chooses at run time and needs no xsimd.
#ifndef DETENT_BACKEND_SIMD_HPP
#define DETENT_BACKEND_SIMD_HPP

#include "detent/backend/processor.hpp"
#include "detent/backend/scalar.hpp"
#include "detent/backend/simd/lanes.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA::portable {
#include "detent/backend/kernels/all.inl"
}  // namespace detent::inline v0::detail::inline DETENT_ISA::portable

namespace detent::inline v0::inline DETENT_ISA {

template <class Arch = xsimd::default_arch>
struct simd : detail::portable::vector_backend<detail::portable::lanes<Arch>> {
  static constexpr const char* name = "simd";
  static bool asks_near() { return detail::processor_asks_near(); }
};

static_assert(backend<simd<>>);

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

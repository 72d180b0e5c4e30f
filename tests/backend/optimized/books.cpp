// SPDX-License-Identifier: MIT
//
// native at -O3, as users compile it, whatever the preset says: what the optimizer knows of a table of values must not
// be seen. (g++ computes the products of values and of their negatives as one: a NaN had the other sign.) The preset
// `release` compiles all formats so (scripts/nightly).
#include "backend/check/selection.hpp"
#include "detent/formats.hpp"

namespace checks {
namespace {

using native = detent::native;

[[maybe_unused]] const bool selection = add_selection<native>("native");
[[maybe_unused]] const bool kernels =
    add_kernels<native>("native", detent::type_list<detent::fp4, detent::nf4, detent::uint4>{});
[[maybe_unused]] const bool operations = add_operations<native>("native", detent::type_list<detent::nf4>{});
[[maybe_unused]] const bool packings = add_packings<native>("native");
[[maybe_unused]] const bool reductions = add_reductions<native>("native");

}  // namespace
}  // namespace checks

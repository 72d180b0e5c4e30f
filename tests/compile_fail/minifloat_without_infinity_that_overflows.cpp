// expect: there is no code for an overflow
// SPDX-License-Identifier: MIT
#include <detent/format/family/minifloat.hpp>

#ifdef CORRECT
constexpr auto overflow = detent::overflow::saturate;
#else
constexpr auto overflow = detent::overflow::special;
#endif
constexpr float largest = detent::minifloat_codec<2, 1, 1, detent::specials::none, overflow>::max;

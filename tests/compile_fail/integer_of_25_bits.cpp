// expect: an integer code has at most 24 bits: floats hold them exactly
// SPDX-License-Identifier: MIT
#include <detent/format/family/integer.hpp>

#ifdef CORRECT
constexpr float largest = detent::signed_codec<24>::max;
#else
constexpr float largest = detent::signed_codec<25>::max;
#endif

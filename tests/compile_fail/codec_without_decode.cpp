// expect: C::decode(code)
// SPDX-License-Identifier: MIT
//
// The compiler names the function that the concept `codec` misses.
#include <detent/core/precision.hpp>

struct half_a_codec {
  static constexpr int bits = 8;
  using kind = detent::kind::any;
  static constexpr float min = 0;
  static constexpr float max = 255;
  static constexpr std::uint32_t encode(float value) { return static_cast<std::uint32_t>(value); }
#ifdef CORRECT
  static constexpr float decode(std::uint32_t code) { return static_cast<float>(code); }
#endif
};

struct mine : detent::precision<half_a_codec> {};

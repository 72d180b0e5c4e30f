// SPDX-License-Identifier: MIT
//
// E8M0, the scale of the OCP MX formats: 2^(code - 127), code 0 to 254; 0xFF is NaN. No zero, no sign, no infinity.
// 0 becomes 2^-127, infinity 2^127, negative numbers and NaN become NaN. Values between two powers of two:
//
//   toward_power::up        the greater (ONNX's default, PTX cvt.rp.ue8m0)
//   toward_power::down      the lesser
//   toward_power::nearest   the nearer, the middle up
#ifndef DETENT_FORMAT_E8M0_HPP
#define DETENT_FORMAT_E8M0_HPP

#include "detent/core/precision.hpp"

namespace detent::inline v0 {

enum class toward_power { up, down, nearest };

template <toward_power Toward>
struct e8m0_codec {
  static constexpr int bits = 8;
  using kind = detent::kind::exponent;
  static constexpr float min = 0x1p-127f;
  static constexpr float max = 0x1p127f;
  static constexpr float last_step = 0x1p126f;

  /// Added to the bits of a normal number, it carries into the exponent where that is rounded up; a subnormal is
  /// rounded up to 2^-126 if its bits are greater than `last_down`.
  static constexpr std::uint32_t carry = Toward == toward_power::up        ? 0x7FFFFF
                                         : Toward == toward_power::nearest ? 0x400000
                                                                           : 0;
  static constexpr std::uint32_t last_down = Toward == toward_power::up        ? 0x400000
                                             : Toward == toward_power::nearest ? 0x5FFFFF
                                                                               : 0x7FFFFF;

  DETENT_INLINE static constexpr std::uint32_t encode(float x) {
    const std::uint32_t b = detail::bits_of(x);
    if (b > detail::f32_infinity) return b == detail::f32_sign ? 0 : 255;  // NaN, or negative; -0 is 0
    if (b < 0x00800000u) return b > last_down ? 1 : 0;
    const std::uint32_t code = (b + carry) >> 23;
    return code > 254 ? 254 : code;
  }

  DETENT_INLINE static constexpr float decode(std::uint32_t code) {
    if (code == 255) return detail::float_of(detail::f32_quiet_nan);
    return detail::float_of(code == 0 ? 0x00400000u : code << 23);
  }
};

struct e8m0 : precision<e8m0_codec<toward_power::up>> {
  static constexpr const char* name = "e8m0";
};

struct e8m0_down : precision<e8m0_codec<toward_power::down>> {
  static constexpr const char* name = "e8m0_down";
};

struct e8m0_nearest : precision<e8m0_codec<toward_power::nearest>> {
  static constexpr const char* name = "e8m0_nearest";
};

}  // namespace detent::inline v0

#endif

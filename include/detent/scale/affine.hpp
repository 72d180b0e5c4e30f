// SPDX-License-Identifier: MIT
//
// Rules with an integer zero point: value = (code - zero) · scale. Ranges are widened to hold 0, which is then exact.
//
//   affine_range        detent's own: a range of nothing but zeros has scale 0
//   torch_affine        torch MinMaxObserver, affine: scale at least 2^-23, code = rint(x · (1/scale)) + zero; a range
//                       beyond the greatest float has a finite scale, where torch has infinity and decodes to NaN
//   torch_symmetric     torch, symmetric: scale = amax / ((greatest - least) / 2), so 127.5 for -128 … 127
//   onnx_affine         onnxruntime's quantizer: scale in double precision, code = rint(x / scale) + zero
//   onnx_symmetric      the same over -amax … amax, zero 0
#ifndef DETENT_SCALE_AFFINE_HPP
#define DETENT_SCALE_AFFINE_HPP

#include <cstdint>

#include "detent/core/rule.hpp"

namespace detent::inline v0 {

namespace detail {

/// The least and the greatest, with 0 between them.
struct range_with_zero {
  float low;
  float high;

  DETENT_INLINE constexpr explicit range_with_zero(const statistic::minmax& known)
      : low(less(known.min, 0) ? known.min : 0), high(less(0, known.max) ? known.max : 0) {}
};

/// Nearest, ties to even, of numbers that fit an int.
DETENT_INLINE constexpr int round_to_even(double x) {
  const int whole = static_cast<int>(x);
  const double rest = x - static_cast<double>(whole);
  const double distance = rest < 0 ? -rest : rest;
  const bool away = distance > 0.5 || (distance == 0.5 && whole % 2 != 0);
  return whole + (away ? (x < 0 ? -1 : 1) : 0);
}

DETENT_INLINE constexpr double quotient(float a, float b) { return widen(divide(a, b)); }
DETENT_INLINE constexpr double quotient(double a, double b) { return a / b; }

DETENT_INLINE constexpr int clamped(int x, int low, int high) { return x < low ? low : x > high ? high : x; }

template <class C>
inline constexpr float steps = static_cast<float>(C::greatest - C::least);

/// The code of 0: least - round(low / scale).
template <class C, class Float>
DETENT_INLINE constexpr int zero_point(Float low, Float scale) {
  return clamped(C::least - round_to_even(quotient(low, scale)), C::least, C::greatest);
}

}  // namespace detail

struct affine_range : basic_rule {
  using statistic = detent::statistic::minmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    using C = typename P::codec;
    const detail::range_with_zero range(known);
    // Half of the range cannot overflow; a scale below the least normal number would lose digits. (Halves of subnormal
    // numbers are rounded, so that this must not become one operation.)
    const float above = detail::rounded(detail::multiply(range.high, 0.5f));
    const float half = detail::subtract(above, detail::rounded(detail::multiply(range.low, 0.5f)));
    const float scale = detail::divide(half, detail::steps<C> * 0.5f);
    if (detail::is_zero(half)) return {.zero = C::least < 0 ? 0 : C::least};
    const float used = detail::less(scale, detail::f32_min_normal) ? detail::f32_min_normal : scale;
    return {.scale = used, .zero = detail::zero_point<C>(range.low, used)};
  }
};

namespace detail {
inline constexpr float torch_epsilon = 1.1920928955078125e-07f;  // 2^-23, torch.finfo(float32).eps
}

struct torch_affine : basic_rule {
  using statistic = detent::statistic::minmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    using C = typename P::codec;
    const detail::range_with_zero range(known);
    const float ideal = detail::step_of_range(range.low, range.high, detail::steps<C>);
    const float scale = detail::less(ideal, detail::torch_epsilon) ? detail::torch_epsilon : ideal;
    return {.scale = scale, .zero = detail::zero_point<C>(range.low, scale)};
  }
};

struct torch_symmetric : basic_rule {
  using statistic = detent::statistic::minmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    using C = typename P::codec;
    const detail::range_with_zero range(known);
    const float amax = detail::less(range.high, -range.low) ? -range.low : range.high;
    const float ideal = detail::divide(amax, detail::steps<C> / 2);
    const float scale = detail::less(ideal, detail::torch_epsilon) ? detail::torch_epsilon : ideal;
    constexpr bool whole = C::least == 0 && C::greatest == 255;
    return {.scale = scale, .zero = C::least < 0 ? 0 : whole ? 128 : (C::least + C::greatest) / 2};
  }
};

namespace detail {

template <class C>
DETENT_INLINE constexpr group_parameters onnx_parameters(double low, double high) {
  const double scale = (high - low) / static_cast<double>(C::greatest - C::least);
  if (scale < 0x1p-126) return {.scale = 1};
  return {.scale = narrow(scale), .zero = zero_point<C>(low, scale)};
}

struct onnx_rule : basic_rule {
  static constexpr bool divide = true;

  template <class P>
  DETENT_INLINE static constexpr float factor(float scale) {
    return scale;
  }
};

}  // namespace detail

struct onnx_affine : detail::onnx_rule {
  using statistic = detent::statistic::minmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    const detail::range_with_zero range(known);
    return detail::onnx_parameters<typename P::codec>(detail::widen(range.low), detail::widen(range.high));
  }
};

struct onnx_symmetric : detail::onnx_rule {
  using statistic = detent::statistic::absmax;

  template <class P>
  DETENT_INLINE static constexpr group_parameters choose(const statistic& known) {
    const double amax = detail::widen(known.amax);
    group_parameters chosen = detail::onnx_parameters<typename P::codec>(-amax, amax);
    chosen.zero = 0;
    return chosen;
  }
};

}  // namespace detent::inline v0

#endif

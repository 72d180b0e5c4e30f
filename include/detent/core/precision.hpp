// SPDX-License-Identifier: MIT
//
// A precision: value ≈ (decode(code) - zero) · scale + shift, as five parts, of which the scale, the shift and the zero
// point are precisions themselves. A format is a struct that inherits `precision` and names what differs:
//
//   struct mxfp4 : precision<fp4_e2m1_codec, blocks_of<32>> {
//     static constexpr const char* name = "mxfp4";
//     using scale = e8m0;
//     using rule = power_of_two<…>;
//   };
//
// Write `using scale = …`; a nested `struct scale : precision<…>` would find itself.
#ifndef DETENT_CORE_PRECISION_HPP
#define DETENT_CORE_PRECISION_HPP

#include <concepts>
#include <cstddef>

#include "detent/core/codec.hpp"
#include "detent/core/grouping.hpp"
#include "detent/core/packing.hpp"
#include "detent/core/rule.hpp"

namespace detent::inline v0 {

/// The absence of a part.
struct none {};

/// The rule of a precision that names none (scale/absmax.hpp).
struct absmax;

namespace detail {
struct precision_base {};
}  // namespace detail

template <codec Codec, grouping Grouping = unscaled>
struct precision;

template <codec Codec>
struct precision<Codec, unscaled> : detail::precision_base {
  using codec = Codec;
  using grouping = unscaled;
  using scale = none;
  using shift = none;
  using shift_grouping = unscaled;
  using zero_point = none;
  using rule = no_rule;
  using packing = low_bits_first;
  using layout = planar;
};

/// 32-bit floats: what arithmetic is done in, and what a scale is unless a format says otherwise.
struct fp32 : precision<fp32_codec> {
  static constexpr const char* name = "fp32";
};

template <codec Codec, grouping Grouping>
struct precision : detail::precision_base {
  using codec = Codec;
  using grouping = Grouping;
  using scale = fp32;
  using shift = none;
  using shift_grouping = Grouping;
  using zero_point = none;
  using rule = absmax;
  using packing = low_bits_first;
  using layout = planar;
};

template <class P>
concept is_precision = std::derived_from<P, detail::precision_base> && requires {
  { P::name } -> std::convertible_to<const char*>;
};

template <class P>
concept unscaled_precision = is_precision<P> && std::same_as<typename P::grouping, unscaled>;

template <class P>
concept scaled_precision = is_precision<P> && !unscaled_precision<P>;

namespace detail {

template <class P>
inline constexpr bool has_shift = !std::same_as<typename P::shift, none>;

template <class P>
inline constexpr bool has_zero_point = !std::same_as<typename P::zero_point, none>;

/// True if one shift serves the whole tensor: its mean, subtracted before anything else.
template <class P>
inline constexpr bool is_centered = has_shift<P> && std::same_as<typename P::shift_grouping, per_tensor> &&
                                    !std::same_as<typename P::grouping, per_tensor>;

/// False if a zero point may not fit 16 bits: kernels add those of codes of up to 8 bits to numbers of that size.
template <class P>
inline constexpr bool zero_point_fits = true;
template <class P>
  requires codec_of_kind<typename P::zero_point::codec, kind::integer>
inline constexpr bool zero_point_fits<P> = P::codec::bits > 8 || (P::zero_point::codec::least >= -32768 &&
                                                                  P::zero_point::codec::greatest <= 32767);

/// Number of planes: the codes, and those of the parts.
template <class P>
inline constexpr std::size_t plane_count =
    1 + plane_count<typename P::scale> + plane_count<typename P::shift> + plane_count<typename P::zero_point>;
template <>
inline constexpr std::size_t plane_count<none> = 0;

}  // namespace detail

}  // namespace detent::inline v0

#endif

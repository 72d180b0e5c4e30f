// SPDX-License-Identifier: MIT
//
// convert: from any precision to any other, tile by tile through a buffer of a few kilobytes: there is never a whole
// fp32 copy. Each element is decoded, rounded to fp32, and quantized anew.
#ifndef DETENT_OP_CONVERT_HPP
#define DETENT_OP_CONVERT_HPP

#include "detent/op/quantize.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// Refuses shapes that differ, shapes that the target cannot hold, and null pointers, with detent::error.
template <backend B, is_precision From, class Byte, is_precision To>
constexpr quantize_report convert(const B& b, const packed_view<From, Byte>& from,
                                  const packed_view<To, std::uint8_t>& to, const options& with = {}) {
  detail::check_packed("convert", from);
  detail::check_packed("convert", to);
  detail::check_same_shape("convert", from.shape(), to.shape());
  return detail::quantize_source<true>(b, detail::packed_source<packed_view<From, Byte>>{from}, to, nearest{}, with);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// One element of a quantized tensor by the definition alone: value = (decode(code) - zero) · scale · unit + shift.
#ifndef DETENT_TESTS_SUPPORT_NAIVE_HPP
#define DETENT_TESTS_SUPPORT_NAIVE_HPP

#include <cstddef>

#include "detent/core/packed.hpp"

namespace test {

template <class View>
float naive_value(const View& q, std::size_t flat) {
  using P = typename View::precision_type;
  volatile float value = 0;  // every step is rounded
  const std::size_t group = P::grouping::at(q.shape(), flat).group;
  if constexpr (detent::detail::has_zero_point<P>)
    value = P::codec::decode(q.code(flat), static_cast<std::int32_t>(naive_value(q.zero_point(), group)));
  else
    value = P::codec::decode(q.code(flat));
  if constexpr (detent::scaled_precision<P>) value = value * naive_value(q.scale(), group);
  if constexpr (P::rule::unit != 1) value = value * P::rule::unit;
  if constexpr (detent::detail::is_centered<P>)
    value = value + naive_value(q.shift(), 0);
  else if constexpr (detent::detail::has_shift<P>)
    value = value + naive_value(q.shift(), group);
  return value;
}

}  // namespace test

#endif

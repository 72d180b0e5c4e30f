// SPDX-License-Identifier: MIT
//
// What pruning a tensor changes: parameters that are not zero, and bytes, before and after.
#ifndef DETENT_OP_COUNT_PRUNED_HPP
#define DETENT_OP_COUNT_PRUNED_HPP

#include <cstddef>

#include "detent/op/count.hpp"
#include "detent/op/masked.hpp"

namespace detent::inline v0 {

/// Of one tensor, or with `+=` of many. `after` counts the bytes of what is kept, and of a mask with a bit for each
/// element; `dense_bytes` are those of the tensor with zeros in it, which are the same as before.
struct pruning_count {
  parameter_count before;
  parameter_count after;
  std::size_t kept = 0;  ///< by the mask, whether zero or not
  std::size_t dense_bytes = 0;
};

namespace detail {
DETENT_INLINE constexpr void add_counts(parameter_count& to, const parameter_count& more) {
  to.total += more.total;
  to.nonzero += more.nonzero;
  to.bytes += more.bytes;
  to.bits_per_parameter = to.total == 0 ? 0 : 8.0 * static_cast<double>(to.bytes) / static_cast<double>(to.total);
}
}  // namespace detail

DETENT_INLINE constexpr pruning_count& operator+=(pruning_count& to, const pruning_count& more) {
  detail::add_counts(to.before, more.before);
  detail::add_counts(to.after, more.after);
  to.kept += more.kept;
  to.dense_bytes += more.dense_bytes;
  return to;
}

}  // namespace detent::inline v0

namespace detent::inline v0::inline DETENT_ISA {

/// Of an element source, or a view, of which an element takes `element_bytes`. Refuses shapes that differ.
template <backend B, class X, mask M>
pruning_count count_pruned(const B& b, const X& x, const M& m, std::size_t element_bytes, const options& with = {}) {
  const auto left = masked(b, x, m);
  const auto source = detail::source_of(x);
  const std::size_t total = m.shape().size(), kept = count_kept(m);
  const std::size_t dense = total * element_bytes;
  const std::size_t nonzero = detail::count_nonzero(b, source, with.executor);
  const std::size_t nonzero_left = detail::count_nonzero(b, detail::source_of(left), with.executor);
  return {.before = detail::counted(total, nonzero, dense),
          .after = detail::counted(total, nonzero_left, kept * element_bytes + (total + 7) / 8),
          .kept = kept,
          .dense_bytes = dense};
}

template <backend B, class T, std::size_t Rank, mask M>
pruning_count count_pruned(const B& b, const tensor_view<T, Rank>& x, const M& m, const options& with = {}) {
  return count_pruned(b, x, m, sizeof(T), with);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

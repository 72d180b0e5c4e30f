// SPDX-License-Identifier: MIT
//
// A mask that owns its words, and pruning that brings the workspace.
//
//   bit_mask m(shape);                                  // keeps everything
//   auto m = prune(backend, x, magnitude(0.3));         // of a criterion
//   prune(backend, x, n_of_m(2, 4), m);                 // more of what is left
#ifndef DETENT_STORE_BIT_MASK_HPP
#define DETENT_STORE_BIT_MASK_HPP

#include <cstddef>
#include <cstdint>

#include "detent/op/prune.hpp"
#include "detent/store/tensor.hpp"

namespace detent::inline v0 {

template <byte_allocator Allocator = heap>
class basic_bit_mask {
 public:
  basic_bit_mask() = default;

  /// Keeps everything.
  DETENT_INLINE explicit basic_bit_mask(const extents& shape, const Allocator& allocator = {})
      : shape_(checked(shape)), memory_(mask_words(shape) * sizeof(std::uint64_t), allocator) {
    keep_all{shape_}.words(0, mask_words(shape_), data());
  }

  DETENT_INLINE const extents& shape() const { return shape_; }
  DETENT_INLINE std::size_t size() const { return shape_.size(); }
  DETENT_INLINE std::uint64_t* data() { return reinterpret_cast<std::uint64_t*>(memory_.data()); }
  DETENT_INLINE const std::uint64_t* data() const { return reinterpret_cast<const std::uint64_t*>(memory_.data()); }
  DETENT_INLINE mask_view view() { return {data(), shape_}; }
  DETENT_INLINE const_mask_view view() const { return {data(), shape_}; }
  DETENT_INLINE bool operator[](std::size_t i) const { return view()[i]; }

 private:
  DETENT_INLINE static const extents& checked(const extents& shape) {
    detail::check_shape("bit_mask", shape);
    return shape;
  }

  extents shape_;
  detail::memory<Allocator> memory_;
};

using bit_mask = basic_bit_mask<>;

}  // namespace detent::inline v0

namespace detent::inline v0::inline DETENT_ISA {

/// Prunes more of what `m` keeps. Refuses as `prune` on views does; the workspace of the options is not used.
template <backend B, class X, criterion C, byte_allocator Allocator>
void prune(const B& b, const X& x, const C& c, basic_bit_mask<Allocator>& m, const prune_options& with = {}) {
  detail::check_pruned(x, m.shape());
  const std::size_t words = workspace_words(c, m.shape());
  const detail::memory<heap> workspace(words * sizeof(std::uint64_t), heap{});
  prune_options own = with;
  own.workspace = reinterpret_cast<std::uint64_t*>(workspace.data());
  own.workspace_words = words;
  if constexpr (detail::works_in_place<C>) {
    prune(b, x, c, m.view(), m.view(), own);
  } else {
    basic_bit_mask<heap> pruned(m.shape());
    prune(b, x, c, m.view(), pruned.view(), own);
    store_mask(pruned.view(), m.view(), {.executor = with.executor});
  }
}

/// The mask of what a criterion keeps.
template <backend B, class X, criterion C, byte_allocator Allocator = heap>
basic_bit_mask<Allocator> prune(const B& b, const X& x, const C& c, const prune_options& with = {},
                                const Allocator& allocator = {}) {
  basic_bit_mask<Allocator> m(x.shape(), allocator);
  prune(b, x, c, m, with);
  return m;
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// A mask says which elements of a tensor are kept: a shape, and a bit for each element in row-major order. Bit i of
// word w is element 64 w + i; 1 keeps; bits behind the last element are 0. The stored mask is a mask_view over words
// that somebody else owns; any type that can give its words is a mask too.
//
//   a & b      kept by both        a | b      kept by one at least        !a      what a prunes
//
// A composed mask holds its parts and copies nothing: a view by value, anything else by what it was given.
#ifndef DETENT_CORE_MASK_HPP
#define DETENT_CORE_MASK_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/core/bits.hpp"
#include "detent/core/error.hpp"
#include "detent/core/extents.hpp"

namespace detent::inline v0 {

inline constexpr std::size_t mask_word_bits = 64;

/// Words that a mask of this shape has.
DETENT_INLINE constexpr std::size_t mask_words(const extents& shape) {
  return shape.size() / mask_word_bits + (shape.size() % mask_word_bits != 0);
}

/// A type that has a shape and writes any run of its words. `words` may be called by several threads at once.
template <class M>
concept mask = requires(const M& m, std::size_t first, std::size_t count, std::uint64_t* to) {
  { m.shape() } -> std::convertible_to<extents>;
  m.words(first, count, to);
};

/// The stored mask: words in memory, read (const std::uint64_t) or written.
template <class Word>
  requires std::same_as<Word, std::uint64_t> || std::same_as<Word, const std::uint64_t>
class basic_mask_view {
 public:
  constexpr basic_mask_view() = default;
  [[gnu::always_inline]] constexpr basic_mask_view(Word* data, const extents& shape) : data_(data), shape_(shape) {
    if (data == nullptr && shape.size() != 0) fail("a mask of the shape ", shape, " was given a null pointer");
  }

  /// Written to read-only.
  template <std::same_as<Word> U>
    requires(!std::same_as<U, const std::uint64_t>)
  [[gnu::always_inline]] constexpr operator basic_mask_view<const U>() const {
    return {data_, shape_};
  }

  DETENT_INLINE constexpr Word* data() const { return data_; }
  DETENT_INLINE constexpr const extents& shape() const { return shape_; }
  DETENT_INLINE constexpr std::size_t size() const { return shape_.size(); }

  /// True if element i is kept; i is not checked.
  DETENT_INLINE constexpr bool operator[](std::size_t i) const {
    return (data_[i / mask_word_bits] >> (i % mask_word_bits) & 1u) != 0;
  }

  DETENT_INLINE constexpr void words(std::size_t first, std::size_t count, std::uint64_t* to) const {
    for (std::size_t i = 0; i < count; ++i) to[i] = data_[first + i];
  }

 private:
  Word* data_ = nullptr;
  extents shape_;
};

using mask_view = basic_mask_view<std::uint64_t>;
using const_mask_view = basic_mask_view<const std::uint64_t>;

/// Keeps everything.
struct keep_all {
  extents whole;

  DETENT_INLINE constexpr const extents& shape() const { return whole; }
  DETENT_INLINE constexpr void words(std::size_t first, std::size_t count, std::uint64_t* to) const;
};

namespace detail {

/// Word number w of a mask of n elements, with the bits behind the last one cleared.
DETENT_INLINE constexpr std::uint64_t within(std::uint64_t word, std::size_t w, std::size_t n) {
  const std::size_t left = n - w * mask_word_bits;
  return left >= mask_word_bits ? word : word & ~(~std::uint64_t{0} << left);
}

/// What magnitudes are compared by: the bits of |x|; NaN is greater than all, and all NaN are equal.
DETENT_INLINE constexpr std::uint32_t magnitude_key(float x) {
  const std::uint32_t a = bits_of(x) & ~f32_sign;
  return a > f32_infinity ? f32_infinity + 1 : a;
}

inline constexpr std::size_t mask_run = 64;

/// Bits that are 1 in the words of n elements.
DETENT_INLINE constexpr std::size_t ones_in(const std::uint64_t* words, std::size_t n) {
  std::size_t sum = 0;
  for (std::size_t w = 0; w * mask_word_bits < n; ++w) sum += ones(words[w]);
  return sum;
}

/// Words [first, first + count) of a and b, put together by f.
template <class A, class B, class F>
DETENT_INLINE constexpr void combine(const A& a, const B& b, std::size_t first, std::size_t count, std::uint64_t* to,
                                     const F& f) {
  std::uint64_t of_a[mask_run] = {}, of_b[mask_run] = {};
  for (std::size_t done = 0; done < count;) {
    const std::size_t n = count - done < mask_run ? count - done : mask_run;
    a.words(first + done, n, of_a);
    b.words(first + done, n, of_b);
    for (std::size_t i = 0; i < n; ++i) to[done + i] = f(of_a[i], of_b[i]);
    done += n;
  }
}

template <class A, class B>
DETENT_INLINE constexpr void check_masks(const A& a, const B& b) {
  const extents left = a.shape(), right = b.shape();
  if (!(left == right)) fail("masks of the shapes ", left, " and ", right, " do not compose");
}

}  // namespace detail

DETENT_INLINE constexpr void keep_all::words(std::size_t first, std::size_t count, std::uint64_t* to) const {
  const std::size_t n = whole.size();
  for (std::size_t i = 0; i < count; ++i) to[i] = detail::within(~std::uint64_t{0}, first + i, n);
}

template <mask A, mask B>
struct and_mask {
  A a;
  B b;

  DETENT_INLINE constexpr extents shape() const { return a.shape(); }
  DETENT_INLINE constexpr void words(std::size_t first, std::size_t count, std::uint64_t* to) const {
    detail::combine(a, b, first, count, to, [](std::uint64_t x, std::uint64_t y) { return x & y; });
  }
};

template <mask A, mask B>
struct or_mask {
  A a;
  B b;

  DETENT_INLINE constexpr extents shape() const { return a.shape(); }
  DETENT_INLINE constexpr void words(std::size_t first, std::size_t count, std::uint64_t* to) const {
    detail::combine(a, b, first, count, to, [](std::uint64_t x, std::uint64_t y) { return x | y; });
  }
};

template <mask A>
struct not_mask {
  A a;

  DETENT_INLINE constexpr extents shape() const { return a.shape(); }
  DETENT_INLINE constexpr void words(std::size_t first, std::size_t count, std::uint64_t* to) const {
    const std::size_t n = a.shape().size();
    a.words(first, count, to);
    for (std::size_t i = 0; i < count; ++i) to[i] = detail::within(~to[i], first + i, n);
  }
};

/// Refuses shapes that differ.
template <mask A, mask B>
DETENT_INLINE constexpr and_mask<A, B> operator&(const A& a, const B& b) {
  detail::check_masks(a, b);
  return {a, b};
}
template <mask A, mask B>
DETENT_INLINE constexpr or_mask<A, B> operator|(const A& a, const B& b) {
  detail::check_masks(a, b);
  return {a, b};
}
template <mask A>
DETENT_INLINE constexpr not_mask<A> operator!(const A& a) {
  return {a};
}

/// Elements that are kept.
template <mask M>
DETENT_INLINE constexpr std::size_t count_kept(const M& m) {
  std::uint64_t words[detail::mask_run] = {};
  const std::size_t all = mask_words(m.shape());
  std::size_t kept = 0;
  for (std::size_t first = 0; first < all;) {
    const std::size_t n = all - first < detail::mask_run ? all - first : detail::mask_run;
    m.words(first, n, words);
    kept += detail::ones_in(words, n * mask_word_bits);
    first += n;
  }
  return kept;
}

static_assert(mask<mask_view> && mask<const_mask_view> && mask<keep_all>);

}  // namespace detent::inline v0

#endif

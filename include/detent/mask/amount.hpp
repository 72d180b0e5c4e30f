// SPDX-License-Identifier: MIT
//
// How much a criterion prunes: a count, or a fraction of what is left, as torch.nn.utils.prune has it. A fraction is
// rounded to even on the product in double precision, like Python's round(): half of 5 is 2, half of 7 is 4.
//
//   amount(3)        three more          amount(0.3)      three tenths of what is left
#ifndef DETENT_MASK_AMOUNT_HPP
#define DETENT_MASK_AMOUNT_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/core/error.hpp"

namespace detent::inline v0 {

namespace detail {

/// A number in a sentence, with six decimals at most.
struct decimal {
  double value;

  [[gnu::always_inline]] void describe(error& to) const {
    const bool negative = value < 0;
    const double size = negative ? -value : value;
    if (!(size < 1e15)) {
      append(to, value != value ? "NaN" : negative ? "less than -10^15" : "10^15 or more");
      return;
    }
    const auto whole = static_cast<std::uint64_t>(size);
    auto millionths = static_cast<std::uint64_t>((size - static_cast<double>(whole)) * 1e6 + 0.5);
    if (negative) append(to, "-");
    append(to, whole + millionths / 1000000);
    millionths %= 1000000;
    if (millionths == 0) return;
    append(to, ".");
    for (std::uint64_t unit = 100000; millionths != 0; millionths %= unit, unit /= 10) append(to, millionths / unit);
  }
};

}  // namespace detail

class amount {
 public:
  template <std::integral Count>
    requires(!std::same_as<Count, bool>)
  DETENT_INLINE constexpr amount(Count count)
      : count_(count < 0 ? 0 : static_cast<std::size_t>(count)), negative_(count < 0) {}

  template <std::floating_point Fraction>
  DETENT_INLINE constexpr amount(Fraction fraction) : fraction_(static_cast<double>(fraction)), relative_(true) {}

  /// Of `left` entries, how many are pruned. Refuses, with detent::error: a negative count, a count of more than are
  /// left, and a fraction that is not within 0 and 1.
  [[gnu::always_inline]] constexpr std::size_t of(std::size_t left) const {
    check();
    if (!relative_) {
      if (count_ > left) fail("prune: ", count_, " entries are to be pruned and ", left, " are left");
      return count_;
    }
    const double product = fraction_ * static_cast<double>(left);
    const auto whole = static_cast<std::size_t>(product);
    const double rest = product - static_cast<double>(whole);
    return whole + std::size_t{rest > 0.5 || (rest == 0.5 && whole % 2 != 0)};
  }

  /// Refuses what no number of entries could make right.
  [[gnu::always_inline]] constexpr void check() const {
    if (negative_) fail("prune: the amount is a negative count");
    if (relative_ && !(fraction_ >= 0 && fraction_ <= 1)) {
      fail("prune: the fraction ", detail::decimal{fraction_}, " is not within 0 and 1");
    }
  }

 private:
  std::size_t count_ = 0;
  double fraction_ = 0;
  bool negative_ = false;
  bool relative_ = false;
};

static_assert(amount(0.5).of(5) == 2 && amount(0.5).of(7) == 4 && amount(0.25).of(10) == 2);
static_assert(amount(0.35).of(10) == 4 && amount(0.5).of(1) == 0 && amount(0.5).of(9) == 4);
static_assert(amount(3).of(3) == 3 && amount(1.0).of(7) == 7);

}  // namespace detent::inline v0

#endif

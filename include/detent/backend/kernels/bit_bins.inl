// SPDX-License-Identifier: MIT
//
// A book of more than 16 values: the leading bits of a number choose a bin with one threshold at most, and the rest
// decides about that one. Numbers become integers in the same order, `ordered`: those of one sign and size lie in a bin
// of 2^shift, and bins begin below the least magnitude of a threshold and end above the greatest. An entry holds the
// rank of a bin's least number above the lowest bits of its threshold (all ones: there is none).
template <class C>
struct bit_bins {
  static constexpr bool possible = false;
};

template <codec_of_kind<kind::table> C>
  requires(C::bits > 4)
struct bit_bins<C> {
  static constexpr std::size_t last = C::size - 1;  // thresholds
  static constexpr std::size_t most = 2048;         // bins for a sign

  static constexpr std::uint32_t extreme(bool upper) {
    std::uint32_t found = upper ? 0 : ~std::uint32_t{0};
    for (std::size_t i = 0; i < last; ++i) {
      const std::uint32_t m = detail::bits_of(C::thresholds[i]) & ~detail::f32_sign;
      if ((m > found) == upper) found = m;
    }
    return found;
  }
  static constexpr std::uint32_t least = extreme(false), greatest = extreme(true);

  /// Magnitudes from `low` on, and below `end`, in bins of 2^shift.
  struct cut {
    int shift;
    std::uint32_t low, end;
    constexpr std::size_t bins() const { return (end - low) >> shift; }
    constexpr std::int32_t ordered(float x) const {
      const std::uint32_t bits = detail::bits_of(x);
      const auto m = static_cast<std::int32_t>((bits & ~detail::f32_sign) - low);
      return bits & detail::f32_sign ? ~m : m;
    }
  };
  static constexpr cut cut_by(int shift) {
    return {shift, ((least - 1) >> shift) << shift, (((greatest + 1) >> shift) + 1) << shift};
  }
  static constexpr bool separates(const cut& c) {
    for (std::size_t i = 1; i < last; ++i) {
      if (c.ordered(C::thresholds[i]) >> c.shift == c.ordered(C::thresholds[i - 1]) >> c.shift) return false;
    }
    return true;
  }
  static constexpr cut by = [] {
    int shift = 22;
    while (shift > 8 && least != 0 && cut_by(shift).bins() <= most && !separates(cut_by(shift))) --shift;
    return cut_by(shift);
  }();
  static constexpr bool possible =
      least != 0 && by.bins() <= most && separates(by) && by.end <= static_cast<std::uint32_t>(infinity_bits);

  static constexpr std::int32_t rest = (1 << by.shift) - 1;
  static constexpr std::size_t count = 2 * by.bins();
  static constexpr detail::table<float, possible ? count : 1> made() {
    detail::table<float, possible ? count : 1> to{};
    std::size_t rank = 0;
    for (std::size_t i = 0; possible && i < count; ++i) {
      const std::int32_t begin = static_cast<std::int32_t>(i << by.shift) - static_cast<std::int32_t>(by.end - by.low);
      const std::int32_t here = rank < last ? by.ordered(C::thresholds[rank]) - begin : rest + 1;
      const bool one = here <= rest;
      to[i] = detail::float_of(static_cast<std::uint32_t>(rank) << by.shift |
                               static_cast<std::uint32_t>(one ? here : rest));
      rank += std::size_t{one};
    }
    return to;
  }
  alignas(64) static constexpr auto entries = made();
};

/// The number of thresholds below x; of NaN, 0. Whatever the bits are, the bin is one of the table's.
template <class V, class C, bool Finite>
DETENT_INLINE typename V::i32 rank_by_bits(typename V::f32 x) {
  using book = bit_bins<C>;
  constexpr int shift = book::by.shift;
  const auto low = all_bits<V>(book::by.low), last = all_bits<V>(book::by.end - 1);
  // Lanes differ in what the greater of a number and NaN is.
  if constexpr (!Finite) x = V::select(V::ordered(x), x, V::all(-detail::float_of(book::by.end - 1)));
  const auto bits = V::bits(x);
  const auto magnitude = V::max(V::min(V::bit_and(bits, V::all(magnitude_bits)), last), low);
  const auto ordered = V::bit_xor(V::subtract(magnitude, low), V::template shift_right<31>(bits));
  const auto bin = V::add(V::template shift_right<shift>(ordered), V::all(static_cast<std::int32_t>(book::count / 2)));
  const auto entry = V::bits(V::template lookup<4096>(book::entries.data, bin));
  const auto rest = V::all(book::rest);
  return V::increment_where(V::less(V::bit_and(entry, rest), V::bit_and(ordered, rest)),
                            V::template shift_right<shift>(entry));
}

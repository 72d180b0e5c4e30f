// SPDX-License-Identifier: MIT
//
// A book of up to 16 values for lanes of bytes without a lookup of floats: numbers are graded, to whole numbers of 16
// bits, and codes found from grades by lookups of bytes. The grade of a number is g(y) = y · per_unit, rounded: it
// never falls as y grows. So a number whose grade is below a threshold's is not above the threshold, one whose grade is
// above is, and only equal grades leave it open: a bundle in which one is equal is encoded the general way.
//
// The upper 5 bits of a grade choose one of 32 slots, with one threshold at most, of 16 for magnitudes.

template <codec C>
  requires requires { book_of<C>::size; }
struct grades {
  using book = book_of<C>;
  static constexpr bool of_magnitudes = book::of_magnitudes;
  static constexpr float span = book::span;
  static constexpr int last = 32766;
  static constexpr int none = 32767;  // the grade of no number
  static constexpr float per_unit = static_cast<float>(last) / span;
  static constexpr int slot_bits = 11;

  static constexpr int grade_of(float y) { return to_nearest_even(y * per_unit); }
  static constexpr int slot_of(float y) { return grade_of(y) >> slot_bits; }

  static constexpr bool consecutive = [] {
    for (std::size_t k = 0; k + 1 < book::size; ++k) {
      if (book::code(k + 1) != book::code(k) + 1) return false;
    }
    return true;
  }();

  /// All thresholds are within the span, and no two that differ in one slot.
  static constexpr bool possible = [] {
    if (grade_of(span) > last || grade_of(-span) < -last) return false;
    for (std::size_t k = 0; k + 1 < book::size; ++k) {
      const float t = book::threshold(k), before = k == 0 ? t : book::threshold(k - 1);
      if (t < -span || t > span || (before < t && slot_of(t) == slot_of(before))) return false;
    }
    return true;
  }();

  /// The rank after the last threshold that equals this one.
  static constexpr std::size_t after(std::size_t rank) {
    const float t = book::threshold(rank);
    while (rank + 1 < book::size && !(t < book::threshold(rank))) ++rank;
    return rank;
  }

  /// Of each slot: the grade of its threshold, in two bytes, and the codes below and above. Slots -16 … -1 follow 0 …
  /// 15.
  struct slots {
    detail::table<std::uint8_t, 32> low, high, below, above;
  };
  alignas(64) static constexpr slots slot = [] {
    slots made{};
    for (int s = of_magnitudes ? 0 : -16; s < 16 && possible; ++s) {
      const std::size_t at = static_cast<std::size_t>(s) & 31;
      std::size_t rank = 0;
      while (rank + 1 < book::size && slot_of(book::threshold(rank)) < s) ++rank;
      const bool has = rank + 1 < book::size && slot_of(book::threshold(rank)) == s;
      const auto t = static_cast<std::uint32_t>(has ? grade_of(book::threshold(rank)) : int{none});
      made.low[at] = static_cast<std::uint8_t>(t);
      made.high[at] = static_cast<std::uint8_t>(t >> 8);
      made.below[at] = static_cast<std::uint8_t>(book::code(rank));
      made.above[at] = static_cast<std::uint8_t>(book::code(has ? after(rank) : rank));
    }
    return made;
  }();
};

/// Grades as 32-bit numbers.
template <class V, class C, affine Form>
DETENT_INLINE typename V::i32 graded(typename V::f32 y) {
  using book = grades<C>;
  if constexpr (book::of_magnitudes) {
    if constexpr (!Form.finite) y = V::select(V::ordered(y), y, V::all(0.0f));
    y = V::floats(V::bit_and(V::bits(y), V::all(magnitude_bits)));
  }
  if constexpr (!Form.bounded && !book::of_magnitudes) y = V::max(y, V::all(-book::span));  // and NaN to the least
  if constexpr (!Form.bounded) y = V::min(y, V::all(book::span));
  return V::nearest(V::multiply(y, V::all(book::per_unit)));
}

/// The entry of each slot.
template <class V, bool Magnitudes>
DETENT_INLINE typename V::i8 entries(const detail::table<std::uint8_t, 32>& of, typename V::i8 slots,
                                     typename V::i8 negative_slots) {
  const auto positive = V::pick(of.data, slots);
  if constexpr (Magnitudes)
    return positive;
  else
    return V::or8(positive, V::pick(of.data + 16, negative_slots));
}

/// The codes of a bundle, and whether one is left open. The order of elements is the instructions' until the end.
template <class V, class C, affine Form>
DETENT_INLINE typename V::i8 graded_codes(const float* x, const quad<parameters<V>>& p, bool& open) {
  using book = grades<C>;
  constexpr std::size_t w = V::width;
  constexpr bool magnitudes = book::of_magnitudes;
  const auto a = normalized<V, Form>(V::load(x), p.a);
  const auto b = normalized<V, Form>(V::load(x + w), p.b);
  const auto c = normalized<V, Form>(V::load(x + 2 * w), p.c);
  const auto d = normalized<V, Form>(V::load(x + 3 * w), p.d);
  const auto first = V::saturate16(graded<V, C, Form>(a), graded<V, C, Form>(b));
  const auto second = V::saturate16(graded<V, C, Form>(c), graded<V, C, Form>(d));
  const auto slots = V::narrow8(V::template shift_right16<book::slot_bits>(first),
                                V::template shift_right16<book::slot_bits>(second));
  const auto negative = V::xor8(slots, V::all8(-128));
  const auto low = entries<V, magnitudes>(book::slot.low, slots, negative);
  const auto high = entries<V, magnitudes>(book::slot.high, slots, negative);
  const auto first_threshold = V::low_words(low, high), second_threshold = V::high_words(low, high);
  open = V::any8(V::or8(V::equal16(first, first_threshold), V::equal16(second, second_threshold)));
  const auto above = V::narrow8(V::greater16(first, first_threshold), V::greater16(second, second_threshold));
  auto codes = entries<V, magnitudes>(book::slot.below, slots, negative);
  if constexpr (book::consecutive)
    codes = V::subtract8(codes, above);
  else
    codes = V::select8(above, entries<V, magnitudes>(book::slot.above, slots, negative), codes);
  if constexpr (magnitudes) {
    constexpr int sign = C::bits - 1;
    const auto of = [](auto y) DETENT_LAMBDA {
      return V::bits(Form.finite ? y : V::select(V::ordered(y), y, V::all(0.0f)));
    };
    // Saturation keeps the sign, in bit 7 at the end.
    const auto signs = V::narrow8(V::saturate16(of(a), of(b)), V::saturate16(of(c), of(d)));
    codes = V::or8(codes, V::and8(V::template shift_right16<7 - sign>(signs), V::all8(1 << sign)));
  }
  return V::in_order(codes);
}

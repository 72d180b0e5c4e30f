// SPDX-License-Identifier: MIT
//
// A book of up to 16 values for lanes of bytes without a lookup of floats: numbers are graded, to whole numbers of 16
// bits, and codes found from grades by lookups of bytes. The grade of a number is g(y) = y · per_unit, rounded: it
// never falls as y grows. So a number whose grade is below a threshold's is not above the threshold, one whose grade is
// above is, and only equal grades leave it open: a bundle in which one is equal is encoded the general way.
//
// The upper 4 bits of a grade choose one of 16 slots, with one threshold at most. Where grades have a sign the
// outermost slots reach to the ends, and the width of the others is one that parts all thresholds.

template <codec C>
  requires requires { book_of<C>::size; }
struct grades {
  using book = book_of<C>;
  static constexpr bool of_magnitudes = book::of_magnitudes;
  static constexpr float span = book::span;
  static constexpr int none = 32767;  // the grade of no number
  /// A grade lies in slot (grade >> width_bits), or in the nearest of 16.
  static constexpr int width_bits = 11;
  static constexpr int first_slot = of_magnitudes ? 0 : -8;

  /// With span graded `last`.
  struct scale_of {
    int last;

    constexpr float per_unit() const { return static_cast<float>(last) / span; }
    constexpr int grade(float y) const { return to_nearest_even(y * per_unit()); }
    constexpr int slot(float y) const {
      const int s = grade(y) >> width_bits;
      return s < first_slot ? first_slot : s > first_slot + 15 ? first_slot + 15 : s;
    }
    /// All thresholds are within the span, and no two that differ in one slot.
    constexpr bool parts_all() const {
      if (grade(span) > last || grade(-span) < -last) return false;
      for (std::size_t k = 0; k + 1 < book::size; ++k) {
        const float t = book::threshold(k), before = k == 0 ? t : book::threshold(k - 1);
        if (t < -span || t > span || (before < t && slot(t) == slot(before))) return false;
      }
      return true;
    }
  };
  /// The finest that parts all; 0: none does.
  static constexpr int last = [] {
    for (int n = 32766; n > 0; n -= 64) {
      if (scale_of{n}.parts_all()) return n;
      if (of_magnitudes) break;
    }
    return 0;
  }();
  static constexpr bool possible = last != 0;
  static constexpr scale_of scale{possible ? last : 1};
  static constexpr float per_unit = scale.per_unit();

  static constexpr bool consecutive = [] {
    for (std::size_t k = 0; k + 1 < book::size; ++k) {
      if (book::code(k + 1) != book::code(k) + 1) return false;
    }
    return true;
  }();

  /// The rank after the last threshold that equals this one.
  static constexpr std::size_t after(std::size_t rank) {
    const float t = book::threshold(rank);
    while (rank + 1 < book::size && !(t < book::threshold(rank))) ++rank;
    return rank;
  }

  /// Of each slot: the grade of its threshold, in two bytes, and the codes below and above. Slots -8 … -1 follow 0 … 7.
  struct slots {
    detail::table<std::uint8_t, 16> low, high, below, above;
  };
  alignas(64) static constexpr slots slot = [] {
    slots made{};
    for (int s = first_slot; s < first_slot + 16 && possible; ++s) {
      const std::size_t at = static_cast<std::size_t>(s) & 15;
      std::size_t rank = 0;
      while (rank + 1 < book::size && scale.slot(book::threshold(rank)) < s) ++rank;
      const bool has = rank + 1 < book::size && scale.slot(book::threshold(rank)) == s;
      const auto t = static_cast<std::uint32_t>(has ? scale.grade(book::threshold(rank)) : int{none});
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

/// The slots of grades, each in the low 4 bits of a byte.
template <class V, class Book>
DETENT_INLINE typename V::i8 slots_of(typename V::i16 first, typename V::i16 second) {
  constexpr int bits = Book::width_bits;
  if constexpr (Book::of_magnitudes) {
    return V::narrow8(V::template shift_right16<bits>(first), V::template shift_right16<bits>(second));
  } else {
    // 16 steps in a slot: bytes end where the outermost slots begin to be too many.
    const auto steps =
        V::narrow8(V::template shift_right16<bits - 4>(first), V::template shift_right16<bits - 4>(second));
    return V::high_nibbles(steps);
  }
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
  const auto slots = slots_of<V, book>(first, second);
  const auto low = V::pick(book::slot.low.data, slots), high = V::pick(book::slot.high.data, slots);
  // How far above, in bytes that keep the sign, and that it is nothing.
  const auto beyond =
      V::narrow8(V::subtract16(first, V::low_words(low, high)), V::subtract16(second, V::high_words(low, high)));
  open = V::any8(V::equal8(beyond, V::all8(0)));
  const auto above = V::greater8(beyond, V::all8(0));
  auto codes = V::pick(book::slot.below.data, slots);
  if constexpr (book::consecutive)
    codes = V::subtract8(codes, above);
  else
    codes = V::select8(above, V::pick(book::slot.above.data, slots), codes);
  if constexpr (magnitudes) {
    constexpr int sign = C::bits - 1;
    const auto of = [](auto y)
                        DETENT_LAMBDA { return V::bits(Form.finite ? y : V::select(V::ordered(y), y, V::all(0.0f))); };
    // Saturation keeps the sign, in bit 7 at the end.
    const auto signs = V::narrow8(V::saturate16(of(a), of(b)), V::saturate16(of(c), of(d)));
    codes = V::or8(codes, V::and8(V::template shift_right16<7 - sign>(signs), V::all8(1 << sign)));
  }
  return V::in_order(codes);
}

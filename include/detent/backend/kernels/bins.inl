// SPDX-License-Identifier: MIT
//
// A book of up to 16 values as equal bins along the axis, each with one threshold at most. The bin of a number is
// n(y) = y · per_unit, rounded to nearest even: n never falls as y grows, so that all thresholds in lower bins are
// below y and all in higher bins are not, whatever the rounding does; one compare decides about the one in its own.
// Entry n modulo `count` holds that threshold: what nothing exceeds, if there is none. Where bin 0 would have several,
// magnitudes are `lifted` by nearly half a bin, which moves all but 0 out of it.
//
// Floats of up to 4 bits have a code for each magnitude and sign. They are compared as signed integers, among which a
// greater magnitude is greater on both sides of 0, and what bin 0 tells apart are -0 and 0.
//
// The code is found from the bin and the compare together, a `place` of 64, by lanes that look up 64 bytes. Lanes that
// do not have an entry hold the code below the threshold, to which the compare adds 1; of the floats, its number, which
// grows by one with the magnitude: the positive ones from 7 on, the negative ones from 15 on, modulo 16; in bin 0, with
// 1 added, bit 7 is set, and a lookup of bytes gives 0 for that.

/// The greatest float whose code is at most `code`: magnitudes of a monotone codec, by bisection.
template <class C>
constexpr float last_of_code(std::uint32_t code) {
  std::uint32_t low = 0;
  std::uint32_t high = detail::bits_of(C::max);
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    (C::encode(detail::float_of(middle)) <= code ? low : high) = middle;
  }
  return detail::float_of(low);
}

/// As processors convert.
template <class T>
constexpr int to_nearest_even(T x) {
  const int whole = static_cast<int>(x);
  const T rest = x - static_cast<T>(whole);
  const T distance = rest < 0 ? -rest : rest;
  const bool away = distance > T(0.5) || (distance == T(0.5) && whole % 2 != 0);
  return whole + (away ? (rest < 0 ? -1 : 1) : 0);
}

template <class C>
struct book_of {};

template <codec_of_kind<kind::table> C>
  requires(C::bits <= 4)
struct book_of<C> {
  static constexpr bool of_magnitudes = false;
  static constexpr std::size_t size = C::size;
  static constexpr float threshold(std::size_t rank) { return C::thresholds[rank]; }
  static constexpr std::uint32_t code(std::size_t rank) { return C::code_of_rank[rank]; }
  static constexpr float span = C::max > -C::min ? C::max : -C::min;
};

template <codec_of_kind<kind::minifloat> C>
  requires(C::bits <= 4 && C::special_codes == decltype(C::special_codes)::none)
struct book_of<C> {
  static constexpr bool of_magnitudes = true;
  static constexpr std::size_t size = std::size_t{1} << (C::bits - 1);
  static constexpr float threshold(std::size_t code) { return last_of_code<C>(static_cast<std::uint32_t>(code)); }
  static constexpr std::uint32_t code(std::size_t rank) { return static_cast<std::uint32_t>(rank); }
  static constexpr float span = C::max;
};

template <codec C>
  requires requires { book_of<C>::size; }
struct bins {
  using book = book_of<C>;
  static constexpr bool of_magnitudes = book::of_magnitudes;
  static constexpr float span = book::span;
  static constexpr std::size_t count = 32;

  struct grid {
    float per_unit, lift;

    constexpr double position(float y) const {
      const double from_zero = static_cast<double>(y) * static_cast<double>(per_unit);  // 48 bits: exact
      return detail::bits_of(y) & detail::f32_sign ? from_zero - static_cast<double>(lift)
                                                   : from_zero + static_cast<double>(lift);
    }
    constexpr int bin_of(float y) const { return to_nearest_even(position(y)); }
    /// The sum with `lift` is rounded once more by processors; so near to another bin nothing may lie.
    constexpr bool clear(float y) const {
      constexpr double margin = 1.0 / 256;
      const double p = position(y);
      return lift == 0 || to_nearest_even(p - margin) == to_nearest_even(p + margin);
    }
    /// All thresholds are within the span, no two in one bin, and no magnitude's in bin 0.
    constexpr bool parts_all() const {
      if (bin_of(span) > 15 || bin_of(-span) < -15) return false;
      if (of_magnitudes && (book::size > 8 || bin_of(book::threshold(0)) < 1)) return false;
      for (std::size_t k = 0; k + 1 < book::size; ++k) {
        const float t = book::threshold(k);
        if (t < -span || t > span || !clear(t)) return false;
        if (k != 0 && bin_of(t) == bin_of(book::threshold(k - 1))) return false;
      }
      return true;
    }
  };
  static constexpr grid plain{15.0f / span, 0}, lifted{14.25f / span, 0.484375f};
  static constexpr grid by = plain.parts_all() ? plain : lifted;
  static constexpr int bin_of(float y) { return by.bin_of(y); }
  static constexpr std::size_t entry_of(int bin) { return static_cast<std::size_t>(bin) & (count - 1); }

  /// With places.
  static constexpr bool placed = by.parts_all();
  /// Without: codes are consecutive.
  static constexpr bool possible = [] {
    for (std::size_t k = 0; k + 1 < book::size; ++k) {
      if (book::code(k + 1) != book::code(k) + 1) return false;
    }
    return placed && by.lift == 0;
  }();

  /// Of magnitudes, as the bits of floats.
  alignas(64) static constexpr detail::table<float, count> threshold = [] {
    constexpr float never = detail::float_of(of_magnitudes ? 0x7FFFFFFF : detail::f32_infinity);
    detail::table<float, count> made{};
    for (std::size_t i = 0; i < count; ++i) made[i] = never;
    for (std::size_t k = 0; placed && k + 1 < book::size; ++k) {
      const float at = book::threshold(k);
      made[entry_of(bin_of(at))] = at;
      if (of_magnitudes) made[entry_of(bin_of(-at))] = -at;
    }
    if (of_magnitudes) made[0] = detail::float_of(0xFFFFFFFF);
    return made;
  }();

  /// The rank below the threshold of a bin.
  static constexpr std::size_t rank_below(int bin) {
    const int distance = of_magnitudes && bin < 0 ? -bin : bin;
    std::size_t rank = 0;
    while (rank + 1 < book::size && bin_of(book::threshold(rank)) < distance) ++rank;
    return rank;
  }

  /// The code of a place: a bin, and 32 more above its threshold, modulo 64.
  alignas(64) static constexpr detail::table<std::uint8_t, 64> code_of_place = [] {
    detail::table<std::uint8_t, 64> made{};
    for (int bin = -15; placed && bin <= 15; ++bin) {
      const std::size_t rank = rank_below(bin), next = rank + 1 < book::size ? rank + 1 : rank;
      const std::uint32_t sign = of_magnitudes && bin < 0 ? static_cast<std::uint32_t>(book::size) : 0;
      made[static_cast<std::size_t>(bin) & 63] = static_cast<std::uint8_t>(book::code(rank) | sign);
      made[static_cast<std::size_t>(bin + 32) & 63] = static_cast<std::uint8_t>(book::code(next) | sign);
    }
    if (of_magnitudes) made[0] = static_cast<std::uint8_t>(book::size), made[32] = 0;
    return made;
  }();

  /// What entry `bin` holds: the code or its number.
  static constexpr std::uint32_t held(int bin) {
    const std::uint32_t code = book::code(rank_below(bin));
    if (!of_magnitudes) return code;
    if (bin == 0) return 0x7F;
    return bin > 0 ? 7 + code : (15 + code) % 16;
  }

  /// As the bits of floats, in byte K of a lane.
  template <int K>
  alignas(64) static constexpr detail::table<float, count> code = [] {
    detail::table<float, count> made{};
    for (int bin = -15; bin <= 15; ++bin) made[entry_of(bin)] = detail::float_of(held(bin) << (8 * K));
    return made;
  }();

  /// The code of a number, modulo 16.
  alignas(16) static constexpr detail::table<std::uint8_t, 16> code_of_number = [] {
    detail::table<std::uint8_t, 16> made{};
    for (std::size_t k = 0; of_magnitudes && k < book::size; ++k) {
      made[7 + k] = static_cast<std::uint8_t>(k);
      made[(15 + k) % 16] = static_cast<std::uint8_t>(k | book::size);
    }
    return made;
  }();
};

template <class V>
inline constexpr bool has_places = requires { &V::lookup64; };

template <class V>
struct in_bin {
  typename V::i32 bin;
  typename V::mask above;
};

/// The bin of a number, modulo 64 in its low bits, and whether it is above the bin's threshold.
template <class V, class C, affine Form>
DETENT_INLINE in_bin<V> binned(typename V::f32 x, const parameters<V>& p) {
  using book = bins<C>;
  auto y = normalized<V, Form>(x, p);
  if constexpr (book::of_magnitudes) {
    if constexpr (!Form.finite) y = V::select(V::ordered(y), y, V::all(0.0f));
    if constexpr (!Form.bounded) y = V::least_magnitude(y, V::all(book::span));
  } else if constexpr (!Form.bounded) {
    y = V::min(V::max(y, V::all(-book::span)), V::all(book::span));  // NaN to the least
  }
  typename V::i32 bin;
  if constexpr (book::by.lift == 0) {
    bin = V::bin(y, V::all(book::by.per_unit));
  } else {
    const auto sign = V::bit_and(V::bits(y), V::all(sign_bit));
    bin = V::bin(y, V::all(book::by.per_unit), V::floats(V::bit_or(sign, V::bits(V::all(book::by.lift)))));
  }
  const auto threshold = V::template lookup<book::count>(book::threshold.data, bin);
  if constexpr (book::of_magnitudes)
    return {bin, V::less(V::bits(threshold), V::bits(y))};
  else
    return {bin, V::less(threshold, y)};
}

template <class V, class C, affine Form>
DETENT_INLINE typename V::i32 place_of(typename V::f32 x, const parameters<V>& p) {
  const auto found = binned<V, C, Form>(x, p);
  return V::add_where(found.above, found.bin, V::all(static_cast<std::int32_t>(bins<C>::count)));
}

/// Codes, or their numbers, in byte K of their lanes.
template <class V, class C, affine Form, int K>
DETENT_INLINE typename V::i32 binned_codes(typename V::f32 x, const parameters<V>& p) {
  using book = bins<C>;
  const auto found = binned<V, C, Form>(x, p);
  const auto code = V::bits(V::template lookup<book::count>(book::template code<K>.data, found.bin));
  return V::add_where(found.above, code, V::all(1 << (8 * K)));
}

template <class V, class C, affine Form>
DETENT_INLINE typename V::i8 all_binned_codes(const float* x, const quad<parameters<V>>& p) {
  constexpr std::size_t w = V::width;
  const auto a = V::load(x), b = V::load(x + w), c = V::load(x + 2 * w), d = V::load(x + 3 * w);
  if constexpr (has_places<V>) {
    const auto places = V::low_bytes(place_of<V, C, Form>(a, p.a), place_of<V, C, Form>(b, p.b),
                                     place_of<V, C, Form>(c, p.c), place_of<V, C, Form>(d, p.d));
    return V::lookup64(bins<C>::code_of_place.data, places);
  } else {
    const auto codes = V::joined_bytes(binned_codes<V, C, Form, 0>(a, p.a), binned_codes<V, C, Form, 1>(b, p.b),
                                       binned_codes<V, C, Form, 2>(c, p.c), binned_codes<V, C, Form, 3>(d, p.d));
    if constexpr (bins<C>::of_magnitudes)
      return V::lookup16(bins<C>::code_of_number.data, codes);
    else
      return codes;
  }
}

// SPDX-License-Identifier: MIT
//
// A book of up to 16 values as equal bins along the axis, each with one threshold at most. The bin of a number is
// n(y) = y · per_unit, rounded to nearest even: n never falls as y grows, so that all thresholds in lower bins are
// below y and all in higher bins are not, whatever the rounding does; one compare decides about the one in its own.
// Entry n modulo `count` holds that threshold (infinity if there is none) and the code below it.

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
  static constexpr std::size_t count = of_magnitudes ? 16 : 32;
  static constexpr float per_unit = 15.0f / span;

  static constexpr int bin_of(float y) {
    return to_nearest_even(static_cast<double>(y) * static_cast<double>(per_unit));  // 48 bits: exact
  }
  static constexpr std::size_t entry_of(int bin) { return static_cast<std::size_t>(bin) & (count - 1); }

  /// Codes are consecutive, all thresholds within the span, and no two in one bin.
  static constexpr bool possible = [] {
    if (bin_of(span) > 15 || bin_of(-span) < -15) return false;
    for (std::size_t k = 0; k + 1 < book::size; ++k) {
      const float t = book::threshold(k);
      if (book::code(k + 1) != book::code(k) + 1 || t < -span || t > span) return false;
      if (k != 0 && bin_of(t) == bin_of(book::threshold(k - 1))) return false;
    }
    return true;
  }();

  alignas(64) static constexpr detail::table<float, count> threshold = [] {
    detail::table<float, count> made{};
    for (std::size_t i = 0; i < count; ++i) made[i] = detail::float_of(detail::f32_infinity);
    for (std::size_t k = 0; possible && k + 1 < book::size; ++k) {
      made[entry_of(bin_of(book::threshold(k)))] = book::threshold(k);
    }
    return made;
  }();

  /// As the bits of floats, in byte K of a lane.
  template <int K>
  alignas(64) static constexpr detail::table<float, count> code = [] {
    detail::table<float, count> made{};
    for (int bin = of_magnitudes ? 0 : -15; bin <= 15; ++bin) {
      std::size_t rank = 0;
      while (rank + 1 < book::size && bin_of(book::threshold(rank)) < bin) ++rank;
      made[entry_of(bin)] = detail::float_of(book::code(rank) << (8 * K));
    }
    return made;
  }();
};

// SPDX-License-Identifier: MIT
//
// A book of up to 16 values as equal bins along the axis, each with one threshold at most. The bin of a number is
// n(y) = y · per_unit, rounded to nearest even: n never falls as y grows, so that all thresholds in lower bins are
// below y and all in higher bins are not, whatever the rounding does; one compare decides about the one in its own.
// Entry n modulo `count` holds that threshold (what nothing exceeds, if there is none) and the code below it.
//
// Floats of up to 4 bits have a code for each magnitude and sign. They are compared as signed integers, among which a
// greater magnitude is greater on both sides of 0, and what bin 0 tells apart are -0 and 0. An entry then holds not the
// code but its number, which grows by one with the magnitude: the positive ones from 7 on, the negative ones from 15
// on, modulo 16; in bin 0, with 1 added, bit 7 is set, and a lookup of bytes gives 0 for that.

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
  static constexpr float per_unit = 15.0f / span;

  static constexpr int bin_of(float y) {
    return to_nearest_even(static_cast<double>(y) * static_cast<double>(per_unit));  // 48 bits: exact
  }
  static constexpr std::size_t entry_of(int bin) { return static_cast<std::size_t>(bin) & (count - 1); }

  /// Codes are consecutive, all thresholds within the span, no two in one bin, and no magnitude's in bin 0.
  static constexpr bool possible = [] {
    if (bin_of(span) > 15 || bin_of(-span) < -15) return false;
    if (of_magnitudes && (book::size > 8 || bin_of(book::threshold(0)) < 1)) return false;
    for (std::size_t k = 0; k + 1 < book::size; ++k) {
      const float t = book::threshold(k);
      if (book::code(k + 1) != book::code(k) + 1 || t < -span || t > span) return false;
      if (k != 0 && bin_of(t) == bin_of(book::threshold(k - 1))) return false;
    }
    return true;
  }();

  /// Of magnitudes, as the bits of floats.
  alignas(64) static constexpr detail::table<float, count> threshold = [] {
    constexpr float never = detail::float_of(of_magnitudes ? 0x7FFFFFFF : detail::f32_infinity);
    detail::table<float, count> made{};
    for (std::size_t i = 0; i < count; ++i) made[i] = never;
    for (std::size_t k = 0; possible && k + 1 < book::size; ++k) {
      const float at = book::threshold(k);
      made[entry_of(bin_of(at))] = at;
      if (of_magnitudes) made[entry_of(bin_of(-at))] = -at;
    }
    if (of_magnitudes) made[0] = detail::float_of(0xFFFFFFFF);
    return made;
  }();

  /// What entry `bin` holds: the code or its number.
  static constexpr std::uint32_t held(int bin) {
    const int distance = of_magnitudes && bin < 0 ? -bin : bin;
    std::size_t rank = 0;
    while (rank + 1 < book::size && bin_of(book::threshold(rank)) < distance) ++rank;
    const std::uint32_t code = book::code(rank);
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

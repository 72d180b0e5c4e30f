// SPDX-License-Identifier: MIT
//
// Encoders that lanes of bytes and halves make possible. Each gives the codes of the general way for ordinary elements
// and watches for the others (NaN, infinities, what an instruction treats differently); where it saw one, the tile is
// encoded again, the general way.
//
//   integers of up to 8 bits    convert, then narrow with saturation: the clamping costs nothing
//   books of up to 16 entries,  equal bins, each with one threshold at most: a lookup, a compare, a lookup of codes
//   4-bit floats                or of bytes (bins.inl); or grades of 16 bits and lookups of bytes (grades.inl)
//   floats of up to 8 bits      one addition that rounds normal and subnormal numbers alike
//   fp16, bf16                  the processor's conversions
template <class V, codec C, affine Form>
void encode_bundle(const float* x, code_t<C>* to, const quad<parameters<V>>& p);

namespace fast {

enum class outcome { finite, done, again };

/// Codes that lanes of bytes, with their saturation, clamp: -128 … 127, or 0 … 255.
template <class C>
inline constexpr bool fits_signed = C::least >= -128 && C::greatest <= 127;
template <class C>
inline constexpr bool fits_unsigned = C::least == 0 && C::greatest == 255;

template <class V, class C, affine Form>
inline constexpr bool is_integer = false;
template <class V, codec_of_kind<kind::integer> C, affine Form>
inline constexpr bool is_integer<V, C, Form> =
    requires { typename V::i16; } && C::bits <= 8 && (fits_signed<C> || fits_unsigned<C>);

template <class V, class C, affine Form>
inline constexpr bool is_binned = false;
template <class V, codec C, affine Form>
  requires requires { bins<C>::possible; }
inline constexpr bool is_binned<V, C, Form> = requires { V::bin(V::all(0.0f), V::all(0.0f), V::all(0.0f)); } &&
                                              (has_places<V> ? bins<C>::placed : bins<C>::possible);

template <class V, codec C, affine Form>
inline constexpr bool is_graded = false;
template <class V, codec C, affine Form>
  requires requires { grades<C>::possible; }
inline constexpr bool is_graded<V, C, Form> = requires { &V::pick; } && grades<C>::possible;

template <class V, class C>
inline constexpr bool is_converted = false;
template <class V, codec_of_kind<kind::minifloat> C>
inline constexpr bool is_converted<V, C> =
    (is_half<C> && requires { &V::store_halves; }) || (is_bf16<C> && requires { &V::store_bf16; });

/// 6- and 8-bit floats in which what overflows takes the greatest code, or the one after it.
template <class V, class C>
inline constexpr bool is_small_float = false;
template <class V, codec_of_kind<kind::minifloat> C>
inline constexpr bool is_small_float<V, C> =
    requires { typename V::i8; } && C::bits <= 8 && !C::wide && C::special_codes != decltype(C::special_codes)::fnuz &&
    (C::overflow_code == C::max_code || C::overflow_code == C::max_code + 1);

/// What was seen that must be done again.
template <class V>
struct watch {
  typename V::mask unusual;
  typename V::i16 least;
  /// What is left of numbers when they are subtracted from themselves: 0, or NaN of what is not finite.
  typename V::i32 rest;
};

template <class V>
DETENT_INLINE watch<V> nothing_seen() {
  return {V::nowhere(), V::all16(0), V::all(0)};
}

template <class V>
DETENT_INLINE watch<V> joined(const watch<V>& a, const watch<V>& b) {
  return {V::either(a.unusual, b.unusual), V::min16(a.least, b.least), V::bit_or(a.rest, b.rest)};
}

/// Four vectors at once: their differences are finite only if they are. (Of the greatest numbers they may not be, which
/// costs the general way and nothing else.)
template <class V>
DETENT_INLINE void see_all(watch<V>& seen, typename V::f32 a, typename V::f32 b, typename V::f32 c, typename V::f32 d) {
  const auto all = V::subtract(V::subtract(a, b), V::subtract(c, d));
  if constexpr (requires { V::template unusual<false>(all); })
    seen.unusual = V::either(seen.unusual, V::template unusual<false>(all));
  else
    seen.rest = V::bit_or(seen.rest, V::bits(V::subtract(all, all)));
}

template <class V>
DETENT_INLINE bool saw_unusual(const watch<V>& seen) {
  const auto rest = V::bit_and(seen.rest, V::all(magnitude_bits));
  return V::any(seen.unusual) || V::has_least(seen.least) || V::any(V::less(V::all(0), rest));
}

/// A float to a whole number, as the mode of the codec says; INT_MIN for NaN and what does not fit.
template <class V, class C>
DETENT_INLINE typename V::i32 converted(typename V::f32 x) {
  using mode = decltype(C::mode);
  if constexpr (C::mode == mode::ties_to_even) {
    return V::nearest(x);
  } else if constexpr (C::mode == mode::half_up) {
    return V::floor(V::add(x, V::all(static_cast<float>(C::offset) + 0.5f)));
  } else {
    // The float below 1/2: with 1/2 itself, 0.49999997 would become 1.
    const auto half = V::bit_or(V::bit_and(V::bits(x), V::all(sign_bit)), V::bits(V::all(0x1.fffffep-2f)));
    return V::truncate(V::add(x, V::floats(half)));
  }
}

/// The codes of the whole numbers of four vectors, in two of 16 bits; `Moved`: the codec's offset is in them;
/// `Within`: none is beyond the codec's.
template <class V, class C, affine Form, bool Moved, bool Within = false>
DETENT_INLINE typename V::i8 narrowed(typename V::i16 ab, typename V::i16 cd, const quad<parameters<V>>& p) {
  if constexpr (Form.zero) {
    ab = V::add16(ab, V::saturate16(p.a.zero, p.b.zero));
    cd = V::add16(cd, V::saturate16(p.c.zero, p.d.zero));
  }
  auto codes = V::template saturate8<fits_signed<C>>(ab, cd);
  constexpr int offset = Moved ? C::offset : 0;
  if constexpr (!Within && fits_signed<C> && C::least + offset > -128)
    codes = V::max8(codes, V::all8(C::least + offset));
  if constexpr (!Within && fits_signed<C> && C::greatest + offset < 127)
    codes = V::min8(codes, V::all8(C::greatest + offset));
  if constexpr (C::offset != offset) codes = V::add8(codes, V::all8(C::offset));
  if constexpr (C::bits < 8 && C::least + C::offset < 0) codes = V::and8(codes, V::all8((1 << C::bits) - 1));
  return codes;
}

template <class V, class C, affine Form>
DETENT_INLINE typename V::i8 integer_codes(const float* x, const quad<parameters<V>>& p, watch<V>& seen) {
  constexpr std::size_t w = V::width;
  const auto a = converted<V, C>(normalized<V, Form>(V::load(x), p.a));
  const auto b = converted<V, C>(normalized<V, Form>(V::load(x + w), p.b));
  const auto c = converted<V, C>(normalized<V, Form>(V::load(x + 2 * w), p.c));
  const auto d = converted<V, C>(normalized<V, Form>(V::load(x + 3 * w), p.d));
  const auto ab = V::saturate16(a, b);
  const auto cd = V::saturate16(c, d);
  // What is a rounding or two beyond the greatest number is rounded to it.
  constexpr bool within = Form.finite && Form.bounded && C::least <= -C::greatest;
  if constexpr (!within) seen.least = V::min16(seen.least, V::min16(ab, cd));
  constexpr bool moved = C::mode == decltype(C::mode)::half_up;
  return narrowed<V, C, Form, moved, within>(ab, cd, p);
}

template <class V, class C, affine Form>
DETENT_INLINE void convert(const float* x, std::uint16_t* to, const quad<parameters<V>>& p, watch<V>& seen) {
  constexpr std::size_t w = V::width;
  const auto a = normalized<V, Form>(V::load(x), p.a);
  const auto b = normalized<V, Form>(V::load(x + w), p.b);
  const auto c = normalized<V, Form>(V::load(x + 2 * w), p.c);
  const auto d = normalized<V, Form>(V::load(x + 3 * w), p.d);
  constexpr bool subnormals = [] {
    if constexpr (is_bf16<C>)
      return !V::bf16_keeps_subnormals;
    else
      return false;
  }();
  if constexpr (subnormals) {
    const auto unusual = V::either(V::either(V::template unusual<true>(a), V::template unusual<true>(b)),
                                   V::either(V::template unusual<true>(c), V::template unusual<true>(d)));
    seen.unusual = V::either(seen.unusual, unusual);
  } else {
    see_all(seen, a, b, c, d);
  }
  if constexpr (is_half<C>) {
    V::store_halves(to, a, b);
    V::store_halves(to + 2 * w, c, d);
  } else {
    V::store_bf16(to, a, b);
    V::store_bf16(to + 2 * w, c, d);
  }
}

/// With E the exponent of |x|, but that of the least normal number at least, 2^(E + 23 - m) has its last bit where the
/// last of m mantissa bits of x is: the sum is rounded there, and its low bits are the mantissa with the leading 1.
/// Adding E's distance from the least makes the code; the constants ride in the low bits of the power.
template <class V, class C>
DETENT_INLINE typename V::i32 small_float_codes(typename V::f32 x) {
  constexpr int m = C::mantissa_bits;
  constexpr std::uint32_t code_of_least = (C::min_normal_bits >> (23 - m)) & 255;
  static_assert(code_of_least % 2 == 0 || m == 0, "an odd constant would turn ties to even into ties to odd");
  constexpr std::uint32_t raise = (static_cast<std::uint32_t>(23 - m) << 23) + (256 - code_of_least) % 256;
  // The value of the overflow code, on the grid extended upwards.
  constexpr float limit = detail::float_of((C::overflow_code << C::dropped_bits) + C::rebias);
  const auto bits = V::bits(x);
  const auto magnitude = V::min(V::floats(V::bit_and(bits, V::all(magnitude_bits))), V::all(limit));
  const auto least = V::all(static_cast<std::int32_t>(C::min_normal_bits));
  const auto exponent = V::max(V::bit_and(V::bits(magnitude), V::all(infinity_bits)), least);
  const auto power = V::floats(V::add(exponent, all_bits<V>(raise)));
  const auto sum = V::add(V::bits(V::add(magnitude, power)), V::template shift_right<23 - m>(exponent));
  constexpr int sign = 32 - C::bits;
  return V::select_bits(all_bits<V>(C::all_ones), sum, V::template shift_right_zeros<sign>(bits));
}

template <class V, class C, affine Form>
DETENT_INLINE void store_small_floats(const float* x, std::uint8_t* to, const quad<parameters<V>>& p, watch<V>& seen) {
  constexpr std::size_t w = V::width;
  const auto a = normalized<V, Form>(V::load(x), p.a), b = normalized<V, Form>(V::load(x + w), p.b);
  const auto c = normalized<V, Form>(V::load(x + 2 * w), p.c), d = normalized<V, Form>(V::load(x + 3 * w), p.d);
  if constexpr (!Form.finite) see_all(seen, a, b, c, d);
  V::store_codes(to, small_float_codes<V, C>(a), small_float_codes<V, C>(b), small_float_codes<V, C>(c),
                 small_float_codes<V, C>(d));
}

template <class V, class C, affine Form>
DETENT_INLINE void store_graded(const float* x, std::uint8_t* to, const quad<parameters<V>>& p) {
  bool open = false;
  const auto codes = graded_codes<V, C, Form>(x, p, open);
  if (__builtin_expect(open, false))
    encode_bundle<V, C, Form>(x, to, p);
  else
    V::store(to, codes);
}

template <class V, class C, affine Form>
DETENT_INLINE void bundle(const float* x, code_t<C>* to, const quad<parameters<V>>& p, watch<V>& seen) {
  if constexpr (is_integer<V, C, Form>)
    V::store(to, integer_codes<V, C, Form>(x, p, seen));
  else if constexpr (is_graded<V, C, Form>)
    store_graded<V, C, Form>(x, to, p);
  else if constexpr (is_binned<V, C, Form>)
    V::store(to, all_binned_codes<V, C, Form>(x, p));
  else if constexpr (is_small_float<V, C>)
    store_small_floats<V, C, Form>(x, to, p, seen);
  else
    convert<V, C, Form>(x, to, p, seen);
}

/// Fewer elements than a bundle, through a padded copy.
template <class V, class C, affine Form>
[[gnu::noinline]] watch<V> part(const float* x, std::size_t n, code_t<C>* to, const quad<parameters<V>>& p) {
  float values[bundle_of<V>] = {};
  code_t<C> codes[bundle_of<V>];
  __builtin_memcpy(values, x, n * sizeof(float));
  watch<V> seen = nothing_seen<V>();
  bundle<V, C, Form>(values, codes, p, seen);
  __builtin_memcpy(to, codes, n * sizeof(code_t<C>));
  return seen;
}

template <class V, class C, affine Form>
DETENT_INLINE outcome encode(const float* x, std::size_t n, std::size_t group, const group_factors& by, code_t<C>* to) {
  using all_parameters = quad<parameters<V>>;
  const std::size_t ahead = by.ahead;
  watch<V> seen = nothing_seen<V>();
  for_each_bundle<V, Form>(
      n, group, by,
      [&](std::size_t i, const all_parameters& p) DETENT_LAMBDA {
        ask_ahead<V>(x + i, ahead);
        bundle<V, C, Form>(x + i, to + i, p, seen);
      },
      [&](std::size_t i, std::size_t count, const all_parameters& p)
          DETENT_LAMBDA { seen = joined(seen, part<V, C, Form>(x + i, count, to + i, p)); });
  if constexpr (is_graded<V, C, Form> || is_binned<V, C, Form> || (is_small_float<V, C> && Form.finite))
    return outcome::done;
  const bool again = saw_unusual(seen);
  // A finite element can become infinite, and the other way round, only by its scale.
  return again ? outcome::again : outcome::finite;
}

}  // namespace fast

/// Codecs whose elements these lanes encode faster than the general way.
template <class V, class C, affine Form>
inline constexpr bool has_fast_encoder =
    fast::is_integer<V, C, Form> || fast::is_graded<V, C, Form> || fast::is_binned<V, C, Form> ||
    fast::is_small_float<V, C> || fast::is_converted<V, C>;

// SPDX-License-Identifier: MIT
//
// Decoders that some lanes do faster than the general way.
//
//   codes of up to 4, 5, 6 bits   one lookup in the table of all values, whatever the codec; or of each of their bytes
//   books of 256, fnuz floats     the bytes of all values, by lanes that look up 128 bytes
//   other 8-bit floats            the two upper bytes of all magnitudes, by the same lanes; or else, below
//   int8                          loaded with its sign
//   bf16                          the upper half of fp32
//   fp16                          the processor's conversion   } NaN, which it makes quiet, is watched for: where
//   8-bit floats                  as halves, times 2^(15-bias) } there was one, the tile is decoded the general way

/// The values in the order of codes, padded with zeros.
template <class C>
struct values_by_code {
  static constexpr std::size_t codes = std::size_t{1} << C::bits;
  static constexpr std::size_t entries = codes < 16 ? 16 : codes;
  alignas(64) static constexpr detail::table<float, entries> value = [] {
    detail::table<float, entries> values{};
    for (std::size_t i = 0; i < codes; ++i) values[i] = C::decode(static_cast<std::uint32_t>(i));
    return values;
  }();
};

/// Their bytes: the lowest of all, the next, …
template <class C, std::size_t Entries = 16>
struct planes_by_code {
  alignas(64) static constexpr detail::table<std::uint8_t, 4 * Entries> byte = [] {
    detail::table<std::uint8_t, 4 * Entries> bytes{};
    for (std::size_t i = 0; i < 4 * Entries; ++i) {
      const std::size_t code = i % Entries;
      const std::uint32_t value =
          code < values_by_code<C>::entries ? detail::bits_of(values_by_code<C>::value[code]) : 0;
      bytes[i] = static_cast<std::uint8_t>(value >> (8 * (i / Entries)));
    }
    return bytes;
  }();
};

/// A decoded number times factor and unit, plus shift.
template <class V, affine Form>
DETENT_INLINE typename V::f32 scaled(typename V::f32 y, const parameters<V>& p) {
  if constexpr (Form.scaled) y = V::multiply(y, p.factor);
  if constexpr (Form.unit) y = V::multiply(y, p.unit);
  if constexpr (Form.shift) y = V::add(V::rounded(y), p.shift);
  return y;
}

/// All values of codes of up to 4 bits in their order, to be scaled once for a group. As numbers that the compiler does
/// not know: of values and their negatives g++ at -O3 computes one product, and its negative; a NaN has the other sign.
template <class V, class C>
struct all_values {
  static constexpr std::size_t vectors = 16 / V::width;
  typename V::f32 part[vectors];

  DETENT_INLINE all_values() {
    for (std::size_t k = 0; k < vectors; ++k)
      part[k] = V::rounded(V::load(values_by_code<C>::value.data + k * V::width));
  }
  /// Vector k of them with a group's parameters.
  template <affine Form>
  DETENT_INLINE typename V::f32 of_group(std::size_t k, const parameters<V>& p) const {
    auto y = part[k];
    if constexpr (Form.zero) y = V::subtract(y, V::to_float(p.zero));  // small whole numbers: exact
    return scaled<V, Form>(y, p);
  }
};

namespace fast {

template <class V>
inline constexpr int lookup_bits = [] {
  if constexpr (requires { V::lookup_bits; }) return V::lookup_bits;
  return V::has_lookup ? 4 : 0;
}();

template <class V, class C>
inline constexpr bool is_looked_up = C::bits <= lookup_bits<V> && !std::same_as<typename C::kind, kind::any>;

/// A bundle at once, each byte of the values by a lookup of bytes.
template <class V, class C>
inline constexpr bool is_looked_up_in_planes = is_looked_up<V, C> && C::bits <= 4 && requires { &V::pick_floats; };

/// The upper halves of 128 magnitudes: of codes that are a sign and a magnitude, whose values are short.
template <class C>
inline constexpr bool has_upper_halves = [] {
  for (std::uint32_t code = 0; code < 128; ++code) {
    const std::uint32_t bits = detail::bits_of(C::decode(code));
    if ((bits & (f32_sign | 0xFFFF)) != 0 || detail::bits_of(C::decode(code | 128)) != (bits | f32_sign)) return false;
  }
  return true;
}();
template <class V, class C>
inline constexpr bool is_looked_up_in_halves = false;
template <class V, codec_of_kind<kind::minifloat> C>
  requires(C::bits == 8 && requires { &V::pick_upper_halves; })
inline constexpr bool is_looked_up_in_halves<V, C> = has_upper_halves<C>;

/// The same of 256 values: what has no faster way.
template <class V, class C>
inline constexpr bool is_looked_up_in_256 = false;
template <class V, codec_of_kind<kind::table> C>
inline constexpr bool is_looked_up_in_256<V, C> = C::bits > 4 && requires { &V::pick_of_256; };
template <class V, codec_of_kind<kind::minifloat> C>
inline constexpr bool is_looked_up_in_256<V, C> =
    C::bits == 8 && C::special_codes == decltype(C::special_codes)::fnuz && requires { &V::pick_of_256; };

template <class V, class C>
inline constexpr bool is_signed_byte = false;
template <class V, codec_of_kind<kind::integer> C>
inline constexpr bool is_signed_byte<V, C> =
    C::bits == 8 && C::least < 0 && C::offset == 0 && requires { &V::load_signed; };

/// 8-bit floats that are halves cut short, e5m2 and e4m3fn, whatever their bias: with other fields the sign is not
/// where a half has it, or codes below `last` (bundle_values) are halves that are not finite, or finite ones that
/// should not be.
template <class C>
inline constexpr bool is_small_half = false;
template <codec_of_kind<kind::minifloat> C>
inline constexpr bool is_small_half<C> = [] {
  using specials = decltype(C::special_codes);
  return C::bits == 8 && C::bias <= 15 &&
         ((C::exponent_bits == 5 && C::special_codes == specials::ieee) ||
          (C::exponent_bits == 4 && C::special_codes == specials::fn));
}();

/// Either of these two.
template <class V, class C>
inline constexpr bool is_looked_up_in_many = is_looked_up_in_halves<V, C> || is_looked_up_in_256<V, C>;

/// Decoders that need no watching.
template <class V, class C, affine Form>
inline constexpr bool is_always =
    is_looked_up<V, C> || is_looked_up_in_many<V, C> || is_signed_byte<V, C> || is_bf16<C>;

template <class V, class C>
inline constexpr bool is_watched = (is_half<C> && requires { &V::load_half; }) ||
                                   (is_small_half<C> && requires { &V::template load_small_halves<8>; });

template <class V, class C, affine Form>
DETENT_INLINE typename V::f32 looked_up(const code_t<C>* codes, const parameters<V>& p) {
  const auto code = V::load_codes(codes);
  if constexpr (is_bf16<C>) return V::floats(V::template shift_left<16>(code));
  if constexpr (is_looked_up<V, C>) {
    auto y = V::template lookup<values_by_code<C>::entries>(values_by_code<C>::value.data, code);
    if constexpr (Form.zero) y = V::subtract(y, V::to_float(p.zero));  // small whole numbers: exact
    return y;
  }
}

/// One vector of values, before they are scaled.
template <class V, class C, affine Form>
DETENT_INLINE typename V::f32 values(const code_t<C>* codes, const parameters<V>& p) {
  if constexpr (is_half<C>) {
    return V::load_half(codes);
  } else if constexpr (is_signed_byte<V, C>) {
    auto number = V::load_signed(codes);
    if constexpr (Form.zero) number = V::subtract(number, p.zero);
    return V::to_float(number);
  } else {
    return looked_up<V, C, Form>(codes, p);
  }
}

/// 8-bit floats, two vectors at a time: with its exponent field in the place of a half's, a code is 2^(bias-15) too
/// small.
template <class V, class C, affine Form, stores Stores>
DETENT_INLINE void small_halves(const code_t<C>* codes, float* to, const parameters<V>& p, const parameters<V>& q) {
  constexpr std::size_t w = V::width;
  auto y = V::template load_small_halves<10 - C::mantissa_bits>(codes);
  if constexpr (C::bias != 15) {
    const auto up = V::all(detail::power_of_two(15 - C::bias));
    y = {V::multiply(y.first, up), V::multiply(y.second, up)};
  }
  put<V, Stores>(to, scaled<V, Form>(y.first, p));
  put<V, Stores>(to + w, scaled<V, Form>(y.second, q));
}

template <class V, class C, affine Form, stores Stores>
DETENT_INLINE typename V::mask bundle_values(const code_t<C>* codes, float* to, const quad<parameters<V>>& p) {
  constexpr std::size_t w = V::width;
  auto unusual = V::nowhere();
  if constexpr (is_looked_up_in_planes<V, C> || is_looked_up_in_many<V, C>) {
    typename V::f32 y[4];
    if constexpr (is_looked_up_in_halves<V, C>)
      V::pick_upper_halves(planes_by_code<C, 256>::byte.data, codes, y);
    else if constexpr (is_looked_up_in_256<V, C>)
      V::pick_of_256(planes_by_code<C, 256>::byte.data, codes, y);
    else
      V::pick_floats(planes_by_code<C>::byte.data, codes, y);
    const auto of = [&](int k, const parameters<V>& q) DETENT_LAMBDA {
      if constexpr (Form.zero) y[k] = V::subtract(y[k], V::to_float(q.zero));  // small whole numbers: exact
      return scaled<V, Form>(y[k], q);
    };
    put<V, Stores>(to, of(0, p.a));
    put<V, Stores>(to + w, of(1, p.b));
    put<V, Stores>(to + 2 * w, of(2, p.c));
    put<V, Stores>(to + 3 * w, of(3, p.d));
  } else if constexpr (is_small_half<C> && !is_always<V, C, Form>) {
    small_halves<V, C, Form, Stores>(codes, to, p.a, p.b);
    small_halves<V, C, Form, Stores>(codes + 2 * w, to + 2 * w, p.c, p.d);
    constexpr auto last =
        static_cast<int>(C::special_codes == decltype(C::special_codes)::fn ? C::max_code : C::infinity_code);
    unusual = V::any_magnitude_beyond(codes, last);
  } else {
    const auto a = values<V, C, Form>(codes, p.a), b = values<V, C, Form>(codes + w, p.b);
    const auto c = values<V, C, Form>(codes + 2 * w, p.c), d = values<V, C, Form>(codes + 3 * w, p.d);
    if constexpr (is_half<C>) unusual = V::either(V::unordered(a, b), V::unordered(c, d));
    put<V, Stores>(to, scaled<V, Form>(a, p.a));
    put<V, Stores>(to + w, scaled<V, Form>(b, p.b));
    put<V, Stores>(to + 2 * w, scaled<V, Form>(c, p.c));
    put<V, Stores>(to + 3 * w, scaled<V, Form>(d, p.d));
  }
  return unusual;
}

/// Fewer codes than a bundle, through a padded copy.
template <class V, class C, affine Form>
[[gnu::noinline]] typename V::mask part_values(const code_t<C>* codes, std::size_t n, float* to,
                                               const quad<parameters<V>>& p) {
  code_t<C> padded[bundle_of<V>] = {};
  float values[bundle_of<V>];
  __builtin_memcpy(padded, codes, n * sizeof(code_t<C>));
  const auto unusual = bundle_values<V, C, Form, stores::cached>(padded, values, p);
  __builtin_memcpy(to, values, n * sizeof(float));
  return unusual;
}

/// False if the tile must be decoded the general way.
template <class V, class C, affine Form, stores Stores>
DETENT_INLINE bool decode(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by,
                          float* to) {
  using all_parameters = quad<parameters<V>>;
  auto unusual = V::nowhere();
  for_each_bundle<V, Form>(
      n, group, by,
      [&](std::size_t i, const all_parameters& p)
          DETENT_LAMBDA { unusual = V::either(unusual, bundle_values<V, C, Form, Stores>(codes + i, to + i, p)); },
      [&](std::size_t i, std::size_t count, const all_parameters& p)
          DETENT_LAMBDA { unusual = V::either(unusual, part_values<V, C, Form>(codes + i, count, to + i, p)); });
  return is_always<V, C, Form> || !V::any(unusual);
}

}  // namespace fast

template <class V, class C, affine Form>
inline constexpr bool has_fast_decoder =
    requires { V::nowhere(); } && (fast::is_always<V, C, Form> || fast::is_watched<V, C>);

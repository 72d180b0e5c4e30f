// SPDX-License-Identifier: MIT
//
// Stochastic rounding, by kind, four vectors at a time: core/random.hpp and the codecs' encode_stochastic, lane by
// lane.

/// 0, 1, 2, … of a bundle.
alignas(64) inline constexpr detail::table<std::int32_t, 64> counted = [] {
  detail::table<std::int32_t, 64> made{};
  for (std::size_t i = 0; i < 64; ++i) made[i] = static_cast<std::int32_t>(i);
  return made;
}();

template <class V, int Bits>
DETENT_INLINE typename V::i32 shifted_right(typename V::i32 x) {
  if constexpr (requires { V::template shift_right_zeros<Bits>(x); })
    return V::template shift_right_zeros<Bits>(x);
  else
    return V::bit_and(V::template shift_right<Bits>(x), all_bits<V>(~std::uint32_t{0} >> Bits));
}

/// The random bits of the vector from element `at` on of a bundle from element `first` on.
template <class V>
DETENT_INLINE typename V::i32 random_lanes(const random_run& random, std::size_t first, std::size_t at) {
  const std::uint32_t start = random.first + static_cast<std::uint32_t>(first);
  auto x = V::add(all_bits<V>(start), V::load(counted.data + at));
  x = V::bit_xor(x, all_bits<V>(random.key.before));
  x = V::bit_xor(x, shifted_right<V, 17>(x));
  x = V::multiply(x, all_bits<V>(0xED5AD4BBu));
  x = V::bit_xor(x, shifted_right<V, 11>(x));
  x = V::add(x, all_bits<V>(random.key.between));
  x = V::multiply(x, all_bits<V>(0xAC4C1B51u));
  x = V::bit_xor(x, shifted_right<V, 15>(x));
  x = V::multiply(x, all_bits<V>(0x31848BABu));
  return V::bit_xor(x, shifted_right<V, 14>(x));
}

/// In [0, 1), with 24 bits.
template <class V>
DETENT_INLINE typename V::f32 unit_lanes(typename V::i32 random) {
  return V::rounded(V::multiply(V::to_float(shifted_right<V, 8>(random)), V::all(1.0f / 16777216.0f)));
}

/// The greatest whole number that is not above x; |x| is at most 2^24.
template <class V>
DETENT_INLINE typename V::i32 floor_of(typename V::f32 x) {
  if constexpr (requires { V::floor(x); }) {
    return V::floor(x);
  } else {
    const auto whole = V::truncate(x);
    return V::decrement_where(V::less(x, V::to_float(whole)), whole);
  }
}

/// The whole number below or above x.
template <class V, affine Form>
DETENT_INLINE typename V::i32 random_number(typename V::f32 x, typename V::i32 random) {
  constexpr float limit = 16777216;
  if constexpr (!Form.finite) x = V::select(V::ordered(x), x, V::all(0.0f));
  if constexpr (!Form.bounded) x = V::max(V::min(x, V::all(limit)), V::all(-limit));
  const auto whole = floor_of<V>(x);
  const auto rest = V::subtract(x, V::to_float(whole));
  return V::increment_where(V::less(unit_lanes<V>(random), rest), whole);
}

template <class V, codec_of_kind<kind::integer> C, affine Form>
DETENT_INLINE typename V::i32 random_codes(typename V::f32 x, const parameters<V>& p, typename V::i32 random) {
  return code_of_number<V, C, Form, true>(random_number<V, Form>(x, random), p);
}

/// Magnitudes below the least normal number: whole steps, and one more if the rest, with 32 bits, and the random bits
/// carry. The codec drops what is below 2^-25 of a step.
template <class V, codec_of_kind<kind::minifloat> C>
DETENT_INLINE typename V::i32 random_subnormal(typename V::i32 a, typename V::i32 random) {
  const auto steps =
      V::rounded(V::multiply(V::floats(a), V::all(detail::power_of_two(C::bias + C::mantissa_bits - 1))));
  const auto whole = V::truncate(steps);
  const auto rest = V::rounded(V::multiply(V::subtract(steps, V::to_float(whole)), V::all(65536.0f)));
  const auto upper = V::truncate(rest);
  const auto lower = V::truncate(V::multiply(V::subtract(rest, V::to_float(upper)), V::all(65536.0f)));
  auto fraction = V::bit_or(V::template shift_left<16>(upper), lower);
  fraction = V::select(V::less(steps, V::all(0x1p-25f)), V::all(0), fraction);
  // Unsigned: the sum is less than a part of it.
  const auto sum = V::bit_xor(V::add(fraction, random), V::all(sign_bit));
  return V::increment_where(V::less(sum, V::bit_xor(random, V::all(sign_bit))), whole);
}

template <class V, codec_of_kind<kind::minifloat> C, affine Form>
DETENT_INLINE typename V::i32 random_codes(typename V::f32 x, const parameters<V>&, typename V::i32 random) {
  constexpr int dropped = C::dropped_bits;
  if constexpr (Form.scaled || Form.shift) x = V::select(V::ordered(x), x, V::floats(V::all(quiet_nan_bits)));
  const auto a = V::bit_and(V::bits(x), V::all(magnitude_bits));
  const auto moved = V::subtract(V::add(a, shifted_right<V, 32 - dropped>(random)), all_bits<V>(C::rebias));
  // A NaN of many bits would carry into the sign; its code does not come from here.
  auto code = V::template shift_right<dropped>(moved);
  if constexpr (!C::wide) {
    const auto below = V::less(a, all_bits<V>(C::min_normal_bits));
    code = V::select(below, random_subnormal<V, C>(V::select(below, a, V::all(0)), random), code);
  }
  return with_specials<V, C>(V::bits(x), a, code);
}

/// The values in order: node k is followed to the right from its value on.
template <class C>
struct value_tree {
  alignas(64) static constexpr auto value = search_tree<C::bits>::of([](std::size_t rank) {
    return rank < C::size ? C::values[C::code_of_rank[rank]] : detail::float_of(detail::f32_infinity);
  });
};

/// Of rank r: the value, the one above, and the code; of ranks of one value, the first one's.
template <class C>
struct ranked {
  static constexpr std::size_t entries = C::size < 16 ? 16 : std::size_t{1} << C::bits;
  using book = detail::table<float, entries>;

  template <class F>
  static constexpr book made(const F& f) {
    book to{};
    for (std::size_t r = 0; r < C::size; ++r) to[r] = f(r);
    return to;
  }
  static constexpr float value_at(std::size_t r) { return C::values[C::code_of_rank[r]]; }

  alignas(64) static constexpr book value = made([](std::size_t r) { return value_at(r); });
  alignas(64) static constexpr book above = made([](std::size_t r) { return value_at(r + 1 < C::size ? r + 1 : r); });
  alignas(64) static constexpr book code = made([](std::size_t r) {
    while (r > 0 && detail::bits_of(value_at(r - 1)) == detail::bits_of(value_at(r))) --r;
    return detail::float_of(C::code_of_rank[r]);
  });
  alignas(64) static constexpr book code_above = made([](std::size_t r) {
    return detail::float_of(C::code_of_rank[r + 1 < C::size ? r + 1 : r]);
  });
};

/// The number of values at or below x, less one, as `descend` finds it.
template <class V, class C, int Level>
DETENT_INLINE typename V::i32 descend_values(typename V::f32 x, typename V::i32 k) {
  if constexpr (Level == C::bits) {
    return V::subtract(k, V::all(1 << C::bits));
  } else {
    const auto value = V::template node<Level>(value_tree<C>::value.data, k);
    const auto right = V::add(V::add(k, k), V::all(1));
    return descend_values<V, C, Level + 1>(x, V::decrement_where(V::less(x, value), right));
  }
}

template <class V, codec_of_kind<kind::table> C, affine Form>
DETENT_INLINE typename V::i32 random_codes(typename V::f32 x, const parameters<V>&, typename V::i32 random) {
  using by = ranked<C>;
  constexpr auto entries = by::entries;
  const auto least = V::all(C::min), last = V::all(C::max);
  const auto inside = V::min(V::max(V::select(V::ordered(x), x, least), least), last);
  const auto rank = descend_values<V, C, 0>(inside, V::all(1));
  const auto below = V::template lookup<entries>(by::value.data, rank);
  const auto above = V::template lookup<entries>(by::above.data, rank);
  const auto part = V::divide(V::subtract(inside, below), V::subtract(above, below));
  const auto code =
      V::select(V::less(unit_lanes<V>(random), part), V::bits(V::template lookup<entries>(by::code_above.data, rank)),
                V::bits(V::template lookup<entries>(by::code.data, rank)));
  // At the ends the definition does not look at the values beside it.
  const auto from_least = V::select(V::less(least, inside), code, all_bits<V>(C::code_of_rank[0]));
  return V::select(V::less(inside, last), from_least, all_bits<V>(C::code_of_rank[C::size - 1]));
}

/// Codecs that these lanes round at random; the rest is scalar.
template <class V, class C>
inline constexpr bool can_round_at_random =
    (std::same_as<typename C::kind, kind::integer> || std::same_as<typename C::kind, kind::minifloat>) &&
    stochastic_codec<C>;
template <class V, codec_of_kind<kind::table> C>
inline constexpr bool can_round_at_random<V, C> = V::has_lookup && stochastic_codec<C>;

template <class V, codec C, affine Form>
DETENT_INLINE void bundle_at_random(const float* x, code_t<C>* to, const quad<parameters<V>>& p,
                                    const random_run& random, std::size_t i) {
  constexpr std::size_t w = V::width;
  constexpr bool narrows = fast::is_integer<V, C, Form>;
  const auto of = [&](std::size_t at, const parameters<V>& q) DETENT_LAMBDA {
    const auto y = normalized<V, Form>(V::load(x + at), q);
    const auto bits = random_lanes<V>(random, i, at);
    if constexpr (narrows)
      return random_number<V, Form>(y, bits);
    else
      return random_codes<V, C, Form>(y, q, bits);
  };
  const auto a = of(0, p.a);
  const auto b = of(w, p.b);
  const auto c = of(2 * w, p.c);
  const auto d = of(3 * w, p.d);
  if constexpr (narrows)
    V::store(to, fast::narrowed<V, C, Form, false>(V::saturate16(a, b), V::saturate16(c, d), p));
  else
    V::store_codes(to, a, b, c, d);
}

/// Fewer elements than a bundle, through a padded copy.
template <class V, codec C, affine Form>
[[gnu::noinline]] void part_at_random(const float* x, std::size_t n, code_t<C>* to, const quad<parameters<V>>& p,
                                      const random_run& random, std::size_t i) {
  float values[bundle_of<V>] = {};
  code_t<C> codes[bundle_of<V>];
  __builtin_memcpy(values, x, n * sizeof(float));
  bundle_at_random<V, C, Form>(values, codes, p, random, i);
  __builtin_memcpy(to, codes, n * sizeof(code_t<C>));
}

template <class V, codec C, affine Form>
void encode_at_random(const float* x, std::size_t n, std::size_t group, const group_factors& by,
                      const random_run& random, code_t<C>* to) {
  using all_parameters = quad<parameters<V>>;
  const std::size_t ahead = by.ahead;
  for_each_bundle<V, Form>(
      n, group, by,
      [&](std::size_t i, const all_parameters& p) DETENT_LAMBDA {
        ask_ahead<V>(x + i, ahead);
        bundle_at_random<V, C, Form>(x + i, to + i, p, random, i);
      },
      [&](std::size_t i, std::size_t count, const all_parameters& p)
          DETENT_LAMBDA { part_at_random<V, C, Form>(x + i, count, to + i, p, random, i); });
}

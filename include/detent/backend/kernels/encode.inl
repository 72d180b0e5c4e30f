// SPDX-License-Identifier: MIT
//
// Floats to codes, by kind, four vectors at a time: the general way. The arithmetic is that of format/family/*.hpp,
// lane by lane. What a set of lanes does faster for some codecs stands in encode_fast.inl.

/// x rounded to a whole number; |x| is at most 2^24.
template <class V, codec_of_kind<kind::integer> C>
DETENT_INLINE typename V::i32 whole_number(typename V::f32 x) {
  if constexpr (C::mode == decltype(C::mode)::ties_to_even) {
    return V::nearest(x);
  } else if constexpr (C::mode == decltype(C::mode)::half_up) {
    const auto moved = V::add(x, V::all(static_cast<float>(C::offset) + 0.5f));
    const auto whole = V::truncate(moved);
    const auto below = V::less(moved, V::to_float(whole));
    return V::subtract(V::decrement_where(below, whole), V::all(C::offset));
  } else {
    const auto whole = V::truncate(x);
    const auto rest = V::subtract(x, V::to_float(whole));
    const auto sign = V::bit_and(V::bits(x), V::all(sign_bit));
    const auto toward = V::bit_or(V::template shift_right<31>(sign), V::all(1));  // -1 or 1
    const auto distance = V::floats(V::bit_and(V::bits(rest), V::all(magnitude_bits)));
    return V::add(whole, V::select(V::less(distance, V::all(0.5f)), V::all(0), toward));
  }
}

/// The code of a whole number, with its zero point; clamped unless it is known to be a code's.
template <class V, codec_of_kind<kind::integer> C, affine Form, bool Clamp>
DETENT_INLINE typename V::i32 code_of_number(typename V::i32 number, const parameters<V>& p) {
  if constexpr (Form.zero) number = V::add(number, p.zero);
  if constexpr (Clamp) number = V::max(V::min(number, V::all(C::greatest)), V::all(C::least));
  if constexpr (C::offset != 0) number = V::add(number, V::all(C::offset));
  if constexpr (C::least + C::offset < 0) number = V::bit_and(number, all_bits<V>((1u << C::bits) - 1));
  return number;
}

template <class V, codec_of_kind<kind::integer> C, affine Form>
DETENT_INLINE typename V::i32 codes_of(typename V::f32 x, const parameters<V>& p) {
  // Rounding is monotone and leaves whole numbers alone: where no zero point follows, clamping first is the same.
  constexpr bool clamp_first = !Form.zero && C::bits <= 16;
  constexpr float limit = 16777216;
  x = V::select(V::ordered(x), x, V::all(0.0f));
  x = V::max(V::min(x, V::all(clamp_first ? C::max : limit)), V::all(clamp_first ? C::min : -limit));
  const auto number = whole_number<V, C>(x);
  return code_of_number<V, C, Form, !clamp_first>(number, p);
}

/// Numbers in order as a search tree in one array: the children of node k are 2k and 2k + 1, node 1 is the middle one.
/// number(i) is the i-th, from 1 on, of those that separate codes of `Bits` bits.
template <int Bits>
struct search_tree {
  static constexpr std::size_t nodes = std::size_t{1} << Bits;
  static constexpr std::size_t padded = nodes < 16 ? 16 : nodes;

  template <class F>
  static constexpr detail::table<float, padded> of(const F& number) {
    detail::table<float, padded> tree{};
    for (std::size_t k = 1; k < nodes; ++k) {
      std::size_t level = 0;
      while (k >> (level + 1) != 0) ++level;
      tree[k] = number(((2 * k + 1) << (static_cast<std::size_t>(Bits) - 1 - level)) - nodes);
    }
    return tree;
  }
};

/// Thresholds; infinity beyond the last.
template <class C>
struct threshold_tree {
  alignas(64) static constexpr auto value = search_tree<C::bits>::of([](std::size_t rank) {
    return rank < C::size ? C::thresholds[rank - 1] : detail::float_of(detail::f32_infinity);
  });
};

/// The codes in order of rank, as the bits of floats: lanes look up floats.
template <class C>
struct codes_by_rank {
  static constexpr bool same = [] {
    for (std::size_t i = 0; i < C::size; ++i) {
      if (C::code_of_rank[i] != i) return false;
    }
    return true;
  }();
  static constexpr std::size_t entries = C::size < 16 ? 16 : std::size_t{1} << C::bits;
  alignas(64) static constexpr detail::table<float, entries> value = [] {
    detail::table<float, entries> codes{};
    for (std::size_t i = 0; i < C::size; ++i) codes[i] = detail::float_of(C::code_of_rank[i]);
    return codes;
  }();
};

/// The node below node k, which is on level `Level`, on the way to x.
template <class V, class C, int Level>
DETENT_INLINE typename V::i32 descend(typename V::f32 x, typename V::i32 k) {
  if constexpr (Level == C::bits) {
    return V::subtract(k, V::all(1 << C::bits));
  } else {
    const auto threshold = V::template node<Level>(threshold_tree<C>::value.data, k);
    return descend<V, C, Level + 1>(x, V::increment_where(V::less(threshold, x), V::add(k, k)));
  }
}

/// `rank` and the number of thresholds from I on that are below x: for lanes that cannot look up.
template <class V, class C, std::size_t I>
DETENT_INLINE typename V::i32 count_below(typename V::f32 x, typename V::i32 rank) {
  if constexpr (I == C::size - 1)
    return rank;
  else
    return count_below<V, C, I + 1>(x, V::increment_where(V::less(V::all(C::thresholds[I]), x), rank));
}

template <class V, codec_of_kind<kind::table> C, affine Form>
DETENT_INLINE typename V::i32 codes_of(typename V::f32 x, const parameters<V>&) {
  typename V::i32 rank;
  if constexpr (bit_bins<C>::possible)
    rank = rank_by_bits<V, C, Form.finite>(x);
  else if constexpr (V::has_lookup)
    rank = descend<V, C, 0>(x, V::all(1));
  else
    rank = count_below<V, C, 0>(x, V::all(0));
  if constexpr (codes_by_rank<C>::same)
    return rank;
  else
    return V::bits(V::template lookup<codes_by_rank<C>::entries>(codes_by_rank<C>::value.data, rank));
}

/// A magnitude on the grid extended upwards: to nearest, ties to even.
template <class V, codec_of_kind<kind::minifloat> C>
DETENT_INLINE typename V::i32 rounded_magnitude(typename V::i32 a) {
  constexpr int dropped = C::dropped_bits;
  const auto odd = V::bit_and(V::template shift_right<dropped>(a), V::all(1));
  constexpr std::uint32_t bias = (1u << (dropped - 1)) - 1 - C::rebias;
  auto code = V::template shift_right<dropped>(V::add(V::add(a, all_bits<V>(bias)), odd));
  if constexpr (!C::wide) {
    const auto aligner = all_bits<V>(C::aligner_bits);
    const auto subnormal = V::subtract(V::bits(V::add(V::floats(a), V::floats(aligner))), aligner);
    code = V::select(V::less(a, all_bits<V>(C::min_normal_bits)), subnormal, code);
  }
  return code;
}

/// The code of a number with these bits, of which `a` are the magnitude and `code` what it was rounded to.
template <class V, codec_of_kind<kind::minifloat> C>
DETENT_INLINE typename V::i32 with_specials(typename V::i32 bits, typename V::i32 a, typename V::i32 code) {
  using specials = decltype(C::special_codes);
  using overflow = decltype(C::on_overflow);
  const auto infinity = V::all(infinity_bits);
  code = V::select(V::less(all_bits<V>(C::max_code), code), all_bits<V>(C::overflow_code), code);
  code = V::select(V::less(a, infinity), code, all_bits<V>(C::overflow_code));
  auto sign = V::bit_and(V::template shift_right<32 - C::bits>(bits), all_bits<V>(C::sign));
  if constexpr (C::special_codes == specials::fnuz) sign = V::select(V::equal(code, V::all(0)), V::all(0), sign);
  code = V::bit_or(code, sign);  // where nan_code is the sign alone, it stays as it is
  if constexpr (C::special_codes == specials::fnuz && C::on_overflow == overflow::saturate)
    code = V::select(V::less(a, infinity), code, all_bits<V>(C::nan_code));
  auto nan = all_bits<V>(C::nan_code);
  if constexpr (C::special_codes == specials::ieee || C::special_codes == specials::fn) nan = V::bit_or(nan, sign);
  if constexpr (C::wide)
    nan = V::bit_or(nan, V::bit_and(V::template shift_right<C::dropped_bits>(a), all_bits<V>(C::mantissa_mask)));
  return V::select(V::less(infinity, a), nan, code);
}

template <class V, codec_of_kind<kind::minifloat> C, affine Form>
DETENT_INLINE typename V::i32 codes_of(typename V::f32 x, const parameters<V>&) {
  if constexpr (Form.scaled || Form.shift) x = V::select(V::ordered(x), x, V::floats(V::all(quiet_nan_bits)));
  const auto bits = V::bits(x);
  if constexpr (is_half<C> && requires { V::to_half(x); }) {
    // Of a NaN the instruction keeps the payload, the format only the sign.
    const auto nan = V::bit_or(V::bit_and(bits, V::all(sign_bit)), V::all(quiet_nan_bits));
    return V::to_half(V::select(V::ordered(x), x, V::floats(nan)));
  }
  if constexpr (is_bf16<C>) {
    // The upper half of the number, rounded with its sign, and of a NaN as it is, made quiet.
    const auto high = V::template shift_right<16>(bits);
    const auto odd = V::bit_and(high, V::all(1));
    const auto rounded = V::template shift_right<16>(V::add(V::add(bits, V::all(0x7FFF)), odd));
    const auto code = V::select(V::ordered(x), rounded, V::bit_or(high, all_bits<V>(C::nan_code)));
    return V::bit_and(code, V::all(0xFFFF));
  }
  const auto a = V::bit_and(bits, V::all(magnitude_bits));
  return with_specials<V, C>(bits, a, rounded_magnitude<V, C>(a));
}

template <class V, codec_of_kind<kind::exponent> C, affine Form>
DETENT_INLINE typename V::i32 codes_of(typename V::f32 x, const parameters<V>&) {
  const auto bits = V::bits(x);
  const auto normal = V::template shift_right<23>(V::add(bits, all_bits<V>(C::carry)));
  const auto subnormal = V::select(V::less(all_bits<V>(C::last_down), bits), V::all(1), V::all(0));
  auto code = V::select(V::less(bits, V::all(1 << 23)), subnormal, V::min(normal, V::all(254)));
  code = V::select(V::less(V::all(infinity_bits), bits), V::all(255), code);
  code = V::select(V::less(bits, V::all(0)), V::all(255), code);
  return V::select(V::equal(bits, V::all(sign_bit)), V::all(0), code);  // -0 is 0
}

/// Codecs that these lanes compute; the rest is scalar.
template <class V, class C>
inline constexpr bool can_encode =
    std::same_as<typename C::kind, kind::integer> || std::same_as<typename C::kind, kind::minifloat> ||
    std::same_as<typename C::kind, kind::exponent>;
template <class V, codec_of_kind<kind::table> C>
inline constexpr bool can_encode<V, C> = V::has_lookup || C::size <= 16 || bit_bins<C>::possible;

/// fp32 as it is.
template <class C, affine Form>
inline constexpr bool is_copied =
    std::same_as<typename C::kind, kind::identity> && !Form.scaled && !Form.shift && !Form.zero && !Form.unit;

template <class V, codec C, affine Form>
DETENT_INLINE void encode_bundle(const float* x, code_t<C>* to, const quad<parameters<V>>& p) {
  constexpr std::size_t w = V::width;
  const auto a = codes_of<V, C, Form>(normalized<V, Form>(V::load(x), p.a), p.a);
  const auto b = codes_of<V, C, Form>(normalized<V, Form>(V::load(x + w), p.b), p.b);
  const auto c = codes_of<V, C, Form>(normalized<V, Form>(V::load(x + 2 * w), p.c), p.c);
  const auto d = codes_of<V, C, Form>(normalized<V, Form>(V::load(x + 3 * w), p.d), p.d);
  V::store_codes(to, a, b, c, d);
}

/// Fewer elements than a bundle, through a padded copy.
template <class V, codec C, affine Form>
[[gnu::noinline]] void encode_part(const float* x, std::size_t n, code_t<C>* to, const quad<parameters<V>>& p) {
  float values[bundle_of<V>] = {};
  code_t<C> codes[bundle_of<V>];
  __builtin_memcpy(values, x, n * sizeof(float));
  encode_bundle<V, C, Form>(values, codes, p);
  __builtin_memcpy(to, codes, n * sizeof(code_t<C>));
}

template <class V, codec C, affine Form>
void encode_all(const float* x, std::size_t n, std::size_t group, const group_factors& by, code_t<C>* to) {
  using all_parameters = quad<parameters<V>>;
  const std::size_t ahead = by.ahead;
  for_each_bundle<V, Form>(
      n, group, by,
      [&](std::size_t i, const all_parameters& p) DETENT_LAMBDA {
        ask_ahead<V>(x + i, ahead);
        encode_bundle<V, C, Form>(x + i, to + i, p);
      },
      [&](std::size_t i, std::size_t count, const all_parameters& p)
          DETENT_LAMBDA { encode_part<V, C, Form>(x + i, count, to + i, p); });
}

/// True: all x are finite. False: not known.
template <class V, codec C, affine Form>
bool encode(const float* x, std::size_t n, std::size_t group, const group_factors& by, code_t<C>* to) {
  if constexpr (has_fast_encoder<V, C, Form>) {
    switch (fast::encode<V, C, Form>(x, n, group, by, to)) {
      case fast::outcome::finite:
        return true;
      case fast::outcome::done:
        return false;
      case fast::outcome::again:
        break;
    }
  }
  encode_all<V, C, Form>(x, n, group, by, to);
  return false;
}

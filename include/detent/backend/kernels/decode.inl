// SPDX-License-Identifier: MIT
//
// Codes to floats, by kind, four vectors at a time: the general way. The arithmetic is that of format/family/*.hpp,
// lane by lane. What a set of lanes does faster for some codecs stands in decode_fast.inl.

template <class V, codec_of_kind<kind::integer> C, affine Form>
DETENT_INLINE typename V::f32 values_of(typename V::i32 code, const parameters<V>& p) {
  auto number = V::bit_and(code, all_bits<V>((1u << C::bits) - 1));
  if constexpr (C::offset != 0) number = V::subtract(number, V::all(C::offset));
  if constexpr (C::least < 0 && C::offset == 0) {
    const auto sign = V::all(1 << (C::bits - 1));
    number = V::subtract(V::bit_xor(number, sign), sign);
  }
  if constexpr (Form.zero) number = V::subtract(number, p.zero);
  return V::to_float(number);
}

template <class V, codec_of_kind<kind::table> C, affine Form>
DETENT_INLINE typename V::f32 values_of(typename V::i32 code, const parameters<V>&) {
  return V::template lookup<values_by_code<C>::entries>(values_by_code<C>::value.data, code);
}

template <class V, codec_of_kind<kind::minifloat> C, affine Form>
DETENT_INLINE typename V::f32 values_of(typename V::i32 code, const parameters<V>&) {
  using specials = decltype(C::special_codes);
  const auto sign = V::template shift_left<32 - C::bits>(V::bit_and(code, all_bits<V>(C::sign)));
  const auto rest = V::bit_and(code, all_bits<V>(C::all_ones));
  if constexpr (is_half<C> && requires { V::from_half(code); }) {
    // The instruction makes a signalling NaN quiet, the format leaves it as it is.
    if (!V::any(V::less(all_bits<V>(C::infinity_code), rest))) return V::from_half(code);
  }
  const auto placed = V::template shift_left<C::dropped_bits>(rest);
  if constexpr (C::wide) {
    return V::floats(V::bit_or(placed, sign));
  } else {
    const auto normal = V::add(placed, all_bits<V>(C::rebias));
    // Below the least normal number: 2^(1-bias) too much in an exponent field, which a subtraction takes away exactly.
    const auto raised = V::floats(V::add(normal, all_bits<V>(1u << 23)));
    const auto subnormal = V::subtract(raised, V::floats(all_bits<V>(C::min_normal_bits)));
    auto bits = V::select(V::less(all_bits<V>(C::mantissa_mask), rest), normal, V::bits(subnormal));
    if constexpr (C::special_codes == specials::ieee)
      bits = V::select(V::less(rest, all_bits<V>(C::infinity_code)), bits, V::bit_or(placed, V::all(infinity_bits)));
    if constexpr (C::special_codes == specials::fn)
      bits = V::select(V::equal(rest, all_bits<V>(C::all_ones)), V::all(quiet_nan_bits), bits);
    bits = V::bit_or(bits, sign);
    if constexpr (C::special_codes == specials::fnuz)
      bits = V::select(V::equal(V::bit_and(code, all_bits<V>(C::sign | C::all_ones)), all_bits<V>(C::nan_code)),
                       V::all(quiet_nan_bits), bits);
    return V::floats(bits);
  }
}

template <class V, codec_of_kind<kind::exponent> C, affine Form>
DETENT_INLINE typename V::f32 values_of(typename V::i32 code, const parameters<V>&) {
  const auto power = V::select(V::equal(code, V::all(0)), V::all(0x00400000), V::template shift_left<23>(code));
  return V::floats(V::select(V::equal(code, V::all(255)), V::all(quiet_nan_bits), power));
}

template <class V, codec C, affine Form, stores Stores>
DETENT_INLINE void decode_bundle(const code_t<C>* codes, float* to, const quad<parameters<V>>& p) {
  constexpr std::size_t w = V::width;
  put<V, Stores>(to, scaled<V, Form>(values_of<V, C, Form>(V::load_codes(codes), p.a), p.a));
  put<V, Stores>(to + w, scaled<V, Form>(values_of<V, C, Form>(V::load_codes(codes + w), p.b), p.b));
  put<V, Stores>(to + 2 * w, scaled<V, Form>(values_of<V, C, Form>(V::load_codes(codes + 2 * w), p.c), p.c));
  put<V, Stores>(to + 3 * w, scaled<V, Form>(values_of<V, C, Form>(V::load_codes(codes + 3 * w), p.d), p.d));
}

/// Fewer codes than a bundle, through a padded copy.
template <class V, codec C, affine Form>
[[gnu::noinline]] void decode_part(const code_t<C>* codes, std::size_t n, float* to, const quad<parameters<V>>& p) {
  code_t<C> padded[bundle_of<V>] = {};
  float values[bundle_of<V>];
  __builtin_memcpy(padded, codes, n * sizeof(code_t<C>));
  decode_bundle<V, C, Form, stores::cached>(padded, values, p);
  __builtin_memcpy(to, values, n * sizeof(float));
}

template <class C>
inline constexpr bool can_decode =
    !std::same_as<typename C::kind, kind::any> && !std::same_as<typename C::kind, kind::identity>;

template <class V, codec C, affine Form, stores Stores = stores::cached>
void decode(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by, float* to) {
  if constexpr (has_fast_decoder<V, C, Form>) {
    if (fast::decode<V, C, Form, Stores>(codes, n, group, by, to)) return;
  }
  if constexpr (!has_fast_decoder<V, C, Form> || !fast::is_always<V, C, Form>) {
    using all_parameters = quad<parameters<V>>;
    for_each_bundle<V, Form>(
        n, group, by,
        [&](std::size_t i, const all_parameters& p)
            DETENT_LAMBDA { decode_bundle<V, C, Form, Stores>(codes + i, to + i, p); },
        [&](std::size_t i, std::size_t count, const all_parameters& p)
            DETENT_LAMBDA { decode_part<V, C, Form>(codes + i, count, to + i, p); });
  }
}

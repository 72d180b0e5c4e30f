// SPDX-License-Identifier: MIT
//
// Scales of the groups of a tile: their statistics, then the rule. Rules of a known form (core/rule.hpp) are computed a
// vector of groups at a time, with the operations and the order of their scalar text; the rest goes through that text.

template <class V>
DETENT_INLINE typename V::i32 magnitude_of(const float* x) {
  return V::bit_and(V::bits(V::load(x)), V::all(magnitude_bits));
}

/// The greatest magnitudes in each lane of a group, as integers. `Vectors` of them, a power of two, make a group;
/// 0: as many as it has. `Asks`: with `ahead`, as for ask_ahead, which is not 0.
template <class V, std::size_t Vectors, bool Asks>
DETENT_INLINE typename V::i32 lanes_of_group(const float* x, std::size_t group, std::size_t ahead) {
  constexpr std::size_t half = Vectors / 2;
  if constexpr (Vectors == 1) {
    if constexpr (Asks) prefetch<cache_level::first>(x, ahead * sizeof(float), V::width * sizeof(float));
    return magnitude_of<V>(x);
  } else if constexpr (Vectors != 0) {
    return V::max(lanes_of_group<V, half, Asks>(x, group, ahead),
                  lanes_of_group<V, half, Asks>(x + half * V::width, group, ahead));
  } else {
    return extremes_of<V, false>(x, group, ahead).magnitude;
  }
}

/// The greatest magnitudes of `width` groups: at or above infinity if an element is not finite.
template <class V, std::size_t Vectors, bool Asks>
DETENT_INLINE typename V::i32 magnitudes_of_groups(const float* x, std::size_t group, std::size_t ahead) {
  constexpr std::size_t w = V::width;
  if constexpr (requires { V::greatest_of_each(static_cast<const typename V::i32*>(nullptr)); }) {
    typename V::i32 greatest[w];
    for (std::size_t g = 0; g < w; ++g) greatest[g] = lanes_of_group<V, Vectors, Asks>(x + g * group, group, ahead);
    return V::greatest_of_each(greatest);
  } else {
    std::int32_t greatest[w];
    for (std::size_t g = 0; g < w; ++g)
      greatest[g] = V::greatest_of(lanes_of_group<V, Vectors, Asks>(x + g * group, group, ahead));
    return V::load(greatest);
  }
}

/// numerator / scale, 0 for a scale of 0, and finite.
template <class V>
DETENT_INLINE typename V::f32 factors_of(typename V::f32 scale, float numerator) {
  const auto zero = V::all(0.0f);
  auto factor = V::min(V::divide(V::all(numerator), scale), V::all(detail::f32_max));  // scales are not negative
  return V::select(V::less(zero, scale), factor, zero);
}

template <class V, class P, linear_rule Form>
DETENT_INLINE void linear_scales(typename V::f32 amax, float* scale_to, float* factor_to) {
  auto scale = amax;
  if constexpr (Form.over == linear_rule::over_max) scale = V::divide(amax, V::all(P::codec::max));
  if constexpr (Form.invertible) {
    const auto raised = V::select(V::less(V::all(0.0f), amax), V::all(0x1p-127f), amax);
    scale = V::select(V::less(V::all(0x1p-128f), scale), scale, raised);
  }
  V::store(scale_to, scale);
  V::store(factor_to, Form.divide ? scale : factors_of<V>(scale, Form.numerator));
}

/// 2^e of biased exponents: see scale/power_of_two.hpp.
template <class V, class P, power_rule Form>
DETENT_INLINE void power_scales(typename V::i32 amax, float* scale_to, float* factor_to) {
  using C = typename P::codec;
  constexpr auto emax = static_cast<std::int32_t>(detail::bits_of(C::max) >> 23) - 127;
  auto moved = amax;
  if constexpr (Form.toward == power_rule::ceil) moved = V::add(amax, V::all(0x7FFFFF));
  if constexpr (Form.toward == power_rule::even) moved = V::add(amax, V::all(1 << (22 - C::mantissa_bits)));
  auto exponent = V::subtract(V::template shift_right<23>(moved), V::all(emax));
  exponent = V::max(V::min(exponent, V::all(254)), V::all(0));
  const auto field = V::template shift_left<23>(exponent);
  const auto scale = V::floats(V::select(V::less(V::all(0), exponent), field, V::all(0x00400000)));
  V::store(scale_to, scale);
  V::store(factor_to, V::divide(V::all(1.0f), scale));
}

template <class P>
inline constexpr bool has_lanes_of_rule = linear_form<typename P::rule>.known || power_form<typename P::rule>.known;

/// True if the greatest float has a scale that is none: of a book within less than -1 … 1.
template <class P>
inline constexpr bool scale_can_overflow =
    linear_form<typename P::rule>.over == linear_rule::over_max && P::codec::max < 1;

/// `width` groups; false if one of them is not finite: nothing is written.
template <class V, class P, std::size_t Vectors, bool Asks>
DETENT_INLINE bool choose_groups(const float* x, std::size_t group, chosen_parameters& to, std::size_t g,
                                 typename V::mask& unusual, std::size_t ahead) {
  const auto magnitudes = magnitudes_of_groups<V, Vectors, Asks>(x, group, ahead);
  if (V::any(V::less(V::all(infinity_bits - 1), magnitudes))) return false;
  if constexpr (linear_form<typename P::rule>.known)
    linear_scales<V, P, linear_form<typename P::rule>>(V::floats(magnitudes), to.scale + g, to.factor + g);
  else
    power_scales<V, P, power_form<typename P::rule>>(magnitudes, to.scale + g, to.factor + g);
  unusual = V::either(unusual, V::equal(magnitudes, V::all(0)));
  if constexpr (scale_can_overflow<P>)
    unusual = V::either(unusual, V::equal(V::bits(V::load(to.scale + g)), V::all(infinity_bits)));
  return true;
}

/// Vectors in a block, if that is a power of two up to 16; else 0.
template <class V, class P>
inline constexpr std::size_t vectors_of_block = 0;
template <class V, class P>
  requires requires { P::grouping::block; }
inline constexpr std::size_t vectors_of_block<V, P> = [] {
  constexpr std::size_t block = P::grouping::block, vectors = block / V::width;
  return block % V::width == 0 && (vectors & (vectors - 1)) == 0 && vectors <= 16 ? vectors : 0;
}();

/// As many groups as are finite, `width` at a time; their number. Those whose scale is 0 or infinite are marked in
/// `unusual`.
template <class V, class P, std::size_t Vectors, bool Asks>
DETENT_INLINE std::size_t choose_all_groups(const float* x, std::size_t groups, std::size_t group,
                                            chosen_parameters& to, std::size_t at, typename V::mask& unusual,
                                            std::size_t ahead) {
  if constexpr (Vectors != 0) group = Vectors * V::width;
  std::size_t g = 0;
  while (g + V::width <= groups &&
         choose_groups<V, P, Vectors, Asks>(x + g * group, group, to, at + g, unusual, ahead)) {
    g += V::width;
  }
  return g;
}

/// As many elements as `width` groups may have for memory to be asked meanwhile: with more lines at once it was slower.
inline constexpr std::size_t most_asked_at_once = 512;

/// False if a group is not finite, or its scale zero or not finite.
template <class V, class P>
bool choose(const float* x, std::size_t n, std::size_t group, chosen_parameters& to, std::size_t at,
            std::size_t ahead) {
  using statistic = typename P::rule::statistic;
  const std::size_t groups = (n + group - 1) / group;
  std::size_t g = 0;
  bool ordinary = true;
  if constexpr (has_lanes_of_rule<P> && requires { V::nowhere(); }) {
    auto unusual = V::nowhere();
    const std::size_t whole = n / group;
    constexpr std::size_t vectors = vectors_of_block<V, P>;
    constexpr bool asks = vectors * V::width * V::width <= most_asked_at_once;
    if (vectors != 0 && group == vectors * V::width)
      g = asks && ahead != 0 ? choose_all_groups<V, P, vectors, asks>(x, whole, group, to, at, unusual, ahead)
                             : choose_all_groups<V, P, vectors, false>(x, whole, group, to, at, unusual, 0);
    else if (group % V::width == 0)
      g = choose_all_groups<V, P, 0, false>(x, whole, group, to, at, unusual, ahead);
    for (std::size_t i = at; i < at + g; ++i) to.finite[i] = true;
    for (std::size_t i = at; i < at + g; ++i) to.shift[i] = to.zero_f32[i] = 0;
    ordinary = !V::any(unusual);
  }
  for (; g < groups; ++g) {
    const std::size_t length = n - g * group < group ? n - g * group : group;
    statistic known{};
    if constexpr (can_reduce<statistic>) {
      known = statistic_of<V, statistic>(x + g * group, length, ahead);
    } else {
      for (std::size_t i = 0; i < length; ++i) known.add(x[g * group + i]);
    }
    choose_one<P>(known, at + g, to);
    ordinary = ordinary && known.finite && to.scale[at + g] != 0 && detail::is_finite(to.scale[at + g]);
  }
  return ordinary;
}

// SPDX-License-Identifier: MIT
//
// Statistics of groups. Magnitudes are compared as integers, which also finds NaN and infinities: a group that has one
// is done again by the scalar text, which leaves it out.

template <class V>
struct extremes {
  typename V::i32 magnitude;
  typename V::f32 least;
  typename V::f32 greatest;
};

/// Merges one vector. `Signed`: the extremes too.
template <class V, bool Signed>
DETENT_INLINE void merge(extremes<V>& known, typename V::f32 x) {
  known.magnitude = V::max(known.magnitude, V::bit_and(V::bits(x), V::all(magnitude_bits)));
  if constexpr (Signed) {
    known.least = V::min(known.least, x);
    known.greatest = V::max(known.greatest, x);
  }
}

template <class V, bool Signed>
DETENT_INLINE void merge(extremes<V>& known, const extremes<V>& other) {
  known.magnitude = V::max(known.magnitude, other.magnitude);
  if constexpr (Signed) {
    known.least = V::min(known.least, other.least);
    known.greatest = V::max(known.greatest, other.greatest);
  }
}

/// Of the first n elements: at least one vector, and whole vectors.
template <class V, bool Signed>
DETENT_INLINE extremes<V> extremes_of(const float* x, std::size_t n) {
  constexpr std::size_t w = V::width;
  const auto first = V::load(x);
  extremes<V> known{V::all(0), first, first};
  std::size_t i = 0;
  if (n >= 4 * w) {
    quad<extremes<V>> four{known, known, known, known};
    for (; i + 4 * w <= n; i += 4 * w) {
      merge<V, Signed>(four.a, V::load(x + i));
      merge<V, Signed>(four.b, V::load(x + i + w));
      merge<V, Signed>(four.c, V::load(x + i + 2 * w));
      merge<V, Signed>(four.d, V::load(x + i + 3 * w));
    }
    merge<V, Signed>(four.a, four.b);
    merge<V, Signed>(four.c, four.d);
    merge<V, Signed>(four.a, four.c);
    known = four.a;
  }
  for (; i < n; i += w) merge<V, Signed>(known, V::load(x + i));
  return known;
}

/// What a statistic of n finite elements is, from their extremes.
template <class V>
DETENT_INLINE void finish(const extremes<V>&, std::int32_t, const float*, statistic::none&) {}

template <class V>
DETENT_INLINE void finish(const extremes<V>&, std::int32_t magnitude, const float*, statistic::absmax& to) {
  to.amax = detail::float_of(static_cast<std::uint32_t>(magnitude));
}

template <class V>
DETENT_INLINE void finish(const extremes<V>& known, std::int32_t, const float*, statistic::minmax& to) {
  const float least = V::least_of(known.least);
  const float greatest = V::greatest_of(known.greatest);
  to.min = least == 0 ? 0 : least;  // +0, not -0
  to.max = greatest == 0 ? 0 : greatest;
  to.empty = false;
}

template <class V>
DETENT_INLINE void finish(const extremes<V>& known, std::int32_t magnitude, const float* x,
                          statistic::signed_absmax& to) {
  const float least = V::least_of(known.least);
  const float greatest = V::greatest_of(known.greatest);
  if (magnitude == 0) return;
  if (greatest != -least) {
    to.extreme = greatest > -least ? greatest : least;
  } else {
    std::size_t i = 0;
    while (detail::magnitude(x[i]) != greatest) ++i;
    to.extreme = x[i];
  }
}

template <class Statistic>
inline constexpr bool is_signed = false;
template <>
inline constexpr bool is_signed<statistic::minmax> = true;
template <>
inline constexpr bool is_signed<statistic::signed_absmax> = true;

/// Statistics that these lanes compute; the rest is scalar.
template <class Statistic>
inline constexpr bool can_reduce =
    std::same_as<Statistic, statistic::none> || std::same_as<Statistic, statistic::absmax> || is_signed<Statistic>;

template <class V, class Statistic>
DETENT_INLINE Statistic statistic_of(const float* x, std::size_t n) {
  Statistic known{};
  std::size_t i = 0;
  if (n >= V::width) {
    const std::size_t whole = n - n % V::width;
    const auto found = extremes_of<V, is_signed<Statistic>>(x, whole);
    const std::int32_t magnitude = V::greatest_of(found.magnitude);
    if (magnitude < infinity_bits) {
      finish<V>(found, magnitude, x, known);
      i = whole;
    }
  }
  for (; i < n; ++i) known.add(x[i]);
  return known;
}

template <class V, class Statistic>
void reduce(const float* x, std::size_t n, std::size_t group, Statistic* to) {
  for (std::size_t first = 0; first < n; first += group) {
    *to++ = statistic_of<V, Statistic>(x + first, n - first < group ? n - first : group);
  }
}

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

/// Of the first n elements: at least one vector, and whole vectors. `ahead`: as for ask_ahead.
template <class V, bool Signed>
DETENT_INLINE extremes<V> extremes_of(const float* x, std::size_t n, std::size_t ahead = 0) {
  constexpr std::size_t w = V::width;
  const auto first = V::load(x);
  extremes<V> known{V::all(0), first, first};
  std::size_t i = 0;
  if (n >= 4 * w) {
    quad<extremes<V>> four{known, known, known, known};
    for (; i + 4 * w <= n; i += 4 * w) {
      ask_ahead<V>(x + i, ahead);
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
DETENT_INLINE Statistic statistic_of(const float* x, std::size_t n, std::size_t ahead = 0) {
  Statistic known{};
  std::size_t i = 0;
  if (n >= V::width) {
    const std::size_t whole = n - n % V::width;
    const auto found = extremes_of<V, is_signed<Statistic>>(x, whole, ahead);
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

/// True if every x is finite and not 0.
template <class V>
bool ordinary(const float* x, std::size_t n) {
  std::size_t i = 0;
  for (; i + V::width <= n; i += V::width) {
    const auto magnitude = V::bit_and(V::bits(V::load(x + i)), V::all(magnitude_bits));
    if (V::any(V::less(V::all(infinity_bits - 1), magnitude)) || V::any(V::equal(magnitude, V::all(0)))) return false;
  }
  return scalar::ordinary(x + i, n - i);
}

/// to = x + y; `to` may be one of them.
template <class V>
void add(const float* x, const float* y, std::size_t n, float* to) {
  std::size_t i = 0;
  for (; i + V::width <= n; i += V::width) V::store(to + i, V::add(V::load(x + i), V::load(y + i)));
  for (; i < n; ++i) to[i] = x[i] + y[i];
}

/// Whole lines pass the caches, the ends do not.
template <class V>
void stream(const void* from, std::size_t n, void* to) {
  const auto* source = static_cast<const std::uint8_t*>(from);
  auto* target = static_cast<std::uint8_t*>(to);
  if constexpr (requires { V::stream_line(target, source); }) {
    const std::size_t head = (64 - reinterpret_cast<std::uintptr_t>(to) % 64) % 64;
    if (n >= 64 + head) {
      __builtin_memcpy(target, source, head);
      std::size_t i = head;
      for (; i + 64 <= n; i += 64) V::stream_line(target + i, source + i);
      __builtin_memcpy(target + i, source + i, n - i);
      return;
    }
  }
  __builtin_memcpy(target, source, n);
}

// SPDX-License-Identifier: MIT
//
// Walking a tile in bundles of four vectors, each vector with the parameters of its group. Included inside the
// namespace (and the target region) of every instruction set; V is that set's vocabulary of lanes.
//
//   group >= a bundle      the parameters are loaded once for the group
//   group of 1 or 2 …      vectors of a bundle have parameters of their own, if the bundle is whole groups
//   group below a vector   every element of a bundle has its parameters
//   everything else        the rest of a group goes through a padded copy, as a bundle of its own

inline constexpr std::int32_t sign_bit = static_cast<std::int32_t>(detail::f32_sign);
inline constexpr std::int32_t magnitude_bits = 0x7FFFFFFF;
inline constexpr std::int32_t infinity_bits = static_cast<std::int32_t>(detail::f32_infinity);
inline constexpr std::int32_t quiet_nan_bits = static_cast<std::int32_t>(detail::f32_quiet_nan);

template <class V>
DETENT_INLINE typename V::i32 all_bits(std::uint32_t bits) {
  return V::all(static_cast<std::int32_t>(bits));
}

template <class V>
inline constexpr std::size_t bundle_of = 4 * V::width;

template <class T>
struct quad {
  T a, b, c, d;
};

/// The small float that processors convert themselves.
template <class C>
inline constexpr bool is_half = false;
template <codec_of_kind<kind::minifloat> C>
inline constexpr bool is_half<C> =
    C::exponent_bits == 5 && C::mantissa_bits == 10 && C::bias == 15 &&
    C::special_codes == decltype(C::special_codes)::ieee && C::on_overflow == decltype(C::on_overflow)::special;

/// The other one: the upper half of fp32.
template <class C>
inline constexpr bool is_bf16 = false;
template <codec_of_kind<kind::minifloat> C>
inline constexpr bool is_bf16<C> = C::bits == 16 && C::wide && C::special_codes == decltype(C::special_codes)::ieee &&
                                   C::on_overflow == decltype(C::on_overflow)::special;

/// Where results are written.
enum class stores { cached, past_caches };

/// A vector of results. Past the caches, `to` is a multiple of the vector.
template <class V, stores Stores>
DETENT_INLINE void put(float* to, typename V::f32 y) {
  if constexpr (Stores == stores::past_caches && requires { V::stream(to, y); })
    V::stream(to, y);
  else
    V::store(to, y);
}

/// The affine parameters of one vector.
template <class V>
struct parameters {
  typename V::f32 factor;
  typename V::f32 shift;
  typename V::f32 unit;
  typename V::i32 zero;
};

/// Of group g, in all lanes.
template <class V, affine Form>
DETENT_INLINE parameters<V> parameters_of(const group_factors& by, std::size_t g) {
  parameters<V> p{V::all(1.0f), V::all(0.0f), V::all(1.0f), V::all(0)};
  if constexpr (Form.scaled) p.factor = V::all(by.factor[g]);
  if constexpr (Form.shift) p.shift = V::all(by.shift[g]);
  if constexpr (Form.unit) p.unit = V::all(by.unit);
  if constexpr (Form.zero) p.zero = V::all(by.zero[g]);
  return p;
}

/// Of groups g, g + 1, …, one for each lane.
template <class V, affine Form>
DETENT_INLINE parameters<V> parameters_from(const group_factors& by, std::size_t g) {
  parameters<V> p{V::all(1.0f), V::all(0.0f), V::all(1.0f), V::all(0)};
  if constexpr (Form.scaled) p.factor = V::load(by.factor + g);
  if constexpr (Form.shift) p.shift = V::load(by.shift + g);
  if constexpr (Form.unit) p.unit = V::all(by.unit);
  if constexpr (Form.zero) p.zero = V::load(by.zero + g);
  return p;
}

/// A bundle of `count` elements of groups first, first + 1, …, shorter than a vector. Past the last, its parameters.
template <class V, affine Form>
DETENT_INLINE quad<parameters<V>> parameters_of_each(const group_factors& by, std::size_t first, std::size_t count,
                                                     std::size_t group) {
  constexpr std::size_t w = V::width;
  float factor[4 * w];
  float shift[4 * w];
  std::int32_t zero[4 * w];
  group_factors copied = by;
  if (count < 4 * w || group != 1) {
    std::size_t g = first, end = group;
    for (std::size_t i = 0; i < 4 * w; ++i) {
      if (i == end && i < count) ++g, end += group;
      if constexpr (Form.scaled) factor[i] = by.factor[g];
      if constexpr (Form.shift) shift[i] = by.shift[g];
      if constexpr (Form.zero) zero[i] = by.zero[g];
    }
    copied = {factor, shift, zero, by.unit};
    first = 0;
  }
  return {parameters_from<V, Form>(copied, first), parameters_from<V, Form>(copied, first + w),
          parameters_from<V, Form>(copied, first + 2 * w), parameters_from<V, Form>(copied, first + 3 * w)};
}

/// codec((x - shift) · factor): what the codec is given.
template <class V, affine Form>
DETENT_INLINE typename V::f32 normalized(typename V::f32 x, const parameters<V>& p) {
  if constexpr (Form.shift) x = V::subtract(x, p.shift);
  if constexpr (Form.scaled && Form.divide) x = V::divide(x, p.factor);
  // The codecs below subtract from x: without the barrier that could become one operation with one rounding.
  if constexpr (Form.scaled && !Form.divide) x = V::rounded(V::multiply(x, p.factor));
  return x;
}

/// Asks for a bundle's place `ahead` elements on, where the operation says that it is worth it: up to a tile's length
/// into the first-level cache, from beyond into the second.
template <class V>
DETENT_INLINE void ask_ahead(const float* x, std::size_t ahead) {
  constexpr std::size_t bytes = bundle_of<V> * sizeof(float);
  if (ahead == 0) return;
  if (ahead <= tile_elements)
    prefetch<cache_level::first>(x, ahead * sizeof(float), bytes);
  else
    prefetch<cache_level::second>(x, ahead * sizeof(float), bytes);
}

/// for_each_bundle where a bundle is several groups.
template <class V, affine Form, class Whole, class Part>
DETENT_INLINE void for_each_bundle_of_groups(std::size_t n, std::size_t group, const group_factors& by,
                                             const Whole& whole, const Part& part) {
  constexpr std::size_t bundle = bundle_of<V>;
  std::size_t first = 0;
  const std::size_t groups = bundle / group;
  std::size_t g = 0;
  const auto of = [&](std::size_t k) DETENT_LAMBDA { return parameters_of<V, Form>(by, g + groups * k / 4); };
  for (; first + bundle <= n; first += bundle, g += groups) {
    whole(first, quad<parameters<V>>{of(0), of(1), of(2), of(3)});
  }
  const std::size_t last = (n - 1) / group;
  const auto to_last = [&](std::size_t k) DETENT_LAMBDA {
    const std::size_t at = g + groups * k / 4;
    return parameters_of<V, Form>(by, at < last ? at : last);
  };
  if (first < n) part(first, n - first, quad<parameters<V>>{to_last(0), to_last(1), to_last(2), to_last(3)});
}

/// Calls whole(i, p) for bundles of elements from i on, and part(i, count, p) for up to a bundle of them.
template <class V, affine Form, class Whole, class Part>
DETENT_INLINE void for_each_bundle(std::size_t n, std::size_t group, group_factors by, const Whole& whole,
                                   const Part& part) {
  constexpr std::size_t bundle = bundle_of<V>;
  constexpr bool grouped = Form.scaled || Form.shift || Form.zero;
  if (n == 0) return;
  if (!grouped) group = n;
  if (grouped && group < V::width && group < n) {
    const std::size_t groups = bundle / group;
    for (std::size_t i = 0, g = 0; i < n; i += groups * group, g += groups) {
      const std::size_t count = n - i < groups * group ? n - i : groups * group;
      part(i, count, parameters_of_each<V, Form>(by, g, count, group));
    }
    return;
  }
  if (grouped && group < bundle && bundle % group == 0 && group % V::width == 0) {
    for_each_bundle_of_groups<V, Form>(n, group, by, whole, part);
    return;
  }
  std::size_t first = 0;
  // Blocks are often a bundle or two: then all that a loop does for each of them counts.
  if (grouped && group == bundle && n % bundle == 0) {
    for (std::size_t g = 0; first < n; first += bundle, ++g) {
      const parameters<V> one = parameters_of<V, Form>(by, g);
      whole(first, quad<parameters<V>>{one, one, one, one});
    }
    return;
  }
  if (grouped && group < n && group % bundle == 0 && n % group == 0) {
    for (std::size_t g = 0; first < n; ++g) {
      const parameters<V> one = parameters_of<V, Form>(by, g);
      const std::size_t end = first + group;
      do {
        whole(first, quad<parameters<V>>{one, one, one, one});
        first += bundle;
      } while (first < end);
    }
    return;
  }
  for (std::size_t g = 0; first < n; first += group, ++g) {
    const std::size_t end = n - first < group ? n : first + group;
    const parameters<V> one = parameters_of<V, Form>(by, g);
    for (std::size_t i = first; i + bundle <= end; i += bundle) whole(i, quad<parameters<V>>{one, one, one, one});
  }
  // The ends of groups afterwards: parameters whose address is taken would be written to memory for every group.
  if (group % bundle == 0 && n % bundle == 0) return;
  first = 0;
  for (std::size_t g = 0; first < n; first += group, ++g) {
    const std::size_t count = n - first < group ? n - first : group;
    const parameters<V> one = parameters_of<V, Form>(by, g);
    const std::size_t rest = count % bundle;
    if (rest != 0) part(first + count - rest, rest, quad<parameters<V>>{one, one, one, one});
  }
}

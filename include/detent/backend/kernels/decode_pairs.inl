// SPDX-License-Identifier: MIT
//
// Codes of four bits straight from the bytes that hold two of them each. A group has 16 values: they are scaled once
// for the group, and a vector is codes spread over lanes, one lookup and one store. By way of unpacked codes, which are
// written and read again, and with values scaled one by one, it takes half as long again.

template <class V, class Packing, class C>
inline constexpr bool reads_pairs = in_pairs<Packing, C::bits> && fast::is_looked_up<V, C> &&
                                    requires(const std::uint8_t* from) { V::template load_pairs<true>(from); };

/// All values of a group, in the order of codes.
template <class V, class C, affine Form>
DETENT_INLINE typename V::f32 values_of_group(const parameters<V>& p) {
  auto y = V::load(values_by_code<C>::value.data);
  if constexpr (Form.zero) y = V::subtract(y, V::to_float(p.zero));  // small whole numbers: exact
  return scaled<V, Form>(y, p);
}

/// `Vectors` vectors of a group with these values.
template <class V, class Packing, stores Stores, std::size_t Vectors>
DETENT_INLINE void decode_vectors_of_pairs(const std::uint8_t* from, typename V::f32 values, float* to) {
  constexpr std::size_t w = V::width;
  for (std::size_t k = 0; k < Vectors; ++k)
    put<V, Stores>(to + k * w, V::lookup16(values, V::template load_pairs<is_high<Packing>>(from + k * w / 2)));
}

/// Groups of so many vectors, all of them whole.
template <class V, class Packing, class C, affine Form, stores Stores, std::size_t Vectors>
void decode_groups_of_pairs(const std::uint8_t* from, std::size_t groups, const group_factors& by, float* to) {
  constexpr std::size_t size = Vectors * V::width;
  for (std::size_t g = 0; g < groups; ++g, from += size / 2, to += size)
    decode_vectors_of_pairs<V, Packing, Stores, Vectors>(
        from, values_of_group<V, C, Form>(parameters_of<V, Form>(by, g)), to);
}

/// n codes from the first one of a byte on. False, and nothing is written, if groups are not whole vectors.
template <class V, class Packing, class C, affine Form, stores Stores>
bool decode_pairs(const std::uint8_t* from, std::size_t n, std::size_t group, const group_factors& by, float* to) {
  if constexpr (reads_pairs<V, Packing, C>) {
    constexpr std::size_t w = V::width;
    constexpr bool grouped = Form.scaled || Form.shift || Form.zero;
    if (!grouped || group > n) group = n;
    if (n == 0 || group % w != 0 || n % w != 0) return false;
    if (group == w) {
      decode_groups_of_pairs<V, Packing, C, Form, Stores, 1>(from, n / group, by, to);
      return true;
    }
    if (group == 2 * w && n % group == 0) {
      decode_groups_of_pairs<V, Packing, C, Form, Stores, 2>(from, n / group, by, to);
      return true;
    }
    if (group == 4 * w && n % group == 0) {
      decode_groups_of_pairs<V, Packing, C, Form, Stores, 4>(from, n / group, by, to);
      return true;
    }
    for (std::size_t first = 0, g = 0; first < n; ++g) {
      const auto values = values_of_group<V, C, Form>(parameters_of<V, Form>(by, g));
      const std::size_t end = n - first < group ? n : first + group;
      for (; first + 4 * w <= end; first += 4 * w)
        decode_vectors_of_pairs<V, Packing, Stores, 4>(from + first / 2, values, to + first);
      for (; first < end; first += w)
        decode_vectors_of_pairs<V, Packing, Stores, 1>(from + first / 2, values, to + first);
    }
    return true;
  }
  return false;
}

// SPDX-License-Identifier: MIT
//
// Codes of four bits straight from the bytes that hold two of them each. A group has 16 values: they are scaled once
// for the group, and a vector is codes spread over lanes, one lookup and one store. By way of unpacked codes, which are
// written and read again, and with values scaled one by one, it takes half as long again.

template <class V, class Packing, class C>
inline constexpr bool reads_pairs = in_pairs<Packing, C::bits> && fast::is_looked_up<V, C> &&
                                    requires(const std::uint8_t* from) { V::template load_pairs<true>(from); };

/// `Vectors` vectors of a group with these values.
template <class V, class Packing, stores Stores, std::size_t Vectors>
DETENT_INLINE void decode_vectors_of_pairs(const std::uint8_t* from, typename V::f32 values, float* to) {
  constexpr std::size_t w = V::width;
  for (std::size_t k = 0; k < Vectors; ++k)
    put<V, Stores>(to + k * w, V::lookup16(values, V::template load_pairs<is_high<Packing>>(from + k * w / 2)));
}

/// n codes from the first one of a byte on, in groups of whole vectors. (`by` is a copy: it stays in registers.)
template <class V, class Packing, class C, affine Form, stores Stores>
void decode_groups_of_pairs(const std::uint8_t* from, std::size_t n, std::size_t group, group_factors by, float* to) {
  constexpr std::size_t w = V::width;
  const all_values<V, C> values;
  const auto of_group = [&](std::size_t g)
                            DETENT_LAMBDA { return values.template of_group<Form>(0, parameters_of<V, Form>(by, g)); };
  // Groups of a known number of vectors, all of them whole.
  const auto in_groups_of = [&]<std::size_t Vectors>(std::integral_constant<std::size_t, Vectors>) DETENT_LAMBDA {
    constexpr std::size_t size = Vectors * w;
    if (group != size || n % size != 0) return false;
    for (std::size_t g = 0; g < n / size; ++g, from += size / 2, to += size)
      decode_vectors_of_pairs<V, Packing, Stores, Vectors>(from, of_group(g), to);
    return true;
  };
  if (in_groups_of(std::integral_constant<std::size_t, 1>{}) ||
      in_groups_of(std::integral_constant<std::size_t, 2>{}) || in_groups_of(std::integral_constant<std::size_t, 4>{}))
    return;
  for (std::size_t first = 0, g = 0; first < n; ++g) {
    const auto y = of_group(g);
    const std::size_t end = n - first < group ? n : first + group;
    for (; first + 4 * w <= end; first += 4 * w)
      decode_vectors_of_pairs<V, Packing, Stores, 4>(from + first / 2, y, to + first);
    for (; first < end; first += w) decode_vectors_of_pairs<V, Packing, Stores, 1>(from + first / 2, y, to + first);
  }
}

/// n codes from the first one of a byte on. False, and nothing is written, if groups are not whole vectors.
template <class V, class Packing, class C, affine Form, stores Stores>
bool decode_pairs(const std::uint8_t* from, std::size_t n, std::size_t group, const group_factors& by, float* to) {
  if constexpr (reads_pairs<V, Packing, C>) {
    constexpr bool grouped = Form.scaled || Form.shift || Form.zero;
    if (!grouped || group > n) group = n;
    if (n == 0 || group % V::width != 0 || n % V::width != 0) return false;
    decode_groups_of_pairs<V, Packing, C, Form, Stores>(from, n, group, by, to);
    return true;
  }
  return false;
}

// SPDX-License-Identifier: MIT
//
// Codes to codes of 16 bits: to fp16 or bf16. A group of codes of up to 4 bits has 16 values at most: these are scaled
// and rounded once for the group, and then looked up.

template <class V, class C, class D>
inline constexpr bool has_table_of_halves = false;
template <class V, class C, class D>
  requires requires { typename V::words; }
inline constexpr bool has_table_of_halves<V, C, D> = C::bits <= 4 && can_decode<C> && (is_half<D> || is_bf16<D>);

/// Of shorter groups the table costs more than it saves.
inline constexpr std::size_t least_group_of_table = 32;

/// The codes of all values of a group.
template <class V, class C, affine Form, class D>
DETENT_INLINE typename V::words table_of_halves(const all_values<V, C>& values, const parameters<V>& p) {
  typename V::i32 half[all_values<V, C>::vectors];
  for (std::size_t k = 0; k < all_values<V, C>::vectors; ++k)
    half[k] = codes_of<V, D, affine{}>(values.template of_group<Form>(k, p), p);
  return V::words_of(half);
}

/// Fewer codes than are looked up at once, through a padded copy.
template <class V>
[[gnu::noinline]] void look_up_part(const std::uint8_t* codes, std::size_t n, std::uint16_t* to,
                                    const typename V::words& table) {
  std::uint8_t padded[V::words_at_once] = {};
  std::uint16_t halves[V::words_at_once];
  __builtin_memcpy(padded, codes, n);
  V::store_words(halves, table, padded);
  __builtin_memcpy(to, halves, n * sizeof(std::uint16_t));
}

template <class V, codec C, affine Form, codec D>
void decode_to_halves(const std::uint8_t* codes, std::size_t n, std::size_t group, const group_factors& by,
                      std::uint16_t* to) {
  constexpr std::size_t at_once = V::words_at_once;
  const all_values<V, C> values;
  for (std::size_t first = 0, g = 0; first < n; first += group, ++g) {
    const std::size_t end = n - first < group ? n : first + group;
    const auto table = table_of_halves<V, C, Form, D>(values, parameters_of<V, Form>(by, g));
    std::size_t i = first;
    for (; i + at_once <= end; i += at_once) V::store_words(to + i, table, codes + i);
    if (i < end) {
      const auto copied = table;  // the address of `table` itself would put every one of them into memory
      look_up_part<V>(codes + i, end - i, to + i, copied);
    }
  }
}

/// Codes of C to codes of D: by the table, or by the backend's own decode and encode.
template <class V, class Backend, codec D, codec C, affine Form>
void decode_as(const code_t<C>* codes, std::size_t n, std::size_t group, const group_factors& by, code_t<D>* to) {
  if constexpr (has_table_of_halves<V, C, D>) {
    if (group >= least_group_of_table) {
      decode_to_halves<V, C, Form, D>(codes, n, group, by, to);
      return;
    }
  }
  alignas(cache_line) float values[tile_elements];
  Backend::template decode<C, Form>(codes, n, group, by, values);
  Backend::template encode<D, affine{}>(values, n, n, {}, to);
}

// SPDX-License-Identifier: MIT
//
// Products by vectors (core/product_steps.hpp defines them). Sums stay in registers; lanes are never added to each
// other here, so that the order of sums does not depend on how many there are.

/// `Lanes` sums, with those of a multiple of the width in one register.
template <class V, std::size_t Lanes>
struct register_sums {
  static constexpr std::size_t count = Lanes / V::width;
  typename V::f32 sum[count];

  DETENT_INLINE explicit register_sums(const float* from) {
    each([&](auto r) DETENT_LAMBDA { sum[r.value] = V::load(from + r.value * V::width); });
  }
  DETENT_INLINE void store(float* to) const {
    each([&](auto r) DETENT_LAMBDA { V::store(to + r.value * V::width, sum[r.value]); });
  }
  template <class R>
  DETENT_INLINE void add(R, typename V::f32 product) {
    sum[R::value] = V::add(sum[R::value], V::rounded(product));
  }
  template <class F>
  DETENT_INLINE static void each(const F& f) {
    unrolled<count>(f);
  }
};

/// Columns of a tile whose sums fit the registers.
template <std::size_t Lanes>
inline constexpr std::size_t in_registers = Lanes < sum_columns ? Lanes : sum_columns;

/// Adds what one word keeps of 64 elements; returns how many. May read one vector behind the survivors.
template <class V>
DETENT_INLINE std::size_t dot_word(const float* survivors, std::uint64_t word, const float* x,
                                   register_sums<V, partial_sums>& sums) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < 64; i += partial_sums) {
    sums.each([&](auto r) DETENT_LAMBDA {
      const std::uint64_t m = word & low_bits(V::width);
      sums.add(r, V::multiply_kept(survivors + count, m, V::load(x + i + r.value * V::width)));
      count += V::count(m);
      word >>= V::width;
    });
  }
  return count;
}

template <class V>
DETENT_INLINE std::int32_t sum_of(typename V::i32 sums) {
  float lanes[V::width];
  V::store(lanes, V::floats(sums));
  std::int32_t sum = 0;
  for (const float lane : lanes) sum += static_cast<std::int32_t>(detail::bits_of(lane));
  return sum;
}

template <class V>
struct product_steps {
  static void dot(const float* w, const float* x, std::size_t n, float* to) {
    if constexpr (comparing_lanes<V>) {
      register_sums<V, partial_sums> sums(to);
      std::size_t i = 0;
      for (; i + partial_sums <= n; i += partial_sums) {
        sums.each([&](auto r) DETENT_LAMBDA {
          sums.add(r, V::multiply(V::load(w + i + r.value * V::width), V::load(x + i + r.value * V::width)));
        });
      }
      sums.store(to);
      default_product_steps::dot(w + i, x + i, n - i, to);
    } else {
      default_product_steps::dot(w, x, n, to);
    }
  }

  static void dot_kept(const float* survivors, std::size_t spare, const std::uint64_t* keep, const float* x,
                       std::size_t n, float* to) {
    if constexpr (requires(typename V::f32 f) { V::multiply_kept(survivors, std::uint64_t{}, f); }) {
      const std::size_t in_place = spare >= V::width ? n / 64 : words_in_place(keep, n, V::width);
      register_sums<V, partial_sums> sums(to);
      for (std::size_t i = 0; i < in_place; ++i) survivors += dot_word<V>(survivors, keep[i], x + 64 * i, sums);
      for (std::size_t first = 64 * in_place; first < n; first += 64) {
        float elements[64], last[64 + V::width];
        const std::size_t length = n - first < 64 ? n - first : 64;
        const std::uint64_t word = keep[first / 64] & low_bits(length);
        const std::size_t kept = detail::ones(word);
        __builtin_memcpy(last, survivors, kept * sizeof(float));
        __builtin_memset(elements, 0, sizeof elements);
        __builtin_memcpy(elements, x + first, length * sizeof(float));
        survivors += dot_word<V>(last, word, elements, sums);
      }
      sums.store(to);
    } else {
      default_product_steps::dot_kept(survivors, spare, keep, x, n, to);
    }
  }

  static std::int32_t dot(const std::int8_t* w, const std::int8_t* x, std::size_t n) {
    std::size_t i = 0;
    std::int32_t sum = 0;
    if constexpr (requires(typename V::i32 s) { V::add_products(s, w, x); }) {
      constexpr std::size_t step = 2 * V::width;
      auto sums = V::all(0), more = V::all(0);
      for (; i + 2 * step <= n; i += 2 * step) {
        sums = V::add_products(sums, w + i, x + i);
        more = V::add_products(more, w + i + step, x + i + step);
      }
      sum = sum_of<V>(V::add(sums, more));
    }
    return sum + default_product_steps::dot(w + i, x + i, n - i);
  }

  static std::int32_t dot_kept(const std::int8_t* survivors, std::size_t spare, const std::uint64_t* keep,
                               const std::int8_t* x, std::size_t n) {
    std::int32_t sum = 0;
    if constexpr (requires(typename V::i32 s) { V::add_products_kept(s, survivors, std::uint64_t{}, x); }) {
      constexpr std::size_t step = 2 * V::width;
      const std::size_t in_place = spare >= step ? n / 64 : words_in_place(keep, n, step);
      auto sums = V::all(0);
      for (std::size_t i = 0; i < 64 * in_place; i += step) {
        const std::uint64_t m = keep[i / 64] >> i % 64 & low_bits(step);
        sums = V::add_products_kept(sums, survivors, m, x + i);
        survivors += V::count(m);
      }
      sum = sum_of<V>(sums);
      keep += in_place;
      x += 64 * in_place;
      n -= 64 * in_place;
    }
    std::int8_t elements[256];
    for (std::size_t first = 0; first < n; first += sizeof elements) {
      const std::size_t length = n - first < sizeof elements ? n - first : sizeof elements;
      survivors += mask_steps<V>::expand(survivors, keep + first / 64, length, elements, 0);
      sum += dot(elements, x + first, length);
    }
    return sum;
  }

  static void add_kept(const float* survivors, std::uint64_t word, const float* tile, float* to) {
    if constexpr (comparing_lanes<V>) {
      constexpr std::size_t lanes = in_registers<8 * V::width>;
      for (std::size_t c = 0; c < sum_columns; c += lanes) {
        register_sums<V, lanes> sums(to + c);
        const float* w = survivors;
        for (std::uint64_t left = word; left != 0; left &= left - 1, ++w) {
          const auto all_w = V::all(*w);
          const float* x = tile + c + static_cast<std::size_t>(__builtin_ctzll(left)) * sum_columns;
          sums.each([&](auto r) DETENT_LAMBDA { sums.add(r, V::multiply(all_w, V::load(x + r.value * V::width))); });
        }
        sums.store(to + c);
      }
    } else {
      default_product_steps::add_kept(survivors, word, tile, to);
    }
  }

  /// Pairs of rows: products of 16 bits are added two at a time. An odd last one is paired with nothing.
  static void add_kept(const std::int8_t* survivors, std::uint64_t word, const std::int16_t* tile, std::int32_t* to) {
    if constexpr (requires { typename V::pair_sums; }) {
      constexpr std::size_t step = 2 * V::width, lanes = in_registers<8 * V::width>, registers = lanes / step;
      for (std::size_t c = 0; c < sum_columns; c += lanes) {
        typename V::pair_sums sums[registers];
        unrolled<registers>([&](auto r) DETENT_LAMBDA { sums[r.value].load(to + c + r.value * step); });
        const std::int8_t* w = survivors;
        for (std::uint64_t left = word; left != 0; w += 2) {
          const std::int16_t* x = tile + c + static_cast<std::size_t>(__builtin_ctzll(left)) * sum_columns;
          left &= left - 1;
          const bool two = left != 0;
          const std::int16_t* y = two ? tile + c + static_cast<std::size_t>(__builtin_ctzll(left)) * sum_columns : x;
          left &= left - 1;
          const auto pair = V::all_pairs(w[0], two ? w[1] : std::int8_t{0});
          unrolled<registers>([&](auto r)
                                  DETENT_LAMBDA { sums[r.value].add(pair, x + r.value * step, y + r.value * step); });
        }
        unrolled<registers>([&](auto r) DETENT_LAMBDA { sums[r.value].store(to + c + r.value * step); });
      }
    } else {
      default_product_steps::add_kept(survivors, word, tile, to);
    }
  }

  static void add_all(const float* w, const float* second, std::size_t count, const float* tile, float* to,
                      float* second_to) {
    if constexpr (comparing_lanes<V>) {
      constexpr std::size_t lanes = in_registers<4 * V::width>;
      for (std::size_t c = 0; c < sum_columns; c += lanes) {
        register_sums<V, lanes> sums(to + c), second_sums(second_to + c);
        for (std::size_t i = 0; i < count; ++i) {
          const auto all_w = V::all(w[i]), all_second = V::all(second[i]);
          sums.each([&](auto r) DETENT_LAMBDA {
            const auto x = V::load(tile + i * sum_columns + c + r.value * V::width);
            sums.add(r, V::multiply(all_w, x));
            second_sums.add(r, V::multiply(all_second, x));
          });
        }
        sums.store(to + c);
        second_sums.store(second_to + c);
      }
    } else {
      default_product_steps::add_all(w, second, count, tile, to, second_to);
    }
  }
};

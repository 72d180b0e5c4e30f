// SPDX-License-Identifier: MIT
//
// The steps of masks by vectors (core/mask_steps.hpp defines them): keys, bounds, N of M, and zeros. A word of the mask
// is 64 elements. Moving survivors: survivors.inl.

/// The lanes that move elements: `V` itself, or the raw ones behind lanes that a library makes.
template <class V>
struct mask_lanes {
  using type = V;
};
template <class V>
  requires requires { typename V::raw; }
struct mask_lanes<V> {
  using type = typename V::raw;
};
template <class V>
using masks_by = typename mask_lanes<V>::type;

template <class V, std::size_t Size>
inline constexpr std::size_t elements_zeroed = 0;
template <class V, std::size_t Size>
  requires requires { V::template zeroed<Size>; }
inline constexpr std::size_t elements_zeroed<V, Size> = V::template zeroed<Size>;

/// Lanes whose processor counts the bits of a word.
template <class V>
concept counting_lanes = requires { requires V::counts_words; };

/// Lanes that compare numbers; others only move them, or not even that.
template <class V>
concept comparing_lanes = requires(typename V::mask m) { V::mask_bits(m); };

/// Keys as integers whose signed order is theirs.
template <class V>
DETENT_INLINE typename V::i32 ordered_keys(const std::uint32_t* keys) {
  return V::bit_xor(V::load(reinterpret_cast<const std::int32_t*>(keys)), V::all(sign_bit));
}

/// Bits of up to one word, from f(keys) -> the bits of one vector.
template <class V, class F>
DETENT_INLINE std::uint64_t word_of_keys(const std::uint32_t* keys, std::size_t n, const F& f) {
  constexpr std::size_t w = V::width;
  std::uint64_t word = 0;
  std::size_t i = 0;
  for (; i + w <= n; i += w) word |= std::uint64_t{f(ordered_keys<V>(keys + i))} << i;
  if (i < n) {
    std::uint32_t last[w] = {};
    __builtin_memcpy(last, keys + i, (n - i) * sizeof(std::uint32_t));
    word |= (f(ordered_keys<V>(last)) & low_bits(n - i)) << i;
  }
  return word;
}

/// Of every M lanes, 1 in those from which By lanes on is a lane before them.
template <unsigned M, unsigned By>
alignas(64) inline constexpr detail::table<std::int32_t, 16> behind = [] {
  detail::table<std::int32_t, 16> made{};
  for (std::size_t i = 0; i < 16; ++i) made[i] = i % M + By >= M ? 1 : 0;
  return made;
}();

/// How many of its M, from the one By lanes on to the last, come before x.
template <class V, unsigned M, unsigned By = 1>
DETENT_INLINE typename V::i32 count_before(typename V::i32 x) {
  if constexpr (By == M) {
    return V::all(0);
  } else {
    const auto other = V::template rotated<M, By>(x);
    const auto among_equals = V::select(V::equal(x, other), V::load(behind<M, By>.data), V::all(0));
    return V::add(V::increment_where(V::less(x, other), among_equals), count_before<V, M, By + 1>(x));
  }
}

/// Lanes that hold groups of M whole, and turn them.
template <class V, unsigned M>
concept turning_lanes = comparing_lanes<V> && requires(typename V::i32 x) { V::template rotated<M, 1>(x); };

template <class V>
struct mask_steps {
  static void keys(const float* x, std::size_t n, std::uint32_t* to) {
    std::size_t i = 0;
    if constexpr (comparing_lanes<V>) {
      for (; i + V::width <= n; i += V::width) {
        const auto magnitude = V::bit_and(V::bits(V::load(x + i)), V::all(magnitude_bits));
        V::store(reinterpret_cast<float*>(to + i), V::floats(V::min(magnitude, V::all(infinity_bits + 1))));
      }
    }
    default_mask_steps::keys(x + i, n - i, to + i);
  }

  static void at_least(const std::uint32_t* keys, std::size_t n, std::uint32_t least, std::uint64_t* to) {
    if constexpr (comparing_lanes<V>) {
      const auto bound = V::bit_xor(all_bits<V>(least), V::all(sign_bit));
      for (std::size_t i = 0; i < n; i += 64) {
        const std::size_t count = n - i < 64 ? n - i : 64;
        const std::uint64_t below =
            word_of_keys<V>(keys + i, count, [&](auto x) DETENT_LAMBDA { return V::mask_bits(V::less(x, bound)); });
        *to++ = ~below & low_bits(count);
      }
    } else {
      default_mask_steps::at_least(keys, n, least, to);
    }
  }

  static void magnitudes_at_least(const float* x, std::size_t n, std::uint32_t least, std::uint64_t* to) {
    if constexpr (comparing_lanes<V>) {
      // No key is above NaN's, though bits of a NaN are.
      if (least > detail::f32_infinity + 1) {
        for (std::size_t i = 0; i < n; i += 64) *to++ = 0;
        return;
      }
      const auto below = V::all(static_cast<std::int32_t>(least) - 1);
      const auto bits_of = [&](const float* from) DETENT_LAMBDA {
        return V::mask_bits(V::less(below, V::bit_and(V::bits(V::load(from)), V::all(magnitude_bits))));
      };
      std::size_t i = 0;
      for (; i + 64 <= n; i += 64) {
        std::uint64_t word = 0;
        for (std::size_t at = 0; at < 64; at += V::width) word |= std::uint64_t{bits_of(x + i + at)} << at;
        *to++ = word;
      }
      if (i < n) default_mask_steps::magnitudes_at_least(x + i, n - i, least, to);
    } else {
      default_mask_steps::magnitudes_at_least(x, n, least, to);
    }
  }

  static bool magnitudes_between(const float* x, std::size_t n, std::uint32_t low, std::uint32_t high,
                                 std::uint64_t* reached, std::uint64_t* passed) {
    constexpr std::uint32_t last = detail::f32_infinity + 1;
    if constexpr (comparing_lanes<V>) {
      if (low <= last) {
        const auto below_low = V::all(static_cast<std::int32_t>(low) - 1);
        const auto below_high = V::all(static_cast<std::int32_t>(high <= last ? high - 1 : 0x7FFFFFFFu));
        auto greatest = V::all(0);
        std::size_t i = 0;
        for (; i + 64 <= n; i += 64) {
          std::uint64_t word = 0, next = 0;
          prefetch_word(x + i);
          for (std::size_t at = 0; at < 64; at += V::width) {
            const auto magnitude = V::bit_and(V::bits(V::load(x + i + at)), V::all(magnitude_bits));
            word |= std::uint64_t{V::mask_bits(V::less(below_low, magnitude))} << at;
            next |= std::uint64_t{V::mask_bits(V::less(below_high, magnitude))} << at;
            greatest = V::max(greatest, magnitude);
          }
          *reached++ = word;
          *passed++ = next;
        }
        const bool nan = V::greatest_of(greatest) > infinity_bits;
        return default_mask_steps::magnitudes_between(x + i, n - i, low, high, reached, passed) || nan;
      }
    }
    return default_mask_steps::magnitudes_between(x, n, low, high, reached, passed);
  }

  template <unsigned N, unsigned M>
  static void n_of_m(const std::uint32_t* keys, std::size_t n, std::uint64_t* to) {
    if constexpr (turning_lanes<V, M>) {
      for (std::size_t i = 0; i < n; i += 64) {
        *to++ = word_of_keys<V>(keys + i, n - i < 64 ? n - i : 64, [](auto x) DETENT_LAMBDA {
          return V::mask_bits(V::less(count_before<V, M>(x), V::all(static_cast<std::int32_t>(N))));
        });
      }
    } else {
      default_mask_steps::template n_of_m<N, M>(keys, n, to);
    }
  }

  static std::size_t count_kept(const std::uint64_t* keep, std::size_t n) {
    if constexpr (counting_lanes<V>) {
      std::size_t sum = 0;
      for (std::size_t i = 0; i < n; i += 64) sum += V::count(*keep++);
      return sum;
    } else {
      return default_mask_steps::count_kept(keep, n);
    }
  }

  template <mask_element T>
  static void zero_pruned(const T* x, const std::uint64_t* keep, std::size_t n, T* to) {
    constexpr std::size_t w = elements_zeroed<V, sizeof(T)>;
    std::size_t i = 0;
    if constexpr (w != 0) {
      for (; i + 64 <= n; i += 64) {
        std::uint64_t word = keep[i / 64];
        for (std::size_t j = i; j < i + 64; j += w) {
          V::template zero_pruned<sizeof(T)>(x + j, word, to + j);
          if constexpr (w < 64) word >>= w;
        }
      }
    }
    default_mask_steps::zero_pruned(x + i, keep + i / 64, n - i, to + i);
  }

  template <mask_element T>
  static std::size_t compress(const T* x, const std::uint64_t* keep, std::size_t n, T* to, std::size_t room) {
    return compress_words<V>(x, keep, n, to, room);
  }

  template <mask_element T>
  static std::size_t expand(const T* from, const std::uint64_t* keep, std::size_t n, T* to, std::size_t spare) {
    return expand_words<V>(from, keep, n, to, spare);
  }
};

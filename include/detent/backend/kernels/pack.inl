// SPDX-License-Identifier: MIT
//
// Codes into bytes and back. Eight codes of b bits are b bytes of a dense stream: they are gathered and spread in a
// 64-bit word, three steps of two halves each, whatever b is. The odd codes before and after go one by one.

inline constexpr bool little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

/// The low `Bits` bits of every unit of `Unit` bits.
template <int Unit, int Bits>
inline constexpr std::uint64_t low_bits_of_units = [] {
  std::uint64_t mask = 0;
  for (int at = 0; at < 64; at += Unit) mask |= ((std::uint64_t{1} << Bits) - 1) << at;
  return mask;
}();

/// One step down: in every unit, brings the high half's `Bits` bits next to the low half's.
template <int Unit, int Bits>
DETENT_INLINE std::uint64_t joined(std::uint64_t x) {
  constexpr std::uint64_t low = low_bits_of_units<Unit, Bits>;
  return (x & low) | (x >> (Unit / 2 - Bits) & low << Bits);
}

/// One step up, the reverse.
template <int Unit, int Bits>
DETENT_INLINE std::uint64_t parted(std::uint64_t x) {
  constexpr std::uint64_t low = low_bits_of_units<Unit, Bits>;
  return (x & low) | (x << (Unit / 2 - Bits) & low << (Unit / 2));
}

/// Eight codes in eight bytes to their 8 · Bits bits.
template <int Bits>
DETENT_INLINE std::uint64_t squeezed(std::uint64_t x) {
  return joined<64, 4 * Bits>(joined<32, 2 * Bits>(joined<16, Bits>(x)));
}

template <int Bits>
DETENT_INLINE std::uint64_t spread(std::uint64_t x) {
  return parted<16, Bits>(parted<32, 2 * Bits>(parted<64, 4 * Bits>(x)));
}

DETENT_INLINE std::uint64_t nibbles_swapped(std::uint64_t x) {
  constexpr std::uint64_t low = low_bits_of_units<8, 4>;
  return (x & low) << 4 | (x >> 4 & low);
}

DETENT_INLINE std::uint64_t eight_bytes(const std::uint8_t* from) {
  std::uint64_t x;
  __builtin_memcpy(&x, from, 8);
  return x;
}

/// How a packing lays out `period` codes in a word or two; period 0: code by code.
template <class Packing, int Bits>
struct layout {
  static constexpr std::size_t period = 0;
};

template <int Bits>
  requires(Bits < 8 && little_endian)
struct layout<low_bits_first, Bits> {
  static constexpr std::size_t period = 8;

  DETENT_INLINE static void pack(const std::uint8_t* codes, std::uint8_t* to) {
    const std::uint64_t x = squeezed<Bits>(eight_bytes(codes));
    __builtin_memcpy(to, &x, Bits);
  }
  DETENT_INLINE static void unpack(const std::uint8_t* from, std::uint8_t* codes) {
    std::uint64_t x = 0;
    __builtin_memcpy(&x, from, Bits);
    x = spread<Bits>(x);
    __builtin_memcpy(codes, &x, 8);
  }
};

template <>
struct layout<high_nibble_first, 4> {
  static constexpr std::size_t period = little_endian ? 8 : 0;

  DETENT_INLINE static void pack(const std::uint8_t* codes, std::uint8_t* to) {
    const std::uint64_t x = nibbles_swapped(squeezed<4>(eight_bytes(codes)));
    __builtin_memcpy(to, &x, 4);
  }
  DETENT_INLINE static void unpack(const std::uint8_t* from, std::uint8_t* codes) {
    std::uint64_t x = 0;
    __builtin_memcpy(&x, from, 4);
    x = spread<4>(nibbles_swapped(x));
    __builtin_memcpy(codes, &x, 8);
  }
};

template <std::size_t N>
  requires(N % 16 == 0 && N != 0)
struct layout<split_halves<N>, 4> {
  static constexpr std::size_t period = N;

  DETENT_INLINE static void pack(const std::uint8_t* codes, std::uint8_t* to) {
    for (std::size_t i = 0; i < N / 2; i += 8) {
      const std::uint64_t x = eight_bytes(codes + i) | eight_bytes(codes + N / 2 + i) << 4;
      __builtin_memcpy(to + i, &x, 8);
    }
  }
  DETENT_INLINE static void unpack(const std::uint8_t* from, std::uint8_t* codes) {
    constexpr std::uint64_t low_nibbles = low_bits_of_units<8, 4>;
    std::size_t i = 0;
    for (; i + 16 <= N / 2; i += 16) {
      using pair [[gnu::vector_size(16)]] = std::uint64_t;
      pair x;
      __builtin_memcpy(&x, from + i, 16);
      const pair low = x & low_nibbles, high = x >> 4 & low_nibbles;
      __builtin_memcpy(codes + i, &low, 16);
      __builtin_memcpy(codes + N / 2 + i, &high, 16);
    }
    for (; i < N / 2; i += 8) {
      const std::uint64_t x = eight_bytes(from + i);
      const std::uint64_t low = x & low_nibbles;
      const std::uint64_t high = x >> 4 & low_nibbles;
      __builtin_memcpy(codes + i, &low, 8);
      __builtin_memcpy(codes + N / 2 + i, &high, 8);
    }
  }
};

/// A block as the packing itself does it.
template <class Packing, int Bits>
  requires(little_endian && Packing::words % 8 == 0)
struct layout<Packing, Bits> {
  static constexpr std::size_t period = Packing::words;
  DETENT_INLINE static void pack(const std::uint8_t* codes, std::uint8_t* to) { Packing::pack_words(codes, to); }
  DETENT_INLINE static void unpack(const std::uint8_t* from, std::uint8_t* codes) {
    Packing::unpack_words(from, codes);
  }
};

template <class Packing, int Bits>
inline constexpr std::size_t bytes_of_period = Packing::template bytes<Bits>(layout<Packing, Bits>::period);

/// Codes that lie in memory as they are.
template <class Packing, int Bits, class Code>
inline constexpr bool is_plain =
    std::same_as<Packing, low_bits_first> && Bits == 8 * sizeof(Code) && (little_endian || Bits == 8);

/// Two neighbours in a byte.
template <class Packing>
inline constexpr bool is_high = std::same_as<Packing, high_nibble_first>;
template <class Packing, int Bits>
inline constexpr bool in_pairs = Bits == 4 && (is_high<Packing> || std::same_as<Packing, low_bits_first>);

/// Eight codes in `Bits` bytes.
template <class Packing, int Bits>
inline constexpr bool is_dense = std::same_as<Packing, low_bits_first> && Bits <= 6;

/// Codes before the next whole period, at most n.
DETENT_INLINE std::size_t head_of(std::size_t first, std::size_t period, std::size_t n) {
  const std::size_t before = (period - first % period) % period;
  return before < n ? before : n;
}

/// Packings that lay out whole periods.
template <class Packing, int Bits, class Code>
inline constexpr bool in_periods = sizeof(Code) == 1 && layout<Packing, Bits>::period != 0;

/// Codes of whole periods, up to n; returns how many.
template <class Packing, int Bits, class Code>
DETENT_INLINE std::size_t pack_periods(const Code* codes, std::size_t n, std::uint8_t* to) {
  std::size_t i = 0;
  if constexpr (in_periods<Packing, Bits, Code>) {
    using words = layout<Packing, Bits>;
    for (; i + words::period <= n; i += words::period, to += bytes_of_period<Packing, Bits>) words::pack(codes + i, to);
  }
  return i;
}
template <class Packing, int Bits, class Code>
DETENT_INLINE std::size_t unpack_periods(const std::uint8_t* from, std::size_t n, Code* codes) {
  std::size_t i = 0;
  if constexpr (in_periods<Packing, Bits, Code>) {
    using words = layout<Packing, Bits>;
    for (; i + words::period <= n; i += words::period, from += bytes_of_period<Packing, Bits>)
      words::unpack(from, codes + i);
  }
  return i;
}

/// Records of `per_record` codes that are whole periods, and that no lanes lay out faster.
template <class Packing, int Bits, class Code>
DETENT_INLINE bool are_periods(std::size_t per_record) {
  if constexpr (in_periods<Packing, Bits, Code> && !in_pairs<Packing, Bits> && !is_dense<Packing, Bits>)
    return per_record % layout<Packing, Bits>::period == 0;
  else
    return false;
}

template <class V, class Packing, int Bits, class Code>
void pack(const Code* codes, std::size_t n, std::uint8_t* to, std::size_t first) {
  std::size_t i = 0;
  if constexpr (is_plain<Packing, Bits, Code>) {
    __builtin_memcpy(to + first * sizeof(Code), codes, n * sizeof(Code));
    return;
  } else if constexpr (in_periods<Packing, Bits, Code>) {
    constexpr std::size_t period = layout<Packing, Bits>::period;
    for (const std::size_t head = head_of(first, period, n); i < head; ++i)
      Packing::template put<Bits>(to, first + i, codes[i]);
    std::uint8_t* at = to + (first + i) / period * bytes_of_period<Packing, Bits>;
    if constexpr (in_pairs<Packing, Bits> && requires { V::template pack_nibbles<is_high<Packing>>(codes, n, to); }) {
      const std::size_t done = V::template pack_nibbles<is_high<Packing>>(codes + i, n - i, at);
      i += done;
      at += done / 8 * Bits;
    } else if constexpr (is_dense<Packing, Bits> && requires { &V::template pack_dense<Bits>; }) {
      const std::size_t done = V::template pack_dense<Bits>(codes + i, n - i, at);
      i += done;
      at += done / 8 * Bits;
    }
    i += pack_periods<Packing, Bits>(codes + i, n - i, at);
  }
  for (; i < n; ++i) Packing::template put<Bits>(to, first + i, codes[i]);
}

/// `count` runs of so many bytes, known when this is compiled: a call of memcpy costs more than such a run.
template <std::size_t Bytes>
DETENT_INLINE void copy_runs_of(const std::uint8_t* from, std::size_t from_stride, std::uint8_t* to,
                                std::size_t to_stride, std::size_t count) {
  for (; count != 0; --count, from += from_stride, to += to_stride) __builtin_memcpy(to, from, Bytes);
}

/// The lengths that records have; false for others.
inline bool copy_runs(const void* from, std::size_t from_stride, void* to, std::size_t to_stride, std::size_t bytes,
                      std::size_t count) {
  const auto* source = static_cast<const std::uint8_t*>(from);
  auto* target = static_cast<std::uint8_t*>(to);
  switch (bytes) {
    case 1:
      return copy_runs_of<1>(source, from_stride, target, to_stride, count), true;
    case 2:
      return copy_runs_of<2>(source, from_stride, target, to_stride, count), true;
    case 16:
      return copy_runs_of<16>(source, from_stride, target, to_stride, count), true;
    case 32:
      return copy_runs_of<32>(source, from_stride, target, to_stride, count), true;
    default:
      return false;
  }
}

template <class V, class Packing, int Bits, class Code>
void unpack(const std::uint8_t* from, std::size_t first, std::size_t n, Code* codes) {
  std::size_t i = 0;
  if constexpr (is_plain<Packing, Bits, Code>) {
    __builtin_memcpy(codes, from + first * sizeof(Code), n * sizeof(Code));
    return;
  } else if constexpr (in_periods<Packing, Bits, Code>) {
    constexpr std::size_t period = layout<Packing, Bits>::period;
    for (const std::size_t head = head_of(first, period, n); i < head; ++i)
      codes[i] = static_cast<Code>(Packing::template get<Bits>(from, first + i));
    const std::uint8_t* at = from + (first + i) / period * bytes_of_period<Packing, Bits>;
    if constexpr (in_pairs<Packing, Bits> &&
                  requires { V::template unpack_nibbles<is_high<Packing>>(from, n, codes); }) {
      const std::size_t done = V::template unpack_nibbles<is_high<Packing>>(at, n - i, codes + i);
      i += done;
      at += done / 8 * Bits;
    } else if constexpr (is_dense<Packing, Bits> && requires { &V::template unpack_dense<Bits>; }) {
      const std::size_t done = V::template unpack_dense<Bits>(at, n - i, codes + i);
      i += done;
      at += done / 8 * Bits;
    }
    i += unpack_periods<Packing, Bits>(at, n - i, codes + i);
  }
  for (; i < n; ++i) codes[i] = static_cast<Code>(Packing::template get<Bits>(from, first + i));
}

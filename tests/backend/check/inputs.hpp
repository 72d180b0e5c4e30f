// SPDX-License-Identifier: MIT
//
// Floats that decide: both sides of every threshold, midpoints of neighbouring values, specials, random bits.
#ifndef DETENT_TESTS_BACKEND_CHECK_INPUTS_HPP
#define DETENT_TESTS_BACKEND_CHECK_INPUTS_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "backend/check/kernels.hpp"

namespace checks {

using detent::detail::bits_of;
using detent::detail::float_of;

/// xorshift: reproducible everywhere.
struct generator {
  std::uint32_t state = 2463534242u;
  std::uint32_t operator()() {
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
  }
};

/// Parameters that leave elements as they are.
struct neutral {
  float factor = 1;
  float shift = 0;
  std::int32_t zero = 0;
  detent::group_factors by{&factor, &shift, &zero, 1};
};

inline std::uint32_t code_at(const void* codes, std::size_t size, std::size_t i) {
  std::uint32_t code = 0;
  std::memcpy(&code, static_cast<const std::uint8_t*>(codes) + i * size, size);
  return code;
}

inline std::uint32_t scalar_code(const kernel& scalar, float x) {
  const neutral n;
  std::uint32_t code = 0;
  scalar.encode(&x, 1, 1, n.by, &code);
  return code;
}

/// The floats in order: 0 is -infinity.
inline std::uint32_t place_of(float x) { return bits_of(x) >> 31 != 0 ? ~bits_of(x) : bits_of(x) | 0x80000000u; }
inline float at_place(std::uint32_t p) { return float_of(p >> 31 != 0 ? p & 0x7FFFFFFFu : ~p); }

inline void add_with_neighbours(std::vector<float>& to, float x) {
  for (std::uint32_t p = place_of(x) - 1, i = 0; i < 3; ++i) to.push_back(at_place(p + i));
}

inline void add_specials(std::vector<float>& to) {
  for (std::uint32_t sign : {0u, 0x80000000u}) {
    for (std::uint32_t bits :
         {0x00000000u, 0x00000001u, 0x00000002u, 0x00400000u, 0x007FFFFFu, 0x00800000u, 0x00800001u,
          0x33000000u, 0x3EFFFFFFu, 0x3F000000u, 0x3F000001u, 0x3F7FFFFFu, 0x3F800000u, 0x4AFFFFFFu,
          0x4B000000u, 0x4B7FFFFFu, 0x4B800000u, 0x4EFFFFFFu, 0x4F000000u, 0x5F000000u, 0x7F7FFFFFu,
          0x7F800000u, 0x7F800001u, 0x7FA00000u, 0x7FBFFFFFu, 0x7FC00000u, 0x7FC12345u, 0x7FFFFFFFu}) {
      to.push_back(float_of(bits | sign));
    }
  }
}

/// Values of all codes (of up to 16 bits), and around each place where the scalar code changes between two of them.
inline std::vector<float> deciding_floats(const kernel& scalar) {
  std::vector<float> x;
  add_specials(x);
  const neutral n;
  if (scalar.bits <= 16) {
    std::vector<float> values;
    for (std::uint32_t code = 0; code < std::uint32_t{1} << scalar.bits; ++code) {
      float value = 0;
      scalar.decode(&code, 1, 1, n.by, &value);
      if (!std::isnan(value)) values.push_back(value);
    }
    std::sort(values.begin(), values.end(), [](float a, float b) { return place_of(a) < place_of(b); });
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
      add_with_neighbours(x, values[i]);
      add_with_neighbours(x, static_cast<float>((double(values[i]) + double(values[i + 1])) / 2));
      std::uint32_t low = place_of(values[i]);
      std::uint32_t high = place_of(values[i + 1]);
      const std::uint32_t code = scalar_code(scalar, at_place(low));
      while (high - low > 1) {
        const std::uint32_t middle = low + (high - low) / 2;
        (scalar_code(scalar, at_place(middle)) == code ? low : high) = middle;
      }
      add_with_neighbours(x, at_place(high));
    }
  }
  for (int i = -600; i <= 600; ++i) x.push_back(static_cast<float>(i) * 0.25f);  // ties of whole numbers
  generator random;
  for (int i = 0; i < 20000; ++i) x.push_back(float_of(random()));
  for (int i = 0; i < 20000; ++i) x.push_back(std::ldexp(static_cast<float>(static_cast<std::int32_t>(random())), -24));
  return x;
}

/// An array of exactly n elements on the heap, at element offset `offset` of it: a sanitizer sees what is read beyond.
template <class T>
struct exact_array {
  std::vector<T> memory;
  std::size_t offset;

  exact_array(const T* from, std::size_t n, std::size_t at) : memory(at + n), offset(at) {
    std::copy(from, from + n, memory.begin() + static_cast<std::ptrdiff_t>(at));
  }
  const T* data() const { return memory.data() + offset; }
};

/// n bytes at byte `offset` of an aligned array, between guards that must stay.
struct guarded_bytes {
  static constexpr std::size_t guard = 64;
  struct alignas(guard) line {
    std::uint8_t byte[guard];
  };
  std::vector<line> memory;
  std::size_t offset;
  std::size_t size;

  guarded_bytes(std::size_t n, std::size_t at, std::uint8_t fill = 0xA5)
      : memory((guard + at + n + guard + guard - 1) / guard), offset(guard + at), size(n) {
    std::memset(memory.data(), fill, memory.size() * guard);
  }
  std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(memory.data()) + offset; }
  bool operator==(const guarded_bytes& other) const {
    return memory.size() == other.memory.size() &&
           std::memcmp(memory.data(), other.memory.data(), memory.size() * guard) == 0;
  }
};

}  // namespace checks

#endif

// SPDX-License-Identifier: MIT
//
// Random bits for stochastic rounding: a function of (seed, element index) alone, so that every backend, chunk and
// number of threads rounds an element in the same way. Per element it is a keyed 32-bit mixer of three multiplications,
// which every instruction set has; its constants are `triple32` of C. Wellons' hash prospector (bias 0.02).
#ifndef DETENT_CORE_RANDOM_HPP
#define DETENT_CORE_RANDOM_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/config.hpp"

namespace detent::inline v0 {

/// Rounding at random, reproducible: pass it to `quantize`.
struct stochastic {
  std::uint64_t seed = 0;
};

/// Rounding to the nearest code, as the codec defines it.
struct nearest {};

namespace detail {

struct random_key {
  std::uint32_t before;
  std::uint32_t between;
};

/// The key of elements [segment · 2^32, (segment + 1) · 2^32): splitmix64 of the seed and the segment.
DETENT_INLINE constexpr random_key key_of(std::uint64_t seed, std::uint64_t segment) {
  std::uint64_t z = seed + (segment + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  return {static_cast<std::uint32_t>(z), static_cast<std::uint32_t>(z >> 32)};
}

DETENT_INLINE constexpr std::uint32_t random_bits(random_key key, std::uint32_t index) {
  std::uint32_t x = index ^ key.before;
  x ^= x >> 17;
  x *= 0xED5AD4BBu;
  x ^= x >> 11;
  x += key.between;
  x *= 0xAC4C1B51u;
  x ^= x >> 15;
  x *= 0x31848BABu;
  x ^= x >> 14;
  return x;
}

/// The bits of elements that follow one another, all of one segment: of element i, random_bits(key, first + i).
struct random_run {
  random_key key;
  std::uint32_t first;
};

/// The bits of element `index` of a tensor.
DETENT_INLINE constexpr std::uint32_t random_bits(std::uint64_t seed, std::uint64_t index) {
  return random_bits(key_of(seed, index >> 32), static_cast<std::uint32_t>(index));
}

/// Uniform in [0, 1), with 24 bits.
DETENT_INLINE constexpr float unit_interval(std::uint32_t random) {
  return static_cast<float>(random >> 8) * (1.0f / 16777216.0f);
}

}  // namespace detail

}  // namespace detent::inline v0

#endif

// SPDX-License-Identifier: MIT
//
// Lanes from xsimd: the vocabulary of backend/kernels for whatever instruction set `Arch` names.
#ifndef DETENT_BACKEND_SIMD_LANES_HPP
#define DETENT_BACKEND_SIMD_LANES_HPP

#include "detent/backend/simd/intrinsics.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA::portable {

template <class Arch>
struct lanes {
  using f32 = xsimd::batch<float, Arch>;
  using i32 = xsimd::batch<std::int32_t, Arch>;
  using mask = xsimd::batch_bool<float, Arch>;
  using raw = typename raw::lanes_of<Arch, f32::size>::type;
  static constexpr std::size_t width = f32::size;
  static constexpr bool has_lookup = raw::has_lookup;

  DETENT_INLINE static f32 load(const float* from) { return f32::load_unaligned(from); }
  DETENT_INLINE static i32 load(const std::int32_t* from) { return i32::load_unaligned(from); }
  DETENT_INLINE static void store(float* to, const f32& x) { x.store_unaligned(to); }
  DETENT_INLINE static void stream(float* to, const f32& x)
    requires requires { raw::stream(to, x.data); }
  {
    raw::stream(to, x.data);
  }
  DETENT_INLINE static void fence()
    requires requires { raw::fence(); }
  {
    raw::fence();
  }
  DETENT_INLINE static f32 all(float x) { return f32(x); }
  DETENT_INLINE static i32 all(std::int32_t x) { return i32(x); }

  DETENT_INLINE static f32 add(const f32& a, const f32& b) { return a + b; }
  DETENT_INLINE static f32 subtract(const f32& a, const f32& b) { return a - b; }
  DETENT_INLINE static f32 multiply(const f32& a, const f32& b) { return a * b; }
  DETENT_INLINE static f32 divide(const f32& a, const f32& b) { return f32(raw::divide(a.data, b.data)); }
  DETENT_INLINE static f32 min(const f32& a, const f32& b) { return xsimd::min(a, b); }
  DETENT_INLINE static f32 max(const f32& a, const f32& b) { return xsimd::max(a, b); }
  DETENT_INLINE static f32 rounded(const f32& x) { return f32(raw::rounded(x.data)); }

  DETENT_INLINE static i32 add(const i32& a, const i32& b) { return a + b; }
  DETENT_INLINE static i32 subtract(const i32& a, const i32& b) { return a - b; }
  DETENT_INLINE static i32 multiply(const i32& a, const i32& b) { return a * b; }
  DETENT_INLINE static i32 min(const i32& a, const i32& b) { return xsimd::min(a, b); }
  DETENT_INLINE static i32 max(const i32& a, const i32& b) { return xsimd::max(a, b); }
  DETENT_INLINE static i32 bit_and(const i32& a, const i32& b) { return a & b; }
  DETENT_INLINE static i32 bit_or(const i32& a, const i32& b) { return a | b; }
  DETENT_INLINE static i32 bit_xor(const i32& a, const i32& b) { return a ^ b; }
  template <int Bits>
  DETENT_INLINE static i32 shift_left(const i32& a) {
    return a << Bits;
  }
  template <int Bits>
  DETENT_INLINE static i32 shift_right(const i32& a) {
    return a >> Bits;
  }

  DETENT_INLINE static i32 bits(const f32& x) { return bridge::as<std::int32_t>(x); }
  DETENT_INLINE static f32 floats(const i32& x) { return bridge::as<float>(x); }
  DETENT_INLINE static f32 to_float(const i32& x) { return xsimd::to_float(x); }
  DETENT_INLINE static i32 truncate(const f32& x) { return xsimd::to_int(x); }
  DETENT_INLINE static i32 nearest(const f32& x) { return xsimd::nearbyint_as_int(x); }

  DETENT_INLINE static i32 to_half(const f32& x)
    requires requires { raw::to_half(x.data); }
  {
    return i32(raw::to_half(x.data));
  }
  DETENT_INLINE static f32 from_half(const i32& x)
    requires requires { raw::from_half(x.data); }
  {
    return f32(raw::from_half(x.data));
  }

  DETENT_INLINE static mask nowhere() { return mask(false); }
  DETENT_INLINE static mask either(const mask& a, const mask& b) { return a | b; }
  DETENT_INLINE static bool any(const mask& m) { return xsimd::any(m); }
  DETENT_INLINE static mask less(const f32& a, const f32& b) { return a < b; }
  DETENT_INLINE static mask ordered(const f32& x) { return x == x; }
  DETENT_INLINE static mask less(const i32& a, const i32& b) { return bridge::mask_as<float>(a < b); }
  DETENT_INLINE static mask equal(const i32& a, const i32& b) { return bridge::mask_as<float>(a == b); }
  DETENT_INLINE static f32 select(const mask& m, const f32& a, const f32& b) { return xsimd::select(m, a, b); }
  DETENT_INLINE static i32 select(const mask& m, const i32& a, const i32& b) {
    return xsimd::select(bridge::mask_as<std::int32_t>(m), a, b);
  }
  DETENT_INLINE static i32 increment_where(const mask& m, const i32& a) { return a + select(m, all(1), all(0)); }
  DETENT_INLINE static i32 decrement_where(const mask& m, const i32& a) { return a - select(m, all(1), all(0)); }

  DETENT_INLINE static std::int32_t greatest_of(const i32& x) { return raw::greatest_of(x.data); }
  DETENT_INLINE static float greatest_of(const f32& x) { return raw::greatest_of(x.data); }
  DETENT_INLINE static float least_of(const f32& x) { return raw::least_of(x.data); }

  template <std::size_t Entries>
  DETENT_INLINE static f32 lookup(const float* table, const i32& i) {
    return f32(raw::template lookup<Entries>(table, i.data));
  }
  template <int Level>
  DETENT_INLINE static f32 node(const float* tree, const i32& k) {
    return f32(raw::template node<Level>(tree, k.data));
  }

  template <class Code>
  DETENT_INLINE static i32 load_codes(const Code* from) {
    return i32(raw::load_codes(from));
  }
  template <class Code>
  DETENT_INLINE static void store_codes(Code* to, const i32& a, const i32& b, const i32& c, const i32& d) {
    raw::store_codes(to, a.data, b.data, c.data, d.data);
  }

  template <bool High>
  DETENT_INLINE static std::size_t pack_nibbles(const std::uint8_t* codes, std::size_t n, std::uint8_t* to)
    requires requires { raw::template pack_nibbles<High>(codes, n, to); }
  {
    return raw::template pack_nibbles<High>(codes, n, to);
  }
  template <bool High>
  DETENT_INLINE static std::size_t unpack_nibbles(const std::uint8_t* from, std::size_t n, std::uint8_t* codes)
    requires requires { raw::template unpack_nibbles<High>(from, n, codes); }
  {
    return raw::template unpack_nibbles<High>(from, n, codes);
  }
};

}  // namespace detent::inline v0::detail::inline DETENT_ISA::portable

#endif

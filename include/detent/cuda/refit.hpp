// SPDX-License-Identifier: MIT
//
// What a rule's `refit`, which calls static functions of a codec, is given on the device.
#ifndef DETENT_CUDA_REFIT_HPP
#define DETENT_CUDA_REFIT_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/codec.hpp"
#include "detent/cuda/machine.hpp"

namespace detent::inline v0::detail::gpu {

/// A codec for `refit`, which calls static functions: the table as constants in the code.
template <class C>
struct unrolled_codec {
  static constexpr int bits = C::bits;
  static constexpr float min = C::min;
  static constexpr float max = C::max;

  DETENT_INLINE static std::uint32_t encode(float x) { return step_up<0>(x, C::code_of_rank[0]); }
  DETENT_INLINE static float decode(std::uint32_t code) { return select<0>(code); }

 private:
  template <std::size_t I>
  DETENT_INLINE static std::uint32_t step_up(float x, std::uint32_t code) {
    if constexpr (I + 1 < C::size) {
      constexpr float threshold = C::thresholds[I];
      constexpr std::uint32_t next = C::code_of_rank[I + 1];
      return step_up<I + 1>(x, less(threshold, x) ? next : code);
    } else {
      return code;
    }
  }
  template <std::size_t I>
  DETENT_INLINE static float select(std::uint32_t code) {
    if constexpr (I + 1 < C::size) {
      constexpr float value = C::values[I];
      return code == I ? value : select<I + 1>(code);
    } else {
      constexpr float value = C::values[I];
      return value;
    }
  }
};

template <class P>
struct refit_view {
  using codec = typename P::codec;
};
template <class P>
  requires codec_of_kind<typename P::codec, kind::table>
struct refit_view<P> {
  using codec = unrolled_codec<typename P::codec>;
};

}  // namespace detent::inline v0::detail::gpu

#endif

// expect: a precision has a shift for each group, or one for the whole tensor
// SPDX-License-Identifier: MIT
#include <detent/core/packed.hpp>
#include <detent/format/family/integer.hpp>
#include <detent/scale/minmax.hpp>

struct shifted : detent::precision<detent::unsigned_codec<4>, detent::blocks_of<32>> {
  static constexpr const char* name = "shifted";
  using shift = detent::fp32;
#ifdef CORRECT
  using shift_grouping = detent::per_tensor;
#else
  using shift_grouping = detent::per_channel<0>;
#endif
};
std::size_t bytes(std::size_t rows, std::size_t cols) { return detent::packed_bytes<shifted>({rows, cols}); }

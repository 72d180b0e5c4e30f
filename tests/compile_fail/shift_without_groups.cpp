// expect: only a precision with groups has a shift or a zero point
// SPDX-License-Identifier: MIT
#include <detent/core/packed.hpp>
#include <detent/format/family/integer.hpp>

struct shifted : detent::precision<detent::unsigned_codec<4>> {
  static constexpr const char* name = "shifted";
#ifndef CORRECT
  using shift = detent::fp32;
  using shift_grouping = detent::per_tensor;
#endif
};
std::size_t bytes(std::size_t rows, std::size_t cols) { return detent::packed_bytes<shifted>({rows, cols}); }

// expect: is_precision
// SPDX-License-Identifier: MIT
//
// Messages, files and the choice at run time need a name.
#include <detent/core/packed.hpp>
#include <detent/format/family/integer.hpp>
#include <detent/scale/absmax.hpp>

struct mine : detent::precision<detent::signed_codec<8>, detent::per_tensor> {
#ifdef CORRECT
  static constexpr const char* name = "mine";
#endif
};

constexpr std::size_t bytes = detent::packed_bytes<mine>({4, 4});

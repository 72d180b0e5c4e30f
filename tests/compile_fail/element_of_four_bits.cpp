// expect: an element is one, two or four bytes
// SPDX-License-Identifier: MIT
#include <detent/core/view.hpp>
#include <detent/format/family/integer.hpp>

struct mine : detent::precision<detent::signed_codec<
#ifdef CORRECT
                  8
#else
                  4
#endif
                  >> {
  static constexpr const char* name = "mine";
};

detent::element<mine> number;

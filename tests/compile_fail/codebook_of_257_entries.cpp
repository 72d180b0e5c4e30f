// expect: a codebook has 2 to 256 entries
// SPDX-License-Identifier: MIT
#include <detent/format/family/table.hpp>

struct book {
#ifdef CORRECT
  static constexpr detent::constant_table<float, 3> values = {{-1, 0, 1}};
#else
  static constexpr detent::constant_table<float, 257> values = {};
#endif
};
constexpr float largest = detent::table_codec<book>::max;

// expect: is_precision
// SPDX-License-Identifier: MIT
#include <detent/core/type_list.hpp>
#include <detent/format/int8.hpp>

struct visitor {
  template <class Precision>
  void operator()() const {}
};

void visit(const char* name) {
#ifdef CORRECT
  detent::visit_precision<detent::int8>(name, visitor{});
#else
  detent::visit_precision<int>(name, visitor{});
#endif
}

// SPDX-License-Identifier: MIT
//
// A processor family's instruction sets as a table (x86/choice.hpp, arm/choice.hpp), from the least to the best:
//
//   name      what native::chosen() and limit() call it
//   runs()    whether this processor and its system have it
//   backend   the kernels
#ifndef DETENT_BACKEND_INSTRUCTION_SET_HPP
#define DETENT_BACKEND_INSTRUCTION_SET_HPP

#include "detent/backend/scalar.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

struct scalar_set {
  static constexpr const char* name = "scalar";
  static bool runs() { return true; }
  using backend = scalar;
};

template <class... Sets>
struct instruction_set_table {
  template <class... More>
  using and_also = instruction_set_table<Sets..., More...>;

  static constexpr int size = sizeof...(Sets);
  static constexpr const char* names[] = {Sets::name...};

  /// The best that runs here, of those up to number `limit`. The first runs everywhere.
  static int best(int limit) {
    int number = 0;
    int found = 0;
    ((number <= limit && Sets::runs() ? void(found = number) : void(), ++number), ...);
    return found;
  }

  /// f(the backend of that number).
  template <class F>
  static auto with(int number, const F& f) {
    return with_one_of<F, Sets...>(number, f);
  }

 private:
  template <class F, class First, class... Rest>
  static auto with_one_of(int number, const F& f) {
    if constexpr (sizeof...(Rest) == 0) {
      return f(typename First::backend{});
    } else {
      if (number == 0) return f(typename First::backend{});
      return with_one_of<F, Rest...>(number - 1, f);
    }
  }
};

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

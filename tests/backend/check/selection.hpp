// SPDX-License-Identifier: MIT
//
// The instruction sets of a backend that chooses at run time.
#ifndef DETENT_TESTS_BACKEND_CHECK_SELECTION_HPP
#define DETENT_TESTS_BACKEND_CHECK_SELECTION_HPP

#include "backend/check/kernels.hpp"
#include "detent/backend/native.hpp"

namespace checks {

template <class B>
bool add_selection(const char* name) {
  backend_under_test& to = backend_named(name);
  for (const char* set : detent::detail::instruction_set_names) to.instruction_sets.push_back(set);
  // True if it can be made to choose that set here; "" lets it choose for itself again.
  to.select = [](const char* set) {
    B::limit(set);
    return std::strcmp(B::chosen(), set) == 0;
  };
  return true;
}

}  // namespace checks

#endif

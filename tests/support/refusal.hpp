// SPDX-License-Identifier: MIT
//
// What an action refuses with.
#ifndef DETENT_TESTS_SUPPORT_REFUSAL_HPP
#define DETENT_TESTS_SUPPORT_REFUSAL_HPP

#include <string>

#include "detent/core/error.hpp"

namespace test {

/// The sentence with which the action refuses; empty when it does not. Anything but a detent::error passes through.
template <class Action>
std::string refusal(const Action& action) {
  try {
    action();
    return {};
  } catch (const detent::error& e) {
    return e.what();
  }
}

}  // namespace test

#endif

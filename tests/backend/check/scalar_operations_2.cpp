// SPDX-License-Identifier: MIT
//
// Whole operations.
#include "detent/backend/scalar.hpp"
#include "backend/check/lists.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool operations = add_operations<detent::scalar>("scalar", second_formats{});

}  // namespace
}  // namespace checks

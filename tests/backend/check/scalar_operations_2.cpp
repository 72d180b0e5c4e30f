// SPDX-License-Identifier: MIT
//
// Whole operations.
#include "backend/check/lists.hpp"
#include "detent/backend/scalar.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool operations = add_operations<detent::scalar>("scalar", second_formats{});

}  // namespace
}  // namespace checks

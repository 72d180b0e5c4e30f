// SPDX-License-Identifier: MIT
//
// Whole operations.
#include "backend/check/lists.hpp"
#include "detent/backend/scalar.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool operations = add_operations<detent::scalar>("scalar", first_formats{});
[[maybe_unused]] const bool of_16_bits = add_operations_of_16_bits<detent::scalar>("scalar");

}  // namespace
}  // namespace checks

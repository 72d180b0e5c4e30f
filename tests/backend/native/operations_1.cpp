// SPDX-License-Identifier: MIT
//
// Whole operations.
#include "backend/check/lists.hpp"
#include "detent/backend/native.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool operations = add_operations<detent::native>("native", first_formats{});
[[maybe_unused]] const bool of_16_bits = add_operations_of_16_bits<detent::native>("native");

}  // namespace
}  // namespace checks

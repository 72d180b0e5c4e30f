// SPDX-License-Identifier: MIT
//
// Whole operations.
#include "detent/backend/native.hpp"
#include "backend/check/lists.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool operations = add_operations<detent::native>("native", second_formats{});

}  // namespace
}  // namespace checks

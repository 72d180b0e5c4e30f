// SPDX-License-Identifier: MIT
//
// Whole operations.
#include "backend/check/lists.hpp"
#include "detent/backend/native.hpp"

namespace checks {
namespace {

[[maybe_unused]] const bool operations = add_operations<detent::native>("native", second_formats{});

}  // namespace
}  // namespace checks

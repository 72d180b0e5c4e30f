// SPDX-License-Identifier: MIT
//
// What every executor must do: run each task once, and change no byte of what the operations compute.
#ifndef DETENT_TESTS_INTEROP_CHECK_HPP
#define DETENT_TESTS_INTEROP_CHECK_HPP

#include "detent/core/executor.hpp"

namespace test {

/// Runs numbers of tasks from none to thousands.
void check_tasks(detent::executor_ref executor);

/// Quantizes, dequantizes and measures with and without the executor.
void check_operations(detent::executor_ref executor);

inline constexpr int thread_counts[] = {1, 2, 3, 7};

}  // namespace test

#endif

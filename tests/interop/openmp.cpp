// SPDX-License-Identifier: MIT
#include "detent/interop/openmp.hpp"

#include <catch2/catch.hpp>

#include "interop/check.hpp"

TEST_CASE("OpenMP runs every task once and changes no byte") {
  for (const int threads : test::thread_counts) {
    INFO(threads << " threads");
    const detent::openmp_executor executor{threads};
    test::check_tasks(executor);
    test::check_operations(executor);
  }
  test::check_tasks(detent::openmp_executor{});
}

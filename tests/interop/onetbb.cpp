// SPDX-License-Identifier: MIT
#include "detent/interop/onetbb.hpp"

#include <oneapi/tbb/global_control.h>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstddef>

#include "interop/check.hpp"

TEST_CASE("oneTBB runs every task once and changes no byte") {
  // More than the machine may have processors.
  const tbb::global_control allowed(tbb::global_control::max_allowed_parallelism, 7);
  for (const int threads : test::thread_counts) {
    INFO(threads << " threads");
    tbb::task_arena arena(threads);
    const detent::onetbb_executor executor{&arena};
    test::check_tasks(executor);
    test::check_operations(executor);
  }
  test::check_tasks(detent::onetbb_executor{});
}

TEST_CASE("oneTBB's arena bounds the number of threads") {
  tbb::task_arena arena(2);
  std::atomic<int> beyond = 0;
  detent::onetbb_executor{&arena}(5000, [&](std::size_t) {
    if (tbb::this_task_arena::max_concurrency() != 2 || tbb::this_task_arena::current_thread_index() > 1) ++beyond;
  });
  REQUIRE(beyond == 0);
}

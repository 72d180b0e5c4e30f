// SPDX-License-Identifier: MIT
#include "detent/interop/thread_pool.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstddef>
#include <set>
#include <thread>
#include <vector>

#include "interop/check.hpp"

TEST_CASE("a thread pool runs every task once and changes no byte") {
  for (const int threads : test::thread_counts) {
    INFO(threads << " threads");
    const detent::thread_pool pool(static_cast<std::size_t>(threads));
    REQUIRE(pool.size() == static_cast<std::size_t>(threads));
    test::check_tasks(pool);
    test::check_operations(pool);
  }
}

TEST_CASE("a thread pool uses all of its threads") {
  // Each task waits for all others: fewer threads than tasks would wait forever.
  constexpr std::size_t threads = 3;
  const detent::thread_pool pool(threads);
  for (int round = 0; round < 100; ++round) {
    std::atomic<std::size_t> arrived = 0;
    std::thread::id ids[threads];
    pool(threads, [&](std::size_t i) {
      ids[i] = std::this_thread::get_id();
      ++arrived;
      arrived.notify_all();
      for (std::size_t seen = arrived; seen < threads; seen = arrived) arrived.wait(seen);
    });
    REQUIRE(std::set<std::thread::id>(ids, ids + threads).size() == threads);
  }
}

TEST_CASE("several threads take turns with one pool") {
  const detent::thread_pool pool(3);
  std::atomic<int> running = 0, met = 0, sum = 0;
  std::vector<std::jthread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        int mine = 0;
        std::atomic<int>* const counted = &sum;
        pool(1, [&](std::size_t) {
          if (++running != 1) ++met;
          mine = ++*counted;
          --running;
        });
      }
    });
  }
  callers.clear();
  REQUIRE(met == 0);
  REQUIRE(sum == 200);
}

TEST_CASE("pools come and go") {
  for (int i = 0; i < 50; ++i) {
    const detent::thread_pool unused(4);
    const detent::thread_pool used(2);
    std::atomic<int> runs = 0;
    used(2, [&](std::size_t) { ++runs; });
    REQUIRE(runs == 2);
  }
  REQUIRE(detent::thread_pool().size() >= 1);
}

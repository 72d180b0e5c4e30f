// SPDX-License-Identifier: MIT
//
// Executors as a user would write them.
#ifndef DETENT_TESTS_SUPPORT_EXECUTORS_HPP
#define DETENT_TESTS_SUPPORT_EXECUTORS_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "detent/core/executor.hpp"

namespace test {

/// One thread, tasks in an order of its own.
struct shuffled_executor {
  std::uint32_t seed = 1;

  void operator()(std::size_t tasks, detent::task_ref task) const {
    std::vector<std::size_t> order(tasks);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), std::mt19937(seed));
    for (const std::size_t i : order) task(i);
  }
};

/// Threads that take the next task when they are free.
struct thread_executor {
  unsigned threads = 3;

  void operator()(std::size_t tasks, detent::task_ref task) const {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> running;
    for (unsigned t = 0; t < threads; ++t) {
      running.emplace_back([&] {
        for (std::size_t i = next++; i < tasks; i = next++) task(i);
      });
    }
    for (std::thread& t : running) t.join();
  }
};

static_assert(detent::executor<shuffled_executor> && detent::executor<thread_executor>);

}  // namespace test

#endif

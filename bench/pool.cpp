// SPDX-License-Identifier: MIT
#include "pool.hpp"

#include <pthread.h>
#include <sched.h>

namespace bench {
namespace {

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

const std::vector<int>& processors() {
  static const std::vector<int> all = [] {
    std::vector<int> found;
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &set)) found.push_back(i);
    }
    return found;
  }();
  return all;
}

void pin(int number) {
  const std::vector<int>& all = processors();
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(all[static_cast<std::size_t>(number) % all.size()]), &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

pool::pool(int threads) : threads_(threads) {
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

pool::~pool() {
  ends_ = true;
  round_.fetch_add(1);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void pool::operator()(std::size_t tasks, detent::task_ref task) const {
  tasks_ = tasks;
  task_ = &task;
  left_.store(threads_ - 1, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  share(0);
  while (left_.load(std::memory_order_acquire) != 0) relax();
}

void pool::share(int number) const {
  const auto threads = static_cast<std::size_t>(threads_);
  const auto at = static_cast<std::size_t>(number);
  for (std::size_t i = tasks_ * at / threads; i < tasks_ * (at + 1) / threads; ++i) (*task_)(i);
}

void pool::work(int number) {
  pin(number);
  // About a millisecond of waiting busily; then asleep, so that measurements with fewer threads are not disturbed.
  constexpr int patience = 30000;
  for (unsigned seen = 0;;) {
    for (int i = 0; i < patience && round_.load(std::memory_order_acquire) == seen; ++i) relax();
    round_.wait(seen, std::memory_order_acquire);
    if (ends_) return;
    ++seen;
    share(number);
    left_.fetch_sub(1, std::memory_order_acq_rel);
  }
}

}  // namespace bench

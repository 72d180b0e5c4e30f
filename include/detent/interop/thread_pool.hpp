// SPDX-License-Identifier: MIT
//
// An executor on threads of its own, for callers that have none: they make it, keep it, and end it.
//
//   const detent::thread_pool pool(4);                  // the calling thread and three others
//   detent::quantize(w, q, {.executor = pool});
//
// Threads sleep between calls. Several threads may call; they take turns. A task must not call the pool that runs it.
// To functions in files with other flags pass an `executor_ref`: this type's name differs there.
#ifndef DETENT_INTEROP_THREAD_POOL_HPP
#define DETENT_INTEROP_THREAD_POOL_HPP

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "detent/core/executor.hpp"

namespace detent::inline v0::inline DETENT_ISA {

class thread_pool {
 public:
  /// `threads` in all, the calling one included; 0: one for each processor.
  explicit thread_pool(std::size_t threads = 0) {
    if (threads == 0) threads = std::thread::hardware_concurrency();
    for (std::size_t i = 1; i < threads; ++i) {
      workers_.emplace_back([this](const std::stop_token& ends) { work(ends); });
    }
  }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  ~thread_pool() = default;

  std::size_t size() const { return workers_.size() + 1; }

  void operator()(std::size_t tasks, task_ref task) const {
    const std::lock_guard turn(callers_);
    std::unique_lock lock(mutex_);
    task_ = &task;
    tasks_ = tasks;
    next_ = 0;
    finished_ = 0;
    if (tasks > workers_.size())
      wake_.notify_all();
    else
      for (std::size_t i = 1; i < tasks; ++i) wake_.notify_one();
    run_tasks(lock);
    done_.wait(lock, [&] { return finished_ == tasks_; });
  }

 private:
  void work(const std::stop_token& ends) const {
    std::unique_lock lock(mutex_);
    while (wake_.wait(lock, ends, [&] { return next_ < tasks_; })) run_tasks(lock);
  }

  /// As long as there are tasks. A task takes so long that a lock for each does not count.
  void run_tasks(std::unique_lock<std::mutex>& lock) const {
    while (next_ < tasks_) {
      const std::size_t i = next_++;
      const task_ref task = *task_;
      lock.unlock();
      task(i);
      lock.lock();
      if (++finished_ == tasks_) done_.notify_one();
    }
  }

  mutable std::mutex callers_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any wake_;
  mutable std::condition_variable_any done_;
  mutable const task_ref* task_ = nullptr;
  mutable std::size_t tasks_ = 0;
  mutable std::size_t next_ = 0;
  mutable std::size_t finished_ = 0;
  // Last: they end before what they use.
  std::vector<std::jthread> workers_;
};

static_assert(executor<thread_pool>);

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

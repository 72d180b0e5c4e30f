// SPDX-License-Identifier: MIT
//
// Threads for benches, each on a processor of its own. They wait busily, because waking a thread takes as long as a
// pass over the L2 cache; and thread t always gets the t-th part of the tasks, so that each core keeps its data.
#ifndef DETENT_BENCH_POOL_HPP
#define DETENT_BENCH_POOL_HPP

#include <atomic>
#include <cstddef>
#include <detent/core/executor.hpp>
#include <thread>
#include <vector>

namespace bench {

/// The processors that this process may run on, in order.
const std::vector<int>& processors();

/// Keeps the calling thread on the number-th of them.
void pin(int number);

class pool {
 public:
  /// The calling thread is the first of them.
  explicit pool(int threads);
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool();

  int size() const { return threads_; }

  /// An executor.
  void operator()(std::size_t tasks, detent::task_ref task) const;

 private:
  void work(int number);
  void share(int number) const;

  int threads_;
  mutable std::size_t tasks_ = 0;
  mutable const detent::task_ref* task_ = nullptr;
  mutable std::atomic<unsigned> round_ = 0;
  mutable std::atomic<int> left_ = 0;
  std::atomic<bool> ends_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace bench

#endif

// SPDX-License-Identifier: MIT
//
// An executor: the caller's threads. detent starts none. It is anything that can be called with a number of tasks and
// a task, runs task(0) … task(tasks - 1) in any order on any threads, and returns when all have returned:
//
//   struct my_pool { void operator()(std::size_t tasks, detent::task_ref task) const; };
//
// What a task computes does not depend on which thread runs it, nor on how many there are.
#ifndef DETENT_CORE_EXECUTOR_HPP
#define DETENT_CORE_EXECUTOR_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/core/config.hpp"

namespace detent::inline v0 {

namespace detail::inline DETENT_ISA {

template <class Task>
void call_task(const void* object, std::size_t i) {
  (*static_cast<const Task*>(object))(i);
}

template <class Executor, class Task>
void call_executor(const void* object, std::size_t tasks, Task task) {
  (*static_cast<const Executor*>(object))(tasks, task);
}

}  // namespace detail::inline DETENT_ISA

/// A task without its type: two words, owning nothing. Tasks never throw.
class task_ref {
 public:
  template <std::invocable<std::size_t> Task>
    requires(!std::same_as<Task, task_ref>)
  [[gnu::always_inline]] task_ref(const Task& task) : object_(&task), call_(&detail::call_task<Task>) {}

  [[gnu::always_inline]] void operator()(std::size_t i) const { call_(object_, i); }

 private:
  const void* object_;
  void (*call_)(const void*, std::size_t);
};

template <class E>
concept executor = requires(const E& run, std::size_t tasks, task_ref task) { run(tasks, task); };

/// The calling thread alone.
struct inline_executor {
  template <std::invocable<std::size_t> Task>
  [[gnu::always_inline]] constexpr void operator()(std::size_t tasks, const Task& task) const {
    for (std::size_t i = 0; i < tasks; ++i) task(i);
  }
};

static_assert(executor<inline_executor>);

/// An executor without its type, for options. Without one, tasks run one after another on the calling thread.
class executor_ref {
 public:
  constexpr executor_ref() = default;

  template <executor E>
    requires(!std::same_as<E, executor_ref>)
  [[gnu::always_inline]] executor_ref(const E& run) : object_(&run), call_(&detail::call_executor<E, task_ref>) {}

  template <std::invocable<std::size_t> Task>
  [[gnu::always_inline]] constexpr void operator()(std::size_t tasks, const Task& task) const {
    if (call_ == nullptr || tasks < 2) {
      inline_executor{}(tasks, task);
    } else {
      call_(object_, tasks, task_ref(task));
    }
  }

 private:
  const void* object_ = nullptr;
  void (*call_)(const void*, std::size_t, task_ref) = nullptr;
};

/// What every operation can be told.
struct options {
  executor_ref executor = {};

  /// Operations that read and write this many bytes and more store past the caches: what would not stay in the last one
  /// need not be read into it first. 0: always; ~0: never, as where the next operation reads it from a large cache.
  std::size_t stream_from = std::size_t{64} << 20;

  /// Memory of the caller's, of any alignment, for operations that would read their source twice without it: as many
  /// bytes as host_workspace_bytes<P>(shape) says. With less, or none, the result is the same.
  std::uint8_t* workspace = nullptr;
  std::size_t workspace_bytes = 0;
};

}  // namespace detent::inline v0

#endif

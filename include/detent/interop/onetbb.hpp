// SPDX-License-Identifier: MIT
//
// An executor on the threads of oneTBB. Link with TBB::tbb.
//
//   tbb::task_arena arena(4);
//   detent::quantize(w, q, {.executor = detent::onetbb_executor{&arena}});
//
// While it waits for detent's tasks, the calling thread takes up no others: it may hold the caller's locks.
#ifndef DETENT_INTEROP_ONETBB_HPP
#define DETENT_INTEROP_ONETBB_HPP

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_arena.h>

#include <cstddef>

#include "detent/core/executor.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// In an arena of the caller's, which says how many threads there are; without one, in the arena that it is called in.
struct onetbb_executor {
  tbb::task_arena* arena = nullptr;

  void operator()(std::size_t tasks, task_ref task) const {
    const auto run = [&] {
      tbb::this_task_arena::isolate([&] {
        tbb::parallel_for(
            tbb::blocked_range<std::size_t>(0, tasks),
            [&](const tbb::blocked_range<std::size_t>& part) {
              for (std::size_t i = part.begin(); i != part.end(); ++i) task(i);
            },
            tbb::simple_partitioner());
      });
    };
    if (arena == nullptr)
      run();
    else
      arena->execute(run);
  }
};

static_assert(executor<onetbb_executor>);

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

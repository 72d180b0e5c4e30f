// SPDX-License-Identifier: MIT
//
// An executor on OpenMP's threads. Compile with -fopenmp; without it, tasks run on the calling thread.
#ifndef DETENT_INTEROP_OPENMP_HPP
#define DETENT_INTEROP_OPENMP_HPP

#include <cstddef>

#include "detent/core/executor.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// `threads` of them; 0: as many as OpenMP would use.
struct openmp_executor {
  int threads = 0;

  void operator()(std::size_t tasks, task_ref task) const {
#ifdef _OPENMP
    if (threads > 0) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
      for (std::size_t i = 0; i < tasks; ++i) task(i);
    } else {
#pragma omp parallel for schedule(dynamic)
      for (std::size_t i = 0; i < tasks; ++i) task(i);
    }
#else
    for (std::size_t i = 0; i < tasks; ++i) task(i);
#endif
  }
};

static_assert(executor<openmp_executor>);

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// Copies with any ratio of bytes read to bytes written: the roof of an operation that reads and writes as much. Where
// more is read, each line written is the union of the lines read; where more is written, a line is written repeatedly.
// The fastest of several is the roof: each vector width of the processor, with and without prefetching, with plain and
// with non-temporal stores, and `rep movsb`.
#ifndef DETENT_BENCH_COPY_HPP
#define DETENT_BENCH_COPY_HPP

#include <cstddef>

#include "kernel.hpp"

namespace bench {

inline constexpr std::size_t line_bytes = 64;

/// `repeats[0]` times a unit of `lines` lines of the greater side for one of the lesser, then `repeats[1]` times one of
/// a line more; and so on.
struct copy_shape {
  int lines = 1;
  int repeats[2] = {1, 0};
  bool reads_more = true;
  bool in_place = false;

  std::size_t lesser() const { return static_cast<std::size_t>(repeats[0] + repeats[1]); }
  std::size_t greater() const {
    return static_cast<std::size_t>(lines) * lesser() + static_cast<std::size_t>(repeats[1]);
  }
};

/// A copy of `periods` periods of a shape.
using copy_function = void (*)(const copy_shape&, const void* from, void* to, std::size_t periods);
using read_function = void (*)(const void* from, std::size_t lines);

struct copy_kernel {
  const char* name;
  bool non_temporal;
  bool only_plain;  ///< knows the shape 1 : 1 alone
  copy_function copy;
  read_function read;
};

/// Made by copy_lines.cpp for one instruction set.
struct copy_registration {
  copy_registration(const char* feature, const copy_kernel* first, std::size_t count);

  const char* feature;
  const copy_kernel* first;
  std::size_t count;
  const copy_registration* next;

  static const copy_registration* head;
};

/// A copy that moves what a kernel moves, in the kernel's own memory, cut into as many parts as there are threads.
class roof {
 public:
  roof(const traffic& moved, const void* from, void* to, int threads, detent::executor_ref executor);

  /// Chooses the fastest; `non_temporal`: 0 without, 1 with, -1 either. Returns its name.
  const char* choose(int non_temporal = -1);

  void run() const { run(*chosen_); }

  /// What one run moves, a little less than the kernel; times are scaled by it.
  std::size_t bytes() const;

 private:
  void run(const copy_kernel& by) const;

  traffic moved_;
  const void* from_;
  void* to_;
  std::size_t parts_;
  detent::executor_ref executor_;
  copy_shape shape_;
  std::size_t periods_ = 0;
  const copy_kernel* chosen_ = nullptr;
};

/// Seconds since some moment.
double now();

}  // namespace bench

#endif

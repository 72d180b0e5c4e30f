// SPDX-License-Identifier: MIT
//
// What the programs say while they work: a progress bar on a terminal, nothing in a pipe; and how much memory they
// hold.
#ifndef DETENT_EXAMPLES_PROGRAM_TERMINAL_HPP
#define DETENT_EXAMPLES_PROGRAM_TERMINAL_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "detent/core/executor.hpp"
#include "detent/interop/openmp.hpp"

namespace program {

/// Bytes of anonymous memory that the process holds now: what it allocated, without the pages of mapped files. 0 where
/// the system does not tell.
std::uint64_t anonymous_bytes();

/// A name from a file, fit for a terminal: control characters become '?'.
std::string printable(const std::string& name);

/// "12.3 MB"
std::string human_bytes(std::uint64_t bytes);

/// A bar on the standard error, if that is a terminal. Counts elements; drawn again when a percent has passed. Work
/// that comes in parts of known size is counted right at the end of each, however many passes or tasks it took.
class progress {
 public:
  progress(std::string title, std::uint64_t total);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress();

  /// The next part has `size` elements.
  void begin_part(std::uint64_t size) { part_end_ = part_begin_ + size; }
  void end_part();
  /// Any thread may call it.
  void add(std::uint64_t done);
  /// The greatest anonymous_bytes() that was seen.
  [[nodiscard]] std::uint64_t peak_anonymous_bytes() const { return peak_; }

 private:
  void show(std::uint64_t now);
  void draw(unsigned percent) const;

  std::string title_;
  std::uint64_t total_;
  std::uint64_t part_begin_ = 0;
  std::uint64_t part_end_ = UINT64_MAX;
  bool terminal_;
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<unsigned> percent_ = 0;
  std::atomic<std::uint64_t> peak_ = 0;
};

/// Threads that tell the progress of each task; all of a call's tasks together count for `elements`.
struct watched_threads {
  detent::openmp_executor threads;
  progress* watcher;
  std::uint64_t elements;

  void operator()(std::size_t tasks, detent::task_ref task) const {
    threads(tasks, [&](std::size_t i) {
      task(i);
      watcher->add(elements / tasks);
    });
  }
};

/// From here on SIGINT, SIGTERM and SIGHUP wait for the next remove_when_interrupted: a file is about to be made. A
/// limit on the size of files is an error of the file from here on, not the end of the program.
void hold_interruptions();

/// Makes those signals remove this file before they end the program; an empty path takes that back. A path longer than
/// 4095 bytes is refused.
void remove_when_interrupted(const std::string& path);

}  // namespace program

#endif

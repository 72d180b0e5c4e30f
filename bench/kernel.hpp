// SPDX-License-Identifier: MIT
//
// What is measured: a function with a name, made in a file of its own backend and flags. Nothing here emits code, so
// that files with different flags share no symbol; a file adds its kernels by one object:
//
//   const bench::registration here{kernels, count};
#ifndef DETENT_BENCH_KERNEL_HPP
#define DETENT_BENCH_KERNEL_HPP

#include <cstddef>
#include <detent/core/executor.hpp>

namespace bench {

/// What one call is given: row-major elements, a multiple of 4096 in number.
struct request {
  const void* from;
  void* to;
  std::size_t rows;
  std::size_t cols;
  int threads;
  detent::options with;
};

/// Bytes that one call must read and write, if nothing is touched twice. A copy of the same shape has the same.
struct traffic {
  std::size_t read = 0;
  std::size_t write = 0;
  /// `write` bytes are read too, where they are written: y = y + q.
  bool in_place = false;
  /// The first `read` bytes are read once more before: a scale of the whole tensor.
  bool twice = false;

  constexpr std::size_t bytes() const { return read * (twice ? 2 : 1) + write * (in_place ? 2 : 1); }
  constexpr std::size_t footprint() const { return read + write; }
};

struct kernel {
  const char* operation;  ///< "quantize", "dequantize", "dequantize_fp16", …
  const char* precision;
  const char* backend;
  /// The precision that `from` holds; null: floats.
  const char* source;
  traffic (*bytes)(std::size_t rows, std::size_t cols);
  void (*run)(const request&);
  /// Called once before, outside of the measurement; may be null.
  void (*prepare)(const request&);
  /// The threads that the copy is to run on, if they are not the pool's: two pools on the same processors would disturb
  /// each other.
  void (*copies)(std::size_t tasks, detent::task_ref) = nullptr;
};

struct registration {
  registration(const kernel* first, std::size_t count);

  const kernel* first;
  std::size_t count;
  const registration* next;

  static const registration* head;
};

}  // namespace bench

#endif

// SPDX-License-Identifier: MIT
#include "copy.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

namespace bench {
namespace {

/// The nearest ratio that the units of a period can make: at most 16 of them, up to 20 lines.
copy_shape shape_of(const traffic& moved) {
  copy_shape best;
  best.in_place = moved.in_place;
  best.reads_more = !moved.in_place && moved.read > moved.write;
  const double lesser = static_cast<double>(best.reads_more ? moved.write : moved.read);
  const double ratio = std::min(20.9, static_cast<double>(best.reads_more ? moved.read : moved.write) / lesser);
  best.lines = std::max(1, static_cast<int>(ratio));
  double least = std::numeric_limits<double>::max();
  for (int units = 1; units <= 16; ++units) {
    const int more = std::max(0, static_cast<int>(std::lround((ratio - best.lines) * units)));
    const double error = std::abs(best.lines + static_cast<double>(more) / units - ratio);
    if (error < least - 1e-9) {
      least = error;
      best.repeats[0] = units - more;
      best.repeats[1] = more;
    }
  }
  return best;
}

bool has(const char* feature) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const std::string_view name = feature;
  if (name == "avx2") return __builtin_cpu_supports("avx2");
  if (name == "avx512f") return __builtin_cpu_supports("avx512f");
#endif
  return *feature == '\0';
}

std::vector<const copy_kernel*> available() {
  std::vector<const copy_kernel*> all;
  for (const copy_registration* from = copy_registration::head; from != nullptr; from = from->next) {
    for (std::size_t i = 0; i < from->count && has(from->feature); ++i) all.push_back(from->first + i);
  }
  return all;
}

}  // namespace

const copy_registration* copy_registration::head = nullptr;

copy_registration::copy_registration(const char* f, const copy_kernel* kernels, std::size_t n)
    : feature(f), first(kernels), count(n), next(head) {
  head = this;
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

roof::roof(const traffic& moved, const void* from, void* to, int threads, detent::executor_ref executor)
    : moved_(moved),
      from_(from),
      to_(to),
      parts_(static_cast<std::size_t>(threads)),
      executor_(executor),
      shape_(shape_of(moved)) {
  const std::size_t from_lines = moved.read / line_bytes;
  const std::size_t to_lines = moved.write / line_bytes;
  const std::size_t reads = shape_.reads_more ? shape_.greater() : shape_.lesser();
  const std::size_t writes = shape_.reads_more ? shape_.lesser() : shape_.greater();
  periods_ = std::min(from_lines / reads, to_lines / writes);
}

std::size_t roof::bytes() const {
  traffic moved = moved_;
  moved.read = periods_ * (shape_.reads_more ? shape_.greater() : shape_.lesser()) * line_bytes;
  moved.write = periods_ * (shape_.reads_more ? shape_.lesser() : shape_.greater()) * line_bytes;
  return moved.bytes();
}

void roof::run(const copy_kernel& by) const {
  const std::size_t reads = (shape_.reads_more ? shape_.greater() : shape_.lesser()) * line_bytes;
  const std::size_t writes = (shape_.reads_more ? shape_.lesser() : shape_.greater()) * line_bytes;
  const auto part = [&](std::size_t i) {
    const std::size_t first = periods_ * i / parts_, end = periods_ * (i + 1) / parts_;
    const auto* from = static_cast<const char*>(from_) + first * reads;
    auto* to = static_cast<char*>(to_) + first * writes;
    by.copy(shape_, from, to, end - first);
  };
  const auto read_part = [&](std::size_t i) {
    const std::size_t first = periods_ * i / parts_, end = periods_ * (i + 1) / parts_;
    by.read(static_cast<const char*>(from_) + first * reads, (end - first) * reads / line_bytes);
  };
  if (moved_.twice) executor_(parts_, read_part);
  executor_(parts_, part);
}

const char* roof::choose(int non_temporal) {
  constexpr int rounds = 3;
  double least = std::numeric_limits<double>::max();
  const bool plain = !shape_.in_place && shape_.lesser() == 1 && shape_.greater() == 1;
  for (const copy_kernel* by : available()) {
    if ((by->only_plain && !plain) || (non_temporal >= 0 && by->non_temporal != (non_temporal == 1))) continue;
    run(*by);  // brings the caches into the state that it leaves them in
    const double before = now();
    run(*by);
    const int repeats = std::clamp(static_cast<int>(1e-4 / (now() - before)), 1, 1000);
    for (int round = 0; round < rounds; ++round) {
      const double started = now();
      for (int i = 0; i < repeats; ++i) run(*by);
      const double each = (now() - started) / repeats;
      if (each < least) {
        least = each;
        chosen_ = by;
      }
    }
  }
  run();
  return chosen_->name;
}

}  // namespace bench

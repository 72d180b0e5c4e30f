// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

namespace bench {
namespace {

constexpr std::size_t mebi = std::size_t{1} << 20;
constexpr std::size_t large_page = 2 * mebi;

std::size_t or_else(long reported, std::size_t otherwise) {
  return reported > 0 ? static_cast<std::size_t>(reported) : otherwise;
}

}  // namespace

caches cache_sizes() {
  const std::size_t l2 = or_else(sysconf(_SC_LEVEL2_CACHE_SIZE), mebi);
  const std::size_t l3 = or_else(sysconf(_SC_LEVEL3_CACHE_SIZE), 32 * mebi);
  return {l2, std::max(l2, std::max(l3, or_else(sysconf(_SC_LEVEL4_CACHE_SIZE), 0)))};
}

std::size_t footprint(place at, int threads) {
  const caches sizes = cache_sizes();
  if (at == place::l2) return sizes.l2 / 2 * static_cast<std::size_t>(threads);
  const std::size_t memory = or_else(sysconf(_SC_PHYS_PAGES), 0) * or_else(sysconf(_SC_PAGESIZE), 4096);
  return std::min(memory / 4, std::max(4 * sizes.l2, std::min(2 * sizes.last, 1024 * mebi)));
}

buffer::~buffer() {
  if (memory_ != nullptr) munmap(memory_, mapped_);
}

std::uint8_t* buffer::at_least(std::size_t bytes) {
  if (bytes > size_) {
    if (memory_ != nullptr) munmap(memory_, mapped_);
    mapped_ = (bytes + shift_ + large_page - 1) / large_page * large_page + large_page;
    memory_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) {
      std::fprintf(stderr, "bench: no memory for %zu MiB\n", mapped_ / mebi);
      std::exit(1);
    }
    madvise(memory_, mapped_, MADV_HUGEPAGE);
    std::memset(memory_, 1, mapped_);
    size_ = bytes;
  }
  const auto address = reinterpret_cast<std::uintptr_t>(memory_);
  return reinterpret_cast<std::uint8_t*>((address + large_page - 1) / large_page * large_page + shift_);
}

void fill_with_weights(float* x, std::size_t n) {
  // A prime, so that groups never meet the same numbers again.
  constexpr std::size_t period = 1048573;
  std::mt19937 words(1);
  std::normal_distribution<float> normal(0, 0.02f);
  for (std::size_t i = 0; i < std::min(n, period); ++i) {
    do x[i] = normal(words);
    while (x[i] == 0);
    if (words() % 4096 == 0) x[i] *= 30;
  }
  for (std::size_t done = period; done < n; done += period) {
    std::memcpy(x + done, x, std::min(period, n - done) * sizeof(float));
  }
}

}  // namespace bench

// SPDX-License-Identifier: MIT
//
// Where measurements take place: how large the caches are, how much is moved at a time, and buffers of that size.
//
//   L2     half of a core's L2 cache, for each thread
//   DRAM   max(4 · L2, min(2 · last-level cache, 1 GiB)) in all, and never more than a quarter of the memory
#ifndef DETENT_BENCH_MEMORY_HPP
#define DETENT_BENCH_MEMORY_HPP

#include <cstddef>
#include <cstdint>

namespace bench {

enum class place { l2, dram };

struct caches {
  std::size_t l2;
  std::size_t last;
};

/// As the system reports them; 1 MiB and 32 MiB where it does not.
caches cache_sizes();

/// Bytes read and written together, by all threads.
std::size_t footprint(place at, int threads);

/// Memory in large pages where the system has them, written once before it is used.
class buffer {
 public:
  /// `shift` bytes behind a large page's begin, so that two buffers do not contend for the same sets of a cache.
  explicit buffer(std::size_t shift) : shift_(shift) {}
  buffer(const buffer&) = delete;
  buffer& operator=(const buffer&) = delete;
  ~buffer();

  /// At least that many bytes; what was there is lost if it must grow.
  std::uint8_t* at_least(std::size_t bytes);
  std::size_t size() const { return size_; }

 private:
  std::size_t shift_;
  std::size_t size_ = 0;
  void* memory_ = nullptr;
  std::size_t mapped_ = 0;
};

/// Normal, deviation 0.02, as weights are; one in 4096 is thirty times as large. None is 0.
void fill_with_weights(float* x, std::size_t n);

}  // namespace bench

#endif

// SPDX-License-Identifier: MIT
//
// Nightly: masks of more elements than 32 bits count, on memory that is only there where it is written.
#include "detent/backend/native.hpp"
#include "mask/support.hpp"
#include "support/executors.hpp"
#if __has_include(<sys/mman.h>)
#include <sys/mman.h>

namespace {

/// Zeros without pages until somebody writes.
class sparse_floats {
 public:
  explicit sparse_floats(std::size_t n)
      : size_(n * sizeof(float)),
        data_(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    REQUIRE(data_ != MAP_FAILED);
  }
  ~sparse_floats() { munmap(data_, size_); }
  sparse_floats(const sparse_floats&) = delete;
  sparse_floats& operator=(const sparse_floats&) = delete;

  float* data() const { return static_cast<float*>(data_); }

 private:
  std::size_t size_;
  void* data_;
};

}  // namespace

TEST_CASE("masks of 2^32 + 70 elements", "[.][nightly]") {
  using namespace detent;
  constexpr std::size_t n = (std::size_t{1} << 32) + 70;
  const sparse_floats x(n);
  x.data()[3] = -1;
  x.data()[n - 2] = 2;
  x.data()[n - 60] = 3;
  const extents shape(n);
  const tensor_view<float, 1> w(x.data(), shape);
  const test::thread_executor threads{2};
  bit_mask m(shape);
  REQUIRE(count_kept(m.view()) == n);
  prune(native{}, w, magnitude(n - 3), m, {.executor = threads});
  REQUIRE(count_kept(m.view()) == 3);
  REQUIRE((m[3] && m[n - 2] && m[n - 60]));

  // Ties of nearly everything: all zeros but the last 1000 are kept.
  store_mask(keep_all{shape}, m.view());
  prune(native{}, w, magnitude(1000), m, {.executor = threads});
  REQUIRE(count_kept(m.view()) == n - 1000);
  REQUIRE(m[n - 1003]);
  REQUIRE_FALSE(m[n - 1002]);
  REQUIRE_FALSE(m[n - 1]);
  REQUIRE((m[n - 2] && m[n - 60]));

  prune(native{}, w, n_of_m(1, 2).padded(), m, {.executor = threads});
  REQUIRE(m[n - 1004] == true);
  REQUIRE(m[n - 1003] == false);
  REQUIRE(m[3]);
  REQUIRE_FALSE(m[2]);
  REQUIRE(count_kept(m.view()) == (n - 1000 - 2) / 2 + 2);
}
#endif

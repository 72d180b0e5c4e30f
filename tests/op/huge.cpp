// SPDX-License-Identifier: MIT
//
// Nightly: more elements than 32 bits count, on memory that is only there where it is written.
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>

#include "detent/backend/scalar.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/quantize.hpp"
#include "support/executors.hpp"
#if __has_include(<sys/mman.h>)
#include <sys/mman.h>

namespace {

/// Zeros without pages until somebody writes.
class sparse_bytes {
 public:
  explicit sparse_bytes(std::size_t size)
      : size_(size),
        data_(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    REQUIRE(data_ != MAP_FAILED);
  }
  ~sparse_bytes() { munmap(data_, size_); }
  sparse_bytes(const sparse_bytes&) = delete;
  sparse_bytes& operator=(const sparse_bytes&) = delete;

  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  std::size_t size_;
  void* data_;
};

}  // namespace

TEST_CASE("2^32 + 7 elements", "[.][nightly]") {
  using P = detent::bnb::nf4;
  constexpr std::size_t n = (std::size_t{1} << 32) + 7;
  const auto begin = std::chrono::steady_clock::now();
  const detent::extents shape(n);
  const auto sizes = detent::plane_bytes<P>(shape);
  REQUIRE(sizes[0] == (std::size_t{1} << 31) + 4);
  REQUIRE(sizes[1] == ((std::size_t{1} << 26) + 1) * 4);
  const sparse_bytes x(n * sizeof(float));  // reads share the one page of zeros
  const sparse_bytes codes(sizes[0] + 64);
  const sparse_bytes scales(sizes[1] + 64);
  float* const last = x.as<float>() + n - 7;
  const float values[] = {-1, -0.5f, 0, 0.25f, 0.5f, 0.75f, 2};
  std::copy(values, values + 7, last);
  x.as<float>()[0] = 3;

  const detent::packed_view<P, std::uint8_t> q{shape, codes.as<std::uint8_t>(), scales.as<std::uint8_t>()};
  const test::thread_executor threads{2};
  const auto report = detent::quantize(detent::scalar{}, detent::tensor_view<const float, 1>(x.as<float>(), shape), q,
                                       {.executor = threads});
  REQUIRE(report.zero_groups == (std::size_t{1} << 26) - 1);
  REQUIRE(codes.as<std::uint8_t>()[0] == 0xF7);
  REQUIRE(codes.as<std::uint8_t>()[1] == 0x77);
  REQUIRE(scales.as<float>()[0] == 3);
  REQUIRE(scales.as<float>()[std::size_t{1} << 26] == 2);
  const std::uint8_t* end = codes.as<std::uint8_t>() + sizes[0];
  const std::uint32_t expected[8] = {2, 4, 7, 9, 10, 11, 15, 7};
  for (std::size_t i = 0; i < 8; ++i) {
    INFO("element " << i);
    CHECK((end[static_cast<std::ptrdiff_t>(i / 2) - 4] >> (i % 2 == 0 ? 4 : 0) & 15u) == expected[i]);
  }
  REQUIRE(end[-5] == 0x77);
  REQUIRE(end[0] == 0);
  float y[7] = {};
  detent::dequantize_range(detent::scalar{}, q, n - 7, 7, y);
  for (std::size_t i = 0; i < 7; ++i) REQUIRE(y[i] == detent::nf4_codec::decode(expected[i]) * 2);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::cout << "2^32 + 7 elements: " << seconds.count() << " s\n";
}
#endif

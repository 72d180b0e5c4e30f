// SPDX-License-Identifier: MIT
//
// Masks through the kernels, against loops over bits.
#include "detent/cuda/kept.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "cuda/host/fenced.hpp"
#include "cuda/host/twin.hpp"

namespace {

namespace gpu = test::gpu;
using detent::extents;

constexpr std::size_t lengths[] = {1, 7, 8, 64, 1000, 1024, 3000};

bool bit(const std::uint8_t* mask, std::size_t i) { return (mask[i / 8] >> (i % 8) & 1) != 0; }

std::uint64_t tiles(std::size_t n) { return (n + gpu::mask_tile - 1) / gpu::mask_tile; }

template <class T>
gpu::elements<T, 1> flat(T* data, std::size_t n) {
  return {data, true, extents(n), {1}};
}

/// Random bits; those behind the last element are 0.
test::fenced random_mask(std::size_t n) {
  test::fenced mask((n + 7) / 8, true, 0);
  test::words random(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (random() % 3 != 0) mask.data()[i / 8] = static_cast<std::uint8_t>(mask.data()[i / 8] | 1u << (i % 8));
  }
  return mask;
}

template <unsigned N, unsigned M>
void check_n_of_m(std::size_t n) {
  n = (n + M - 1) / M * M;
  INFO(N << " of " << M << ", " << n);
  std::vector<float> x = test::inputs(n, 1);
  for (std::size_t i = 0; i < n; i += 5) x[i] = x[i / 2];  // ties
  using input = gpu::elements<const float, 1>;
  const input from = flat<const float>(x.data(), n);
  const test::fenced mask((n + 7) / 8, true);
  test::host_launcher launch(4);
  using body = gpu::n_of_m_tile<N, M, input>;
  launch.run<body>({from, mask.data(), n, from.aligned()}, (n + body::tile_elements - 1) / body::tile_elements);
  CHECK(mask.intact());
  for (std::size_t group = 0; group < n; group += M) {
    unsigned kept = 0;
    for (std::size_t i = group; i < group + M; ++i) {
      kept += bit(mask.data(), i) ? 1 : 0;
      unsigned greater = 0;
      for (std::size_t j = group; j < group + M; ++j) {
        const auto key = [&](std::size_t k) { return std::isnan(x[k]) ? INFINITY : std::fabs(x[k]); };
        const bool nan_first = std::isnan(x[j]) && !std::isnan(x[i]);
        const bool nan_last = !std::isnan(x[j]) && std::isnan(x[i]);
        const bool before = nan_first || (!nan_last && (key(j) > key(i) || (key(j) == key(i) && j < i)));
        greater += before ? 1 : 0;
      }
      REQUIRE(bit(mask.data(), i) == (greater < N));
    }
    REQUIRE(kept == N);
  }
}

}  // namespace

TEST_CASE("kernels: masks by magnitude") {
  for (const std::size_t n : lengths) {
    const std::vector<float> x = test::inputs(n, 1);
    const float threshold = std::fabs(x[n / 2]);
    using input = gpu::elements<const float, 1>;
    const input from = flat<const float>(x.data(), n);
    const test::fenced mask((n + 7) / 8, true);
    test::host_launcher launch(4);
    launch.run<gpu::threshold_tile<input>>({from, threshold, mask.data(), n, from.aligned()}, tiles(n));
    CHECK(mask.intact());
    for (std::size_t i = 0; i < (n + 7) / 8 * 8; ++i) {
      REQUIRE(bit(mask.data(), i) == (i < n && !(std::fabs(x[i]) < threshold)));
    }
  }
}

TEST_CASE("kernels: masks of N in M") {
  for (const std::size_t n : lengths) {
    check_n_of_m<1, 2>(n);
    check_n_of_m<2, 4>(n);
    check_n_of_m<3, 8>(n);
    check_n_of_m<8, 16>(n);
    check_n_of_m<1, 32>(n);
  }
}

TEST_CASE("kernels: masks of whole channels, and their squares") {
  const extents shape(5, 7, 9);
  const std::vector<float> x = test::inputs(shape.size(), 0);
  const std::uint8_t keep[] = {0x55};
  const test::fenced mask((shape.size() + 7) / 8, true);
  test::host_launcher launch(4);
  launch.run<gpu::channels_tile>({keep, 7, 9, mask.data(), shape.size()}, tiles(shape.size()));
  CHECK(mask.intact());
  for (std::size_t i = 0; i < shape.size(); ++i) REQUIRE(bit(mask.data(), i) == (i / 9 % 7 % 2 == 0));

  using input = gpu::elements<const float, 1>;
  double squares[7] = {};
  launch.run<gpu::channel_squares<input>>({flat<const float>(x.data(), shape.size()), 7, 9, 45, squares}, 7);
  for (std::size_t c = 0; c < 7; ++c) {
    double sum = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) sum += i / 9 % 7 == c ? double(x[i]) * double(x[i]) : 0;
    CHECK(squares[c] == Approx(sum).epsilon(1e-13));
  }
}

TEMPLATE_TEST_CASE("kernels: apply, compress and expand", "", std::uint8_t, std::uint16_t, float, double) {
  for (const std::size_t n : lengths) {
    const test::fenced mask = random_mask(n);
    const test::fenced x(n * sizeof(TestType), false);
    for (std::size_t i = 0; i < n; ++i) x.data<TestType>()[i] = static_cast<TestType>(i % 251 + 1);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < n; ++i) kept += bit(mask.data(), i) ? 1 : 0;
    const test::fenced y(n * sizeof(TestType), false);
    const test::fenced values(kept * sizeof(TestType), true);
    std::vector<std::uint64_t> numbers(2 * tiles(n));
    const gpu::kept_begins begins{numbers.data(), numbers.data() + tiles(n)};
    std::uint64_t total = 0;
    test::host_launcher launch(static_cast<std::uint32_t>(n));
    using input = gpu::elements<const TestType, 1>;
    using output = gpu::elements<TestType, 1>;
    const input from = flat<const TestType>(x.data<TestType>(), n);
    const output to = flat(y.data<TestType>(), n);

    launch.run<gpu::apply_mask_tile<input, output>>({from, mask.data(), to, n, gpu::is_aligned(to.data, 16)}, tiles(n));
    for (std::size_t i = 0; i < n; ++i) REQUIRE(to.data[i] == (bit(mask.data(), i) ? from.data[i] : TestType{}));

    begins.find(launch, mask.data(), n, tiles(n), &total);
    REQUIRE(total == kept);
    const output packed = flat(values.data<TestType>(), kept);
    const input back = flat<const TestType>(packed.data, kept);
    for (const bool whole : {false, true}) {
      std::memset(values.data(), 0xA5, values.size());
      launch.run<gpu::move_kept<input, output, false>>({from, mask.data(), begins, packed, n, whole}, tiles(n));
      for (std::size_t i = 0, k = 0; i < n; ++i) {
        if (bit(mask.data(), i)) REQUIRE(packed.data[k++] == from.data[i]);
      }
      std::memset(y.data(), 0xA5, y.size());
      launch.run<gpu::move_kept<input, output, true>>({back, mask.data(), begins, to, n, whole}, tiles(n));
      for (std::size_t i = 0; i < n; ++i) REQUIRE(to.data[i] == (bit(mask.data(), i) ? from.data[i] : TestType{}));
    }
    CHECK((y.intact() && values.intact()));
  }
}

TEST_CASE("kernels: where tiles begin, in one run and in several") {
  for (const std::size_t n : {1u, 255u, 256u, 1024u, 1025u, 5000u}) {
    std::vector<std::uint64_t> counts(n);
    for (std::size_t i = 0; i < n; ++i) counts[i] = i * 7919 % 1025;
    std::vector<std::uint64_t> sums = counts;
    std::vector<std::uint64_t> of_run(gpu::kept_begins::runs(n));
    std::uint64_t total = 0;
    test::host_launcher launch(static_cast<std::uint32_t>(n));
    launch.run<gpu::scan_counts>({sums.data(), n, gpu::scan_run, of_run.data()}, of_run.size());
    launch.run<gpu::scan_counts>({of_run.data(), of_run.size(), of_run.size(), &total}, 1);
    const gpu::kept_begins begins{sums.data(), of_run.data()};
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < n; ++i) {
      REQUIRE(begins(i) == expected);
      expected += counts[i];
    }
    CHECK(total == expected);
  }
}

// SPDX-License-Identifier: MIT
//
// The main of bench_quantize, bench_dequantize, bench_convert and bench_prune: every kernel of the program's operation,
// in L2 and in DRAM, by 1 and 2 threads, named operation/precision/backend/place/threads. Each is measured in turns
// with the fastest copy of the same bytes in the same buffers; `copy_fraction` is the median of the ratios of
// neighbours.
//
//   bench_quantize --benchmark_filter='/nf4/native/L2/1$'
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <detent/backend/native.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "copy.hpp"
#include "kernel.hpp"
#include "memory.hpp"
#include "pool.hpp"

namespace bench {

const registration* registration::head = nullptr;

registration::registration(const kernel* kernels, std::size_t n) : first(kernels), count(n), next(head) { head = this; }

namespace {

constexpr std::size_t cols = 4096;

template <class F>
void for_each_kernel(const F& f) {
  for (const registration* from = registration::head; from != nullptr; from = from->next) {
    for (std::size_t i = 0; i < from->count; ++i) f(from->first[i]);
  }
}

/// What makes the input of operations on quantized tensors.
const kernel& quantizer_of(const char* precision) {
  const kernel* found = nullptr;
  for_each_kernel([&](const kernel& k) {
    const bool fits = std::strcmp(k.operation, "quantize") == 0 && std::strcmp(k.backend, "native") == 0;
    if (fits && std::strcmp(k.precision, precision) == 0) found = &k;
  });
  if (found == nullptr) {
    std::fprintf(stderr, "bench: nothing quantizes to %s\n", precision);
    std::exit(1);
  }
  return *found;
}

/// The buffers, which live as long as the program, so that DRAM's are made once.
struct memories {
  buffer weights{0};
  buffer codes{2048 + line_bytes};
  buffer results{4096 + 1024};
  std::string codes_hold;

  const float* floats(std::size_t n) {
    const bool known = weights.size() >= n * sizeof(float);
    auto* x = reinterpret_cast<float*>(weights.at_least(n * sizeof(float)));
    if (!known) fill_with_weights(x, n);
    return x;
  }
};

memories& memory() {
  static memories all;
  return all;
}

pool& threads(int n) {
  static std::map<int, std::unique_ptr<pool>> all;
  std::unique_ptr<pool>& found = all[n];
  if (!found) found = std::make_unique<pool>(n);
  return *found;
}

/// Whole rows for each thread, whose bytes fill the place.
std::size_t rows_for(const kernel& k, place at, int n) {
  constexpr std::size_t sample = 1024;
  const auto per_row = static_cast<double>(k.bytes(sample, cols).footprint()) / sample;
  const auto parts = static_cast<std::size_t>(n);
  const auto rows = static_cast<std::size_t>(static_cast<double>(footprint(at, n)) / per_row) / parts * parts;
  return std::max(parts, rows);
}

/// Buffers with the input that the kernel wants.
request request_for(const kernel& k, place at, int n) {
  const std::size_t rows = rows_for(k, at, n);
  const traffic moved = k.bytes(rows, cols);
  // Planes are padded to lines, which may be a few dozen bytes more than the count.
  constexpr std::size_t padding = 1024;
  memories& all = memory();
  request r{.from = all.floats(rows * cols), .to = nullptr, .rows = rows, .cols = cols, .threads = n, .with = {}};
  if (k.source == nullptr) {
    r.to = all.codes.at_least(moved.write + padding);
    all.codes_hold.clear();
  } else {
    const std::string wanted = std::string(k.source) + " " + std::to_string(rows);
    const std::size_t packed = quantizer_of(k.source).bytes(rows, cols).write;
    request quantizing = r;
    quantizing.to = all.codes.at_least(packed + padding);
    if (all.codes_hold != wanted) quantizer_of(k.source).run(quantizing);
    all.codes_hold = wanted;
    r.from = quantizing.to;
    r.to = all.results.at_least(moved.write + padding);
    if (moved.in_place) std::memset(r.to, 0, moved.write);
  }
  if (k.copies == nullptr) r.with.executor = n > 1 ? detent::executor_ref(threads(n)) : detent::executor_ref();
  if (k.prepare != nullptr) k.prepare(r);
  return r;
}

double median(std::vector<double> x) {
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(x.begin(), middle, x.end());
  return *middle;
}

template <class F>
double seconds_of(int repeats, const F& f) {
  const double started = now();
  for (int i = 0; i < repeats; ++i) f();
  return (now() - started) / repeats;
}

/// So many that the clock's steps and the calls do not count.
int repeats_for(double seconds) { return std::clamp(static_cast<int>(2e-4 / seconds), 1, 10000); }

struct peers_threads {
  void (*run)(std::size_t tasks, detent::task_ref);
  void operator()(std::size_t tasks, detent::task_ref task) const { run(tasks, task); }
};

void measure(benchmark::State& state, const kernel& k, place at, int n) {
  const request r = request_for(k, at, n);
  const traffic moved = k.bytes(r.rows, r.cols);
  const peers_threads theirs{k.copies};
  const bool pooled = n > 1 && k.copies == nullptr;
  roof best(moved, r.from, r.to, n, pooled ? detent::executor_ref(threads(n)) : detent::executor_ref(theirs));
  state.SetLabel(best.choose());
  if (k.source == nullptr && k.prepare != nullptr) k.prepare(r);

  const auto operation = [&] { k.run(r); };
  const auto copy = [&] { best.run(); };
  operation();
  const int repeats = repeats_for(seconds_of(1, operation));
  const int copy_repeats = repeats_for(seconds_of(1, copy));
  const double scale = static_cast<double>(moved.bytes()) / static_cast<double>(best.bytes());
  const int rounds = repeats == 1 && seconds_of(1, operation) > 0.5 ? 1 : 5;
  std::vector<double> times, copies, fractions;
  while (state.KeepRunningBatch(repeats * rounds)) {
    for (int round = 0; round < rounds; ++round) {
      state.PauseTiming();
      copies.push_back(seconds_of(copy_repeats, copy) * scale);
      operation();  // what the copy left in the caches is not the operation's
      state.ResumeTiming();
      times.push_back(seconds_of(repeats, operation));
      fractions.push_back(copies.back() / times.back());
    }
  }
  const double seconds = median(times);
  state.counters["bytes_per_second"] = static_cast<double>(moved.bytes()) / seconds;
  state.counters["items_per_second"] = static_cast<double>(r.rows * r.cols) / seconds;
  state.counters["copy_bytes_per_second"] = static_cast<double>(moved.bytes()) / median(copies);
  state.counters["copy_fraction"] = median(fractions);
}

void add(const kernel& k) {
  if (std::strncmp(k.operation, DETENT_BENCH_OPERATION, std::strlen(DETENT_BENCH_OPERATION)) != 0) return;
  for (const place at : {place::l2, place::dram}) {
    for (int n = 1; n <= 2 && n <= static_cast<int>(processors().size()); ++n) {
      const std::string name = std::string(k.operation) + "/" + k.precision + "/" + k.backend +
                               (at == place::l2 ? "/L2/" : "/DRAM/") + std::to_string(n);
      benchmark::RegisterBenchmark(name.c_str(), [&k, at, n](benchmark::State& s) {
        measure(s, k, at, n);
      })->Unit(benchmark::kMicrosecond);
    }
  }
}

std::string size_of_memory(std::size_t bytes) {
  return bytes >> 20 != 0 ? std::to_string(bytes >> 20) + " MiB" : std::to_string(bytes >> 10) + " KiB";
}

void describe() {
  const caches sizes = cache_sizes();
  benchmark::AddCustomContext("native", detent::native::chosen());
  benchmark::AddCustomContext("simd_flags", DETENT_BENCH_SIMD_FLAGS_TEXT);
  benchmark::AddCustomContext("compiler", DETENT_BENCH_COMPILER);
  benchmark::AddCustomContext("flags", DETENT_BENCH_FLAGS);
  benchmark::AddCustomContext("l2", size_of_memory(sizes.l2));
  benchmark::AddCustomContext("last_level_cache", size_of_memory(sizes.last));
  benchmark::AddCustomContext("footprint_l2", size_of_memory(footprint(place::l2, 1)) + " a thread");
  benchmark::AddCustomContext("footprint_dram", size_of_memory(footprint(place::dram, 1)));
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::processors();
  bench::pin(0);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  bench::describe();
  bench::for_each_kernel(bench::add);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

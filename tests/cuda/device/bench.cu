// SPDX-License-Identifier: MIT
//
// Bandwidth of the kernels, as JSON lines. Each figure is the median of 30 samples over buffers that rotate beyond the
// second-level cache, in bytes read and written by definition of the job; next to it the copy that was measured in the
// same run: of the same bytes in the same proportion (of_copy), and the driver's own, which writes as much as it reads
// (of_plain_copy). `bench once` runs every job once, for a profiler.
#include <algorithm>
#include <functional>
#include <string>

#include <detent/formats.hpp>

#include "support.cuh"

namespace {

using detent::extents;
using half = detent::element<detent::bf16>;
constexpr int repeats = 30;
bool once = false;
constexpr std::size_t rows = 16384;
constexpr std::size_t cols = 4096;

/// Keeps the device busy for a quarter of a millisecond, while the host queues what is to be timed behind it.
__global__ void wait_a_little() {
  const long long begin = clock64();
  while (clock64() - begin < 400000) {
  }
}

/// The median time of one call, in seconds; call(i) uses buffers number i. A sample is eight calls that wait in the
/// stream, so that the time of the host and of the events is not in it.
double median_time(const std::function<void(int)>& call, int buffers) {
  constexpr int calls = 8;
  if (once) {
    call(0);
    device::must(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    return 1;
  }
  cudaEvent_t begin = nullptr;
  cudaEvent_t end = nullptr;
  device::must(cudaEventCreate(&begin), "cudaEventCreate");
  device::must(cudaEventCreate(&end), "cudaEventCreate");
  int next = 0;
  for (; next < 2 * buffers; ++next) call(next % buffers);
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) {
    wait_a_little<<<1, 1>>>();
    device::must(cudaEventRecord(begin, nullptr), "cudaEventRecord");
    for (int n = 0; n < calls; ++n, ++next) call(next % buffers);
    device::must(cudaEventRecord(end, nullptr), "cudaEventRecord");
    device::must(cudaEventSynchronize(end), "cudaEventSynchronize");
    float milliseconds = 0;
    device::must(cudaEventElapsedTime(&milliseconds, begin, end), "cudaEventElapsedTime");
    times.push_back(static_cast<double>(milliseconds) / 1000 / calls);
  }
  device::must(cudaEventDestroy(begin), "cudaEventDestroy");
  device::must(cudaEventDestroy(end), "cudaEventDestroy");
  std::nth_element(times.begin(), times.begin() + repeats / 2, times.end());
  return times[repeats / 2];
}

/// Of `units` units of 1024 words of 16 bytes reads `from` and writes `to`, which are spread evenly over the time that
/// it takes, as a job reads and writes them: a copy of the job's shape.
__global__ void copy_words(const uint4* x, std::uint64_t from, uint4* y, std::uint64_t to, std::uint64_t units) {
  uint4 sum = make_uint4(threadIdx.x, 1, 2, 3);
  for (std::uint64_t u = blockIdx.x; u < units; u += gridDim.x) {
    const std::uint64_t reads = u * from / units;
    const std::uint64_t writes = u * to / units;
    uint4 word[4];
    for (unsigned n = 0; n < 4; ++n) {
      word[n] = make_uint4(n, 0, 0, 0);
      if ((u + 1) * from / units != reads) word[n] = x[reads * 1024 + n * 256 + threadIdx.x];
    }
    for (unsigned n = 0; n < 4; ++n) {
      sum = make_uint4(sum.x ^ word[n].x, sum.y ^ word[n].y, sum.z ^ word[n].z, sum.w ^ word[n].w);
      if ((u + 1) * to / units != writes) y[writes * 1024 + n * 256 + threadIdx.x] = sum;
    }
  }
  // Never true: the loads are not to be thrown away.
  if (to == 0 && sum.x == 0x12345678u && sum.y == 0x9ABCDEFu) y[0] = sum;
}

struct buffers_of {
  std::vector<device::memory> input;
  std::vector<device::memory> output;

  /// Enough of them that 256 MB lie between two uses of one.
  buffers_of(std::size_t from, std::size_t to) {
    const std::size_t count = std::max<std::size_t>(2, (std::size_t{1} << 28) / (from + to + 1) + 1);
    for (std::size_t i = 0; i < count; ++i) {
      input.emplace_back(from);
      output.emplace_back(to);
    }
  }
  int count() const { return static_cast<int>(input.size()); }
};

/// Bytes a second of the driver's own copy, read and written.
double plain_rate = 1;

void report(const std::string& job, const char* unit, std::size_t from, std::size_t to, double seconds,
            double copy_seconds) {
  const double bytes = static_cast<double>(from + to);
  std::printf(
      "{\"job\": \"%s\", \"by\": \"%s\", \"bytes_read\": %zu, \"bytes_written\": %zu, \"microseconds\": %.2f, "
      "\"tb_per_s\": %.3f, \"copy_tb_per_s\": %.3f, \"of_copy\": %.3f, \"of_plain_copy\": %.3f}\n",
      job.c_str(), unit, from, to, seconds * 1e6, bytes / seconds * 1e-12, bytes / copy_seconds * 1e-12,
      copy_seconds / seconds, bytes / seconds / plain_rate);
}

/// The best of two grids: all at once, and as many blocks as are at work at a time.
double copy_time(std::size_t from, std::size_t to) {
  if (once) return 1;
  const buffers_of b(from + 16, to + 16);
  cudaDeviceProp properties{};
  device::must(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  const std::uint64_t units = std::max(from, to) / 16384;
  const auto processors = static_cast<unsigned>(properties.multiProcessorCount);
  double best = 1;
  for (const unsigned blocks : {processors * 8, static_cast<unsigned>(units)}) {
    best = std::min(best, median_time(
                              [&](int i) {
                                const auto at = static_cast<std::size_t>(i);
                                copy_words<<<blocks, 256>>>(b.input[at].data<uint4>(), from / 16384,
                                                            b.output[at].data<uint4>(), to / 16384, units);
                                device::must(cudaGetLastError(), "copy_words");
                              },
                              b.count()));
  }
  return best;
}

/// What the driver's own copy reaches.
void plain_copy() {
  const std::size_t bytes = rows * cols * 2;
  const buffers_of b(bytes, bytes);
  const double seconds = median_time(
      [&](int i) {
        const auto at = static_cast<std::size_t>(i);
        device::must(cudaMemcpyAsync(b.output[at].data(), b.input[at].data(), bytes, cudaMemcpyDeviceToDevice), "copy");
      },
      b.count());
  plain_rate = 2 * static_cast<double>(bytes) / seconds;
  report("copy of bf16", "cudaMemcpy", bytes, bytes, seconds, copy_time(bytes, bytes));
}

template <class P>
detent::packed_view<P, std::uint8_t> view_in(const device::memory& m, const extents& shape) {
  const auto sizes = detent::plane_bytes<P>(shape);
  std::uint8_t* at[sizes.size()] = {};
  std::size_t offset = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    at[i] = m.data() + offset;
    offset += (sizes[i] + 255) / 256 * 256;
  }
  if constexpr (P::layout::elements == 0)
    return {shape, at, 0};
  else
    return {shape, at[0]};
}

template <class P, class T>
void quantizing(const char* from_name) {
  const extents shape(rows, cols);
  const std::size_t from = shape.size() * sizeof(T);
  const std::size_t to = detent::packed_bytes<P>(shape);
  const buffers_of b(from, to + 4096);
  for (const device::memory& x : b.input) {
    device::fill<<<1024, 256>>>(x.data<T>(), std::uint64_t{shape.size()}, std::uint64_t{1}, std::uint64_t{0});
  }
  const std::size_t bytes = detent::workspace_bytes<P>(shape);
  const device::memory workspace(bytes);
  const detent::cuda on{nullptr, workspace.data(), bytes};
  const double seconds = median_time(
      [&](int i) {
        const auto at = static_cast<std::size_t>(i);
        const detent::tensor_view<const T, 2> x(b.input[at].data<T>(), shape);
        device::must(detent::quantize(on, x, view_in<P>(b.output[at], shape)), P::name);
      },
      b.count());
  report(std::string(from_name) + " to " + P::name, "detent", from, to, seconds, copy_time(from, to));
}

template <class P, class T, bool Add = false>
void dequantizing(const char* to_name) {
  const extents shape(rows, cols);
  const std::size_t from = detent::packed_bytes<P>(shape);
  const std::size_t to = shape.size() * sizeof(T);
  const buffers_of b(from + 4096, to);
  const std::size_t bytes = detent::workspace_bytes<P>(shape);
  const device::memory workspace(bytes);
  const detent::cuda on{nullptr, workspace.data(), bytes};
  for (std::size_t i = 0; i < b.input.size(); ++i) {
    T* const x = b.output[i].data<T>();
    device::fill<<<1024, 256>>>(x, std::uint64_t{shape.size()}, std::uint64_t{1}, std::uint64_t{0});
    device::must(detent::quantize(on, detent::tensor_view<const T, 2>(x, shape), view_in<P>(b.input[i], shape)), "x");
  }
  const double seconds = median_time(
      [&](int i) {
        const auto at = static_cast<std::size_t>(i);
        const detent::tensor_view<T, 2> y(b.output[at].data<T>(), shape);
        const auto q = view_in<P>(b.input[at], shape);
        device::must(Add ? detent::dequantize_add(on, q, y) : detent::dequantize(on, q, y), P::name);
      },
      b.count());
  const std::size_t read = from + (Add ? to : 0);
  report(std::string(P::name) + (Add ? " added to " : " to ") + to_name, "detent", read, to, seconds,
         copy_time(read, to));
}

void masks() {
  const extents shape(rows, cols);
  const std::size_t n = shape.size();
  const buffers_of b(n * 2, n * 2);
  const device::memory mask(n / 8), count(8), scratch(detent::compress_workspace_bytes(shape));
  const detent::cuda on{nullptr, scratch.data(), scratch.size()};
  using input = detent::tensor_view<const half, 2>;
  using output = detent::tensor_view<half, 2>;
  const auto data = [&](const std::vector<device::memory>& of, int i) {
    return of[static_cast<std::size_t>(i)].data<half>();
  };
  const auto x = [&](int i) { return input(data(b.input, i), shape); };
  const auto y = [&](int i) { return output(data(b.output, i), shape); };
  for (const device::memory& m : b.input) {
    device::fill<<<1024, 256>>>(m.data<half>(), std::uint64_t{n}, std::uint64_t{1}, std::uint64_t{0});
  }
  const auto job = [&](const char* name, std::size_t from, std::size_t to, const auto& call) {
    const double seconds = median_time([&](int i) { device::must(call(i), name); }, b.count());
    report(name, "detent", from, to, seconds, copy_time(from, to));
  };
  job("mask of magnitudes of bf16", n * 2, n / 8,
      [&](int i) { return detent::magnitude_mask(on, x(i), 0.5f, mask.data()); });
  job("mask of 2 in 4 of bf16", n * 2, n / 8, [&](int i) { return detent::n_of_m_mask<2, 4>(on, x(i), mask.data()); });
  job("mask applied to bf16", n * 2 + n / 8, n * 2,
      [&](int i) { return detent::apply_mask(on, x(i), mask.data(), y(i)); });
  job("bf16 compressed to half", n * 2 + n / 8, n,
      [&](int i) { return detent::compress(on, x(i), mask.data(), data(b.output, i), count.data<std::uint64_t>()); });
  job("bf16 expanded from half", n + n / 8, n * 2,
      [&](int i) { return detent::expand(on, data(b.input, i), mask.data(), y(i)); });
}

}  // namespace

int main(int arguments, char** argument) {
  once = arguments > 1 && std::string(argument[1]) == "once";
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (!device::present()) {
    std::printf("skipped: there is no CUDA device\n");
    return 77;
  }
  plain_copy();
  quantizing<detent::bnb::nf4, float>("fp32");
  quantizing<detent::bnb::nf4, half>("bf16");
  quantizing<detent::bnb::nf4_double_quant, half>("bf16");
  quantizing<detent::int4, half>("bf16");
  quantizing<detent::int8_rows, half>("bf16");
  quantizing<detent::int8_rows, detent::element<detent::fp16>>("fp16");
  quantizing<detent::ocp::mxfp4, half>("bf16");
  quantizing<detent::ocp::mxfp8_e4m3, half>("bf16");
  quantizing<detent::fp8_e4m3fn, half>("bf16");
  quantizing<detent::bf16, float>("fp32");
  quantizing<detent::nvidia::nvfp4, half>("bf16");
  quantizing<detent::ggml::q4_0, half>("bf16");
  dequantizing<detent::bnb::nf4, half>("bf16");
  dequantizing<detent::bnb::nf4, half, true>("bf16");
  dequantizing<detent::bnb::nf4, float>("fp32");
  dequantizing<detent::bnb::nf4_double_quant, half>("bf16");
  dequantizing<detent::int4, half>("bf16");
  dequantizing<detent::int8_rows, half>("bf16");
  dequantizing<detent::ocp::mxfp4, half>("bf16");
  dequantizing<detent::fp8_e4m3fn, half>("bf16");
  masks();
  return 0;
}

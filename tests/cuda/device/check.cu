// SPDX-License-Identifier: MIT
//
// The device against the host, byte for byte. Without arguments everything; `check small` is for compute-sanitizer.
//
//   codecs    every float through every encoder, and every code through every decoder: hashes of both sides
//   shapes    every precision, 200 shapes in all, each with numbers that are none
//   large     1e9 random elements in pieces; 2^31 + 1 and 2^32 + 7 elements in one
//
// Compiled in eight parts, side by side: -DPART=0 to 7. Each has an eighth of the formats, the first all the rest.
#include <detent/backend/scalar.hpp>
#include <detent/formats.hpp>
#include <detent/op/dequantize.hpp>
#include <detent/op/quantize.hpp>
#include <set>
#include <string>
#include <thread>
#include <typeinfo>
#include <utility>

#include "support.cuh"

#define PARTS 8

/// What the parts share: how much was tried, and the codecs that were.
struct progress {
  std::uint64_t failures = 0;
  std::size_t shapes = 0;
  std::set<std::string> codecs;
};

/// The formats of part N.
template <int N>
void check_part(bool small, progress& done);

namespace {

using detent::extents;
namespace gpu = detent::detail::gpu;

std::uint64_t failures = 0;

void expect(bool good, const char* what, const char* name) {
  if (good) return;
  ++failures;
  std::printf("FAILED: %s: %s\n", what, name);
}

template <class F>
void on_all_cores(F f) {
  const unsigned n = std::thread::hardware_concurrency() == 0 ? 1 : std::thread::hardware_concurrency();
  std::vector<std::thread> running;
  for (unsigned i = 0; i < n; ++i) running.emplace_back(f, i, n);
  for (std::thread& t : running) t.join();
}

/// Eight at a time, where a codec's bins are searched: 0, or what spoils the hash.
template <class C>
__device__ std::uint64_t wrong_nibbles(const gpu::coder<C>& with, std::uint32_t bits) {
  std::uint64_t wrong = 0;
  if constexpr (gpu::coder<C>::binned && C::bits == 4) {
    constexpr bool signs = gpu::ranks<C>::of_magnitudes;
    float x[8];
    bool within = true;
    for (std::uint32_t j = 0; j < 8; ++j) {
      x[j] = detent::detail::float_of(bits + j);
      within = within && x[j] <= gpu::ranks<C>::high && x[j] >= (signs ? -gpu::ranks<C>::high : gpu::ranks<C>::low);
    }
    if (!within) return 0;
    const std::uint32_t codes = with.encode_nibbles(x);
    for (std::uint32_t j = 0; j < 8; ++j) wrong += (codes >> (4 * j) & 15u) == with.encode(x[j]) ? 0 : 1;
  }
  return wrong;
}

/// One hash for each of the 4096 runs of 2^20 floats.
constexpr std::uint32_t runs = 4096;
constexpr std::uint32_t run_length = 1u << 20;

template <class C>
__global__ void hash_codes(std::uint64_t* to, const __grid_constant__ gpu::table_of<C> table) {
  __shared__ alignas(256) std::uint32_t words[gpu::table_of<C>::words + 1];
  if constexpr (gpu::table_of<C>::words != 0) {
    for (std::size_t i = threadIdx.x; i < gpu::table_of<C>::words; i += blockDim.x) words[i] = table.word[i];
  }
  __syncthreads();
  const gpu::coder<C> with{words};
  std::uint64_t sum = 0;
  for (std::uint32_t i = 2 * threadIdx.x; i < run_length; i += 2 * blockDim.x) {
    const std::uint32_t bits = blockIdx.x * run_length + i;
    std::uint32_t pair[2];
    with.encode_pair(detent::detail::float_of(bits), detent::detail::float_of(bits + 1), pair);
    sum += device::mixed(pair[0], bits) + device::mixed(pair[1], bits + 1);
    if (bits % 8 == 0) sum += wrong_nibbles(with, bits);
    if constexpr (C::bits <= 16) {
      const std::uint32_t code = bits & ((1u << C::bits) - 1);
      if (bits >> C::bits == 0) sum += device::mixed(detent::detail::bits_of(with.decode(code)), bits);
    }
  }
  __shared__ std::uint64_t sums[256];
  sums[threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  std::uint64_t all = 0;
  for (unsigned t = 0; t < 256; ++t) all += sums[t];
  to[blockIdx.x] = all;
}

template <class C>
std::uint64_t host_hash(std::uint32_t run) {
  constexpr std::size_t n = 4096;
  std::vector<float> x(n);
  std::vector<detent::code_t<C>> codes(n);
  std::uint64_t sum = 0;
  for (std::uint32_t first = 0; first < run_length; first += n) {
    const std::uint32_t base = run * run_length + first;
    for (std::uint32_t i = 0; i < n; ++i) x[i] = detent::detail::float_of(base + i);
    detent::scalar::encode<C, detent::affine{}>(x.data(), n, n, {}, codes.data());
    for (std::uint32_t i = 0; i < n; ++i) {
      sum += device::mixed(codes[i], base + i);
      if constexpr (C::bits <= 16) {
        const std::uint32_t bits = base + i;
        const std::uint32_t code = bits & ((1u << C::bits) - 1);
        if (i % 2 == 0 && bits >> C::bits == 0) sum += device::mixed(detent::detail::bits_of(C::decode(code)), bits);
      }
    }
  }
  return sum;
}

template <class C>
void check_codec(const char* name) {
  const device::memory hashes(runs * sizeof(std::uint64_t));
  gpu::table_of<C> table{};
  if constexpr (gpu::table_of<C>::words != 0) table = gpu::table_of<C>::make();
  hash_codes<C><<<runs, 256>>>(hashes.data<std::uint64_t>(), table);
  device::must(cudaGetLastError(), "hash_codes");
  std::vector<std::uint64_t> got(runs);
  std::vector<std::uint64_t> expected(runs);
  hashes.to_host(got.data(), runs * sizeof(std::uint64_t));
  on_all_cores([&](unsigned core, unsigned cores) {
    for (std::uint32_t run = core; run < runs; run += cores) expected[run] = host_hash<C>(run);
  });
  bool same = true;
  for (std::uint32_t run = 0; run < runs; ++run) same = same && got[run] == expected[run];
  expect(same, "codec", name);
}

/// Each codec once, though formats share it.
template <class P>
void check_codec_of(progress& done) {
  using C = typename P::codec;
  if (done.codecs.insert(typeid(C).name()).second) check_codec<C>(P::name);
}

/// Random elements, every 97th something that is no number, some groups of zeros.
std::vector<float> odd_inputs(std::size_t n, std::uint64_t seed) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t r = detent::detail::random_bits(seed + 9, i);
    x[i] = seed % 4 == 1 ? detent::detail::float_of(r) : device::input(seed, i);
    if (seed % 4 == 2) x[i] *= 1e-38f;
    if (seed % 4 == 3 && r % 97 == 0) x[i] = detent::detail::float_of(0x7F800000u | (r & 0x80000001u));
    if (seed % 4 == 3 && i % 384 > 190) x[i] = 0;
  }
  return x;
}

bool same_numbers(const std::vector<float>& a, const std::vector<float>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool nan = a[i] != a[i] && b[i] != b[i];
    if (detent::detail::bits_of(a[i]) != detent::detail::bits_of(b[i]) && !nan) return false;
  }
  return true;
}

template <class P>
void check_shape(const extents& shape, std::uint64_t seed, std::size_t offset) {
  const std::size_t n = shape.size();
  const std::vector<float> x = odd_inputs(n, seed);
  const auto sizes = detent::plane_bytes<P>(shape);
  std::vector<std::vector<std::uint8_t>> planes;
  std::uint8_t* at[sizes.size()] = {};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    planes.emplace_back(sizes[i] + 1);
    at[i] = planes[i].data();
  }
  detent::packed_view<P, std::uint8_t> expected;
  if constexpr (P::layout::elements == 0)
    expected = {shape, at, 0};
  else
    expected = {shape, at[0]};
  detent::quantize(detent::scalar{}, detent::tensor_view<const float, 2>(x.data(), shape), expected);
  std::vector<float> y(n);
  detent::dequantize(detent::scalar{}, expected, detent::tensor_view<float, 2>(y.data(), shape));

  const device::memory dx((n + offset) * sizeof(float));
  device::must(cudaMemcpy(dx.data<float>() + offset, x.data(), n * sizeof(float), cudaMemcpyHostToDevice), "copy");
  const std::size_t bytes = detent::workspace_bytes<P>(shape);
  const device::memory workspace(bytes);
  const device::packed<P> q(shape);
  const detent::cuda on{nullptr, workspace.data(), bytes};
  const detent::tensor_view<const float, 2> view(dx.data<float>() + offset, shape);
  device::must(detent::quantize(on, view, q.view()), P::name);
  expect(q.differs(at) < 0, "quantize", P::name);
  std::vector<float> back(n);
  const detent::tensor_view<float, 2> to(dx.data<float>() + offset, shape);
  device::must(detent::dequantize(on, q.view(), to), P::name);
  device::must(cudaMemcpy(back.data(), to.data(), n * sizeof(float), cudaMemcpyDeviceToHost), "copy");
  expect(same_numbers(back, y), "dequantize", P::name);
}

/// Four shapes of a format.
template <class P>
void check_shapes(bool small, progress& done) {
  constexpr std::size_t cols[] = {1, 8, 33, 64, 100, 256, 1000, 1024, 4096, 5000, 20000};
  constexpr std::size_t step = P::layout::elements == 0 ? 1 : P::layout::elements;
  for (std::size_t i = 0; i < (small ? 2u : 4u); ++i) {
    const std::size_t which = done.shapes * 7 % (small ? 6 : 11);
    const extents shape(1 + done.shapes % 5, (cols[which] + step - 1) / step * step);
    check_shape<P>(shape, done.shapes, done.shapes % 3 == 0 ? 1 : 0);
    ++done.shapes;
  }
}

template <std::size_t I, class P>
void check_format(bool small, progress& done) {
  if constexpr (I % PARTS == PART) {
    check_shapes<P>(small, done);
    if (!small) check_codec_of<P>(done);
  }
}

template <std::size_t... I, class... P>
void check_formats(std::index_sequence<I...>, detent::type_list<P...>, bool small, progress& done) {
  (check_format<I, P>(small, done), ...);
}

template <class... P>
void check_formats(detent::type_list<P...> all, bool small, progress& done) {
  check_formats(std::index_sequence_for<P...>{}, all, small, done);
}

#if PART == 0
/// Pieces of 2^26 elements.
template <class P>
void check_pieces(std::uint64_t elements) {
  constexpr std::size_t piece = std::size_t{1} << 26;
  const extents shape(piece / 4096, std::size_t{4096});
  const device::memory dx(piece * sizeof(float));
  const std::size_t bytes = detent::workspace_bytes<P>(shape);
  const device::memory workspace(bytes);
  const detent::cuda on{nullptr, workspace.data(), bytes};
  const auto sizes = detent::plane_bytes<P>(shape);
  std::vector<float> x(piece);
  for (std::uint64_t first = 0; first < elements; first += piece) {
    device::fill<<<2048, 256>>>(dx.data<float>(), std::uint64_t{piece}, std::uint64_t{5}, first);
    const device::packed<P> q(shape);
    device::must(detent::quantize(on, detent::tensor_view<const float, 2>(dx.data<float>(), shape), q.view()), P::name);
    dx.to_host(x.data(), piece * sizeof(float));
    std::vector<std::vector<std::uint8_t>> planes;
    std::uint8_t* at[sizes.size()] = {};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      planes.emplace_back(sizes[i]);
      at[i] = planes[i].data();
    }
    struct cores {
      void operator()(std::size_t tasks, detent::task_ref task) const {
        on_all_cores([&](unsigned core, unsigned n) {
          for (std::size_t i = core; i < tasks; i += n) task(i);
        });
      }
    };
    const cores pool;
    detent::quantize(detent::scalar{}, detent::tensor_view<const float, 2>(x.data(), shape),
                     detent::packed_view<P, std::uint8_t>(shape, at, 0), {.executor = pool});
    expect(q.differs(at) < 0, "large pieces", P::name);
  }
  std::printf("large: %s, %llu elements\n", P::name, static_cast<unsigned long long>(elements));
}

/// More elements than 32 bits count: the ends of the tensor, and a place in the middle, against the host.
template <class P>
void check_huge(std::uint64_t n) {
  using half = detent::element<detent::bf16>;
  std::size_t available = 0;
  std::size_t total = 0;
  device::must(cudaMemGetInfo(&available, &total), "cudaMemGetInfo");
  const extents shape(static_cast<std::size_t>(n));
  const std::size_t bytes = detent::workspace_bytes<P>(shape);
  if (available < n * 2 + detent::packed_bytes<P>(shape) + bytes + (std::size_t{1} << 28)) {
    std::printf("skipped: %llu elements do not fit this device\n", static_cast<unsigned long long>(n));
    return;
  }
  const device::memory dx(n * sizeof(half));
  device::fill<<<4096, 256>>>(dx.data<half>(), n, std::uint64_t{6}, std::uint64_t{0});
  const device::memory workspace(bytes);
  const device::packed<P> q(shape);
  const detent::cuda on{nullptr, workspace.data(), bytes};
  device::must(detent::quantize(on, detent::tensor_view<const half, 1>(dx.data<half>(), shape), q.view()), P::name);
  const std::uint64_t middle = (std::uint64_t{1} << 31) - 512;
  for (const std::uint64_t first : {std::uint64_t{0}, middle, n / 64 * 64 - 4096}) {
    const std::uint64_t rest = n - first;
    const auto count = static_cast<std::size_t>((first == 0 || first == middle) && rest > 1024 ? 1024 : rest);
    std::vector<half> x(count);
    for (std::size_t i = 0; i < count; ++i) x[i] = half(device::input(6, first + i));
    const extents part(count);
    std::vector<std::uint8_t> codes((count + 1) / 2);
    std::vector<float> scales((count + 63) / 64);
    detent::quantize(detent::scalar{}, detent::tensor_view<const half, 1>(x.data(), part),
                     detent::packed_view<P, std::uint8_t>(part, codes.data(), scales.data()));
    std::vector<std::uint8_t> got(codes.size());
    std::vector<float> got_scales(scales.size());
    device::must(cudaMemcpy(got.data(), q.view().plane(0) + first / 2, got.size(), cudaMemcpyDeviceToHost), "copy");
    device::must(cudaMemcpy(got_scales.data(), q.view().plane(1) + first / 64 * 4, got_scales.size() * 4,
                            cudaMemcpyDeviceToHost),
                 "copy");
    expect(got == codes && got_scales == scales, "more than 32 bits", P::name);
  }
  device::must(detent::dequantize(on, q.view(), detent::tensor_view<half, 1>(dx.data<half>(), shape)), P::name);
  device::must(cudaDeviceSynchronize(), "synchronize");
  std::printf("large: %s, %llu elements in one tensor\n", P::name, static_cast<unsigned long long>(n));
}

/// Masks on the device: what is kept comes back where it was.
void check_masks(std::size_t n) {
  const device::memory x(n * 4), y(n * 4), values(n * 4), mask((n + 7) / 8), count(8), scratch(n / 64 + 64);
  device::fill<<<64, 256>>>(x.data<float>(), std::uint64_t{n}, std::uint64_t{3}, std::uint64_t{0});
  const extents shape(n);
  const detent::tensor_view<const float, 1> from(x.data<float>(), shape);
  const detent::tensor_view<float, 1> to(y.data<float>(), shape);
  const detent::cuda on{nullptr, scratch.data(), scratch.size()};
  device::must(detent::magnitude_mask(on, from, 0.5f, mask.data()), "magnitude_mask");
  device::must(detent::compress(on, from, mask.data(), values.data<float>(), count.data<std::uint64_t>()), "compress");
  device::must(detent::expand(on, values.data<float>(), mask.data(), to), "expand");
  std::vector<float> a(n), b(n);
  x.to_host(a.data(), n * 4);
  y.to_host(b.data(), n * 4);
  std::uint64_t kept = 0;
  count.to_host(&kept, 8);
  std::uint64_t expected = 0;
  bool same = true;
  for (std::size_t i = 0; i < n; ++i) {
    const bool keep = (a[i] < 0 ? -a[i] : a[i]) >= 0.5f;
    expected += keep ? 1 : 0;
    same = same && b[i] == (keep ? a[i] : 0.0f);
  }
  expect(same && kept == expected, "masks", "compress and expand");
  device::must(detent::apply_mask(on, from, mask.data(), to), "apply_mask");
  y.to_host(b.data(), n * 4);
  same = true;
  for (std::size_t i = 0; i < n; ++i) same = same && b[i] == ((a[i] < 0 ? -a[i] : a[i]) >= 0.5f ? a[i] : 0.0f);
  expect(same, "masks", "apply");
  std::printf("masks: %zu elements\n", n);
}

#endif

}  // namespace

template <>
void check_part<PART>(bool small, progress& done) {
  check_formats(detent::all_formats{}, small, done);
  done.failures += failures;
}

#if PART == 0
template <>
void check_part<1>(bool small, progress& done);
template <>
void check_part<2>(bool small, progress& done);
template <>
void check_part<3>(bool small, progress& done);
template <>
void check_part<4>(bool small, progress& done);
template <>
void check_part<5>(bool small, progress& done);
template <>
void check_part<6>(bool small, progress& done);
template <>
void check_part<7>(bool small, progress& done);

/// All parts, in order.
template <int... N>
void check_parts(std::integer_sequence<int, N...>, bool small, progress& done) {
  (check_part<N>(small, done), ...);
}

int main(int arguments, char** argument) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (!device::present()) {
    std::printf("skipped: there is no CUDA device\n");
    return 77;
  }
  const bool small = arguments > 1 && std::string(argument[1]) == "small";
  progress done;
  check_masks(small ? 3001 : 10000001);
  if (!small) {
    check_pieces<detent::bnb::nf4>(std::uint64_t{1} << 30);
    check_pieces<detent::int8_rows>(std::uint64_t{1} << 28);
    check_pieces<detent::ocp::mxfp8_e4m3>(std::uint64_t{1} << 28);
    check_pieces<detent::bnb::nf4_double_quant>(std::uint64_t{1} << 28);
    check_huge<detent::bnb::nf4>((std::uint64_t{1} << 31) + 1);
    check_huge<detent::bnb::nf4>((std::uint64_t{1} << 32) + 7);
  }
  check_parts(std::make_integer_sequence<int, PARTS>{}, small, done);
  std::printf("formats: %zu shapes; %zu codecs over all floats\n", done.shapes, done.codecs.size());
  std::printf(done.failures == 0 ? "all is well\n" : "%llu FAILED\n", static_cast<unsigned long long>(done.failures));
  return done.failures == 0 ? 0 : 1;
}
#endif

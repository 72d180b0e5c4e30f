// SPDX-License-Identifier: MIT
//
// Pruning, for one backend: making masks, applying them, dense to sparse and back, at 50 % and 90 % pruned, and
// products of sparse matrices beside the dense one's. Names end in what is pruned, in percent:
//
//   prune_apply/fp32_50          0 in place of half of the elements
//   prune_compress/fp32_50       dense to bitmask and survivors; prune_expand: back
//   prune_mask/magnitude         keys, and those that reach a threshold; 2_of_4: the greater two of four
//   prune_vector/bitmask_50      W [rows, 4096] times a vector; dense_0 is the dense one
//   prune_matrix/bitmask_50      the same times [4096, 64]
//
// items_per_second counts elements of the dense W: its ratio to the dense product's is the gain.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include DETENT_BENCH_HEADER

#include <detent/format/int8.hpp>
#include <detent/op/apply.hpp>
#include <detent/op/prune.hpp>
#include <detent/op/sparse_product.hpp>
#include <detent/store/sparse_tensor.hpp>

#include "kernel.hpp"

namespace {

using backend = DETENT_BENCH_BACKEND;
using detent::extents;
using detent::mask_word_bits;

constexpr std::size_t columns_of_x = 64;

/// Random bits of which `Percent` are 0, or two of every four.
template <int Percent, bool TwoOfFour = false>
std::vector<std::uint64_t> bits_for(std::size_t n) {
  std::vector<std::uint64_t> bits(n / mask_word_bits);
  std::uint64_t state = 0x9E3779B97F4A7C15u;
  const auto next = [&] {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state >> 33;
  };
  static constexpr std::uint64_t pairs[] = {3, 5, 9, 6, 10, 12};
  for (std::uint64_t& word : bits) {
    for (std::size_t i = 0; i < mask_word_bits; i += TwoOfFour ? 4 : 1) {
      word |= (TwoOfFour ? pairs[next() % 6] : std::uint64_t{next() % 100 >= Percent}) << i;
    }
  }
  return bits;
}

/// What the operations need beside the buffers, made outside of the measurement for the request's shape.
template <int Percent>
std::vector<std::uint64_t>& kept_bits() {
  static std::vector<std::uint64_t> bits;
  return bits;
}
template <int Percent>
void prepare_bits(const bench::request& r) {
  if (kept_bits<Percent>().size() * mask_word_bits != r.rows * r.cols) {
    kept_bits<Percent>() = bits_for<Percent>(r.rows * r.cols);
  }
}
template <int Percent>
detent::const_mask_view mask_of(const bench::request& r) {
  return {kept_bits<Percent>().data(), extents(r.rows, r.cols)};
}

/// Tasks of 2^18 elements.
template <class F>
void in_tasks(const bench::request& r, const F& f) {
  constexpr std::size_t task = std::size_t{1} << 18;
  const std::size_t n = r.rows * r.cols;
  r.with.executor((n + task - 1) / task,
                  [&](std::size_t i) { f(i * task, n - i * task < task ? n - i * task : task); });
}

/// The copy reads the buffer that it is compared in: a mask beside it is not counted.
bench::traffic apply_bytes(std::size_t rows, std::size_t cols) {
  return {.read = rows * cols * 4, .write = rows * cols * 4};
}
template <int Percent>
void run_apply(const bench::request& r) {
  const detent::tensor_view<const float, 2> x(static_cast<const float*>(r.from), extents(r.rows, r.cols));
  const detent::tensor_view<float, 2> to(static_cast<float*>(r.to), extents(r.rows, r.cols));
  apply(backend{}, mask_of<Percent>(r), x, to, r.with);
}

template <class L, class P>
detent::sparse_tensor<L, P>& made() {
  static detent::sparse_tensor<L, P> sparse;
  return sparse;
}

template <int Percent>
bench::traffic compress_bytes(std::size_t rows, std::size_t cols) {
  const std::size_t n = rows * cols;
  return {.read = n * 4, .write = n / 100 * (100 - Percent) * 4 + n / 8 + 8 * rows};
}
template <int Percent>
bench::traffic expand_bytes(std::size_t rows, std::size_t cols) {
  return {.read = compress_bytes<Percent>(rows, cols).write, .write = rows * cols * 4};
}
/// The result of compress lies in its own memory.
template <int Percent>
void prepare_sparse(const bench::request& r) {
  prepare_bits<Percent>(r);
  const detent::tensor_view<const float, 2> x(static_cast<const float*>(r.from), extents(r.rows, r.cols));
  made<detent::bitmask, detent::fp32>() =
      detent::compress<detent::bitmask, detent::fp32>(backend{}, x, mask_of<Percent>(r));
}
template <int Percent>
void run_compress(const bench::request& r) {
  const detent::tensor_view<const float, 2> x(static_cast<const float*>(r.from), extents(r.rows, r.cols));
  compress(backend{}, x, mask_of<Percent>(r), made<detent::bitmask, detent::fp32>().view(), r.with);
}
template <int Percent>
void run_expand(const bench::request& r) {
  const detent::packed_view<detent::fp32, std::uint8_t> to(extents(r.rows, r.cols), r.to);
  expand(backend{}, made<detent::bitmask, detent::fp32>().view(), to, r.with);
}

bench::traffic mask_bytes(std::size_t rows, std::size_t cols) {
  return {.read = rows * cols * 4, .write = rows * cols / 8};
}
template <class Make>
void run_mask(const bench::request& r, const Make& make) {
  const auto* x = static_cast<const float*>(r.from);
  auto* to = static_cast<std::uint64_t*>(r.to);
  in_tasks(r, [&](std::size_t first, std::size_t n) {
    constexpr std::size_t run = 2048;
    std::uint32_t keys[run];
    for (std::size_t i = first; i < first + n; i += run) {
      const std::size_t count = first + n - i < run ? first + n - i : run;
      backend::keys(x + i, count, keys);
      make(keys, count, to + i / mask_word_bits);
    }
  });
}
/// The whole of it: half of the elements, by counting and writing.
void run_magnitude(const bench::request& r) {
  const extents shape(r.rows, r.cols);
  const detent::tensor_view<const float, 2> x(static_cast<const float*>(r.from), shape);
  detent::prune(backend{}, x, detent::magnitude(0.5), detent::mask_view(static_cast<std::uint64_t*>(r.to), shape),
                {.executor = r.with.executor});
}
void run_threshold(const bench::request& r) {
  run_mask(r, [](const std::uint32_t* keys, std::size_t n, std::uint64_t* to) {
    backend::at_least(keys, n, 0x3D000000u, to);
  });
}
void run_two_of_four(const bench::request& r) {
  run_mask(r, [](const std::uint32_t* keys, std::size_t n, std::uint64_t* to) { backend::n_of_m<2, 4>(keys, n, to); });
}

struct dense {};

/// W of the request: the first `rows` · cols elements of `from`, as floats or as codes of 8 bits.
template <class W>
detent::tensor_view<const W, 2> dense_matrix(const bench::request& r) {
  return {static_cast<const W*>(r.from), extents(r.rows, r.cols)};
}
template <class L, class P, int Percent>
bench::traffic product_bytes(std::size_t rows, std::size_t cols) {
  const std::size_t n = rows * cols;
  std::size_t read = n * P::codec::bits / 8;
  if constexpr (!std::same_as<L, dense>) read = L::index_bytes({rows, cols}, 0) + read / 100 * (100 - Percent);
  // The copy that stands beside it moves whole lines: at least one is written for 32 that are read.
  return {.read = read, .write = rows * 4 > read / 32 ? rows * 4 : read / 32};
}
template <class L, class P, int Percent>
void prepare_product(const bench::request& r) {
  if constexpr (!std::same_as<L, dense>) {
    const extents shape(r.rows, r.cols);
    const auto bits = bits_for<Percent, std::same_as<L, detent::two_of_four>>(shape.size());
    const std::vector<float> scales(r.rows, 1.0f);
    const detent::const_mask_view keep(bits.data(), shape);
    const auto* codes = static_cast<const std::uint8_t*>(r.from);
    if constexpr (P::codec::bits == 8)
      made<L, P>() =
          detent::compress<L>(backend{}, detent::packed_view<P, const std::uint8_t>(shape, codes, scales.data()), keep);
    else
      made<L, P>() = detent::compress<L>(backend{}, detent::packed_view<P, const std::uint8_t>(shape, codes), keep);
  }
}
template <class L, class P, class X, class Y>
void run_product(const bench::request& r, const X& x, const Y& y) {
  if constexpr (std::same_as<L, dense>)
    product(backend{}, dense_matrix<typename X::value_type>(r), x, y, r.with);
  else
    product(backend{}, made<L, P>().view(), x, y, r.with);
}
template <class L, class P, std::size_t Columns>
void run_products(const bench::request& r) {
  using weight = detent::detail::weight_of<P>;
  using sum = typename detent::detail::summands<weight>::sum;
  static std::vector<weight> x;
  static std::vector<sum> y;
  if (x.size() != r.cols * Columns || y.size() != r.rows * Columns) {
    x.assign(r.cols * Columns, weight{1});
    y.resize(r.rows * Columns);
  }
  if constexpr (Columns == 1)
    run_product<L, P>(r, detent::tensor_view<const weight, 1>(x), detent::tensor_view<sum, 1>(y));
  else
    run_product<L, P>(r, detent::tensor_view<const weight, 2>(x.data(), {r.cols, Columns}),
                      detent::tensor_view<sum, 2>(y.data(), {r.rows, Columns}));
}

template <class L, class P, int Percent, std::size_t Columns>
constexpr bench::kernel product_of(const char* operation, const char* name) {
  return {operation,
          name,
          backend::name,
          nullptr,
          product_bytes<L, P, Percent>,
          run_products<L, P, Columns>,
          prepare_product<L, P, Percent>};
}

using detent::bitmask;
using detent::fp32;
using detent::int8_rows;
using detent::two_of_four;

constexpr bench::kernel kernels[] = {
    {"prune_apply", "fp32_50", backend::name, nullptr, apply_bytes, run_apply<50>, prepare_bits<50>},
    {"prune_apply", "fp32_90", backend::name, nullptr, apply_bytes, run_apply<90>, prepare_bits<90>},
    {"prune_compress", "fp32_50", backend::name, nullptr, compress_bytes<50>, run_compress<50>, prepare_sparse<50>},
    {"prune_compress", "fp32_90", backend::name, nullptr, compress_bytes<90>, run_compress<90>, prepare_sparse<90>},
    {"prune_expand", "fp32_50", backend::name, nullptr, expand_bytes<50>, run_expand<50>, prepare_sparse<50>},
    {"prune_expand", "fp32_90", backend::name, nullptr, expand_bytes<90>, run_expand<90>, prepare_sparse<90>},
    {"prune_mask", "magnitude", backend::name, nullptr, mask_bytes, run_magnitude, nullptr},
    {"prune_mask", "threshold", backend::name, nullptr, mask_bytes, run_threshold, nullptr},
    {"prune_mask", "2_of_4", backend::name, nullptr, mask_bytes, run_two_of_four, nullptr},
    product_of<dense, fp32, 0, 1>("prune_vector", "dense_0"),
    product_of<bitmask, fp32, 30, 1>("prune_vector", "bitmask_30"),
    product_of<bitmask, fp32, 50, 1>("prune_vector", "bitmask_50"),
    product_of<bitmask, fp32, 70, 1>("prune_vector", "bitmask_70"),
    product_of<bitmask, fp32, 90, 1>("prune_vector", "bitmask_90"),
    product_of<two_of_four, fp32, 50, 1>("prune_vector", "2_of_4_50"),
    product_of<dense, int8_rows, 0, 1>("prune_vector_int8", "dense_0"),
    product_of<bitmask, int8_rows, 30, 1>("prune_vector_int8", "bitmask_30"),
    product_of<bitmask, int8_rows, 50, 1>("prune_vector_int8", "bitmask_50"),
    product_of<bitmask, int8_rows, 70, 1>("prune_vector_int8", "bitmask_70"),
    product_of<bitmask, int8_rows, 90, 1>("prune_vector_int8", "bitmask_90"),
    product_of<two_of_four, int8_rows, 50, 1>("prune_vector_int8", "2_of_4_50"),
    product_of<dense, fp32, 0, columns_of_x>("prune_matrix", "dense_0"),
    product_of<bitmask, fp32, 30, columns_of_x>("prune_matrix", "bitmask_30"),
    product_of<bitmask, fp32, 50, columns_of_x>("prune_matrix", "bitmask_50"),
    product_of<bitmask, fp32, 70, columns_of_x>("prune_matrix", "bitmask_70"),
    product_of<bitmask, fp32, 90, columns_of_x>("prune_matrix", "bitmask_90"),
    product_of<two_of_four, fp32, 50, columns_of_x>("prune_matrix", "2_of_4_50"),
    product_of<dense, int8_rows, 0, columns_of_x>("prune_matrix_int8", "dense_0"),
    product_of<bitmask, int8_rows, 30, columns_of_x>("prune_matrix_int8", "bitmask_30"),
    product_of<bitmask, int8_rows, 50, columns_of_x>("prune_matrix_int8", "bitmask_50"),
    product_of<bitmask, int8_rows, 70, columns_of_x>("prune_matrix_int8", "bitmask_70"),
    product_of<bitmask, int8_rows, 90, columns_of_x>("prune_matrix_int8", "bitmask_90"),
    product_of<two_of_four, int8_rows, 50, columns_of_x>("prune_matrix_int8", "2_of_4_50"),
};

const bench::registration here{kernels, sizeof kernels / sizeof *kernels};

}  // namespace

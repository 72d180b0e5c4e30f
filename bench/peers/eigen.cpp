// SPDX-License-Identifier: MIT
//
// The peer "Eigen": casts of arrays. Eigen has no threads for them: each of OpenMP's threads casts a part.
#include <Eigen/Core>

#include "peer.hpp"

namespace {

using bench::request;
using bench::peer::bytes;
using bench::peer::copies;

template <class T>
using array = Eigen::Array<T, Eigen::Dynamic, 1>;

constexpr float given_scale = 0.005f;

/// Calls f(first, n) for each thread's part of the rows.
template <class F>
void in_parts(const request& r, const F& f) {
  const auto parts = static_cast<std::size_t>(r.threads);
#pragma omp parallel for schedule(static) num_threads(r.threads)
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t first = r.rows * i / parts * r.cols;
    f(first, static_cast<Eigen::Index>(r.rows * (i + 1) / parts * r.cols - first));
  }
}

template <class From, class To>
void cast(const request& r) {
  in_parts(r, [&](std::size_t first, Eigen::Index n) {
    const Eigen::Map<const array<From>> from(static_cast<const From*>(r.from) + first, n);
    Eigen::Map<array<To>>(static_cast<To*>(r.to) + first, n) = from.template cast<To>();
  });
}

void quantize_int8_given(const request& r) {
  in_parts(r, [&](std::size_t first, Eigen::Index n) {
    const Eigen::Map<const array<float>> x(static_cast<const float*>(r.from) + first, n);
    Eigen::Map<array<std::int8_t>>(static_cast<std::int8_t*>(r.to) + first, n) =
        (x * (1 / given_scale)).rint().max(-127.0f).min(127.0f).cast<std::int8_t>();
  });
}

void dequantize_int8(const request& r) {
  const auto* scale = reinterpret_cast<const float*>(static_cast<const std::uint8_t*>(r.from) +
                                                     bench::peer::scales_at(r.rows * r.cols));
  in_parts(r, [&](std::size_t first, Eigen::Index n) {
    const Eigen::Map<const array<std::int8_t>> q(static_cast<const std::int8_t*>(r.from) + first, n);
    Eigen::Map<array<float>>(static_cast<float*>(r.to) + first, n) = q.cast<float>() * *scale;
  });
}

constexpr auto threads = bench::peer::take_threads;
const bench::kernel kernels[] = {
    {"quantize", "fp16", "Eigen", nullptr, bytes<16, 0, true>, cast<float, Eigen::half>, threads, copies},
    {"quantize", "bf16", "Eigen", nullptr, bytes<16, 0, true>, cast<float, Eigen::bfloat16>, threads, copies},
    {"quantize", "int8_given", "Eigen", nullptr, bytes<8, 0, true>, quantize_int8_given, threads, copies},
    {"dequantize", "fp16", "Eigen", "fp16", bytes<16, 0, false>, cast<Eigen::half, float>, threads, copies},
    {"dequantize", "bf16", "Eigen", "bf16", bytes<16, 0, false>, cast<Eigen::bfloat16, float>, threads, copies},
    {"dequantize", "int8", "Eigen", "int8", bytes<8, 0, false>, dequantize_int8, threads, copies},
};
const bench::registration here{kernels, sizeof kernels / sizeof *kernels};

}  // namespace

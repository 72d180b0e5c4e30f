// SPDX-License-Identifier: MIT
//
// Every precision to fp32, fp16 and bf16, and added to fp32. Compiled once for each backend and group of precisions,
// which the macros name.
#include <detent/op/dequantize.hpp>

#include DETENT_BENCH_HEADER
#include "precisions.hpp"

namespace {

using backend = DETENT_BENCH_BACKEND;
using fp16 = detent::element<detent::fp16>;
using bf16 = detent::element<detent::bf16>;

template <class P>
detent::packed_view<P, const std::uint8_t> packed(const bench::request& r) {
  return bench::packed_at<P>(r.from, {r.rows, r.cols});
}

template <class T>
detent::tensor_view<T, 2> result(const bench::request& r) {
  return {static_cast<T*>(r.to), {r.rows, r.cols}};
}

template <class P, class T, bool InPlace>
bench::traffic bytes(std::size_t rows, std::size_t cols) {
  return {.read = detent::packed_bytes<P>({rows, cols}), .write = rows * cols * sizeof(T), .in_place = InPlace};
}

template <class P, class T>
void run(const bench::request& r) {
  dequantize(backend{}, packed<P>(r), result<T>(r), r.with);
}

template <class P>
void run_add(const bench::request& r) {
  dequantize_add(backend{}, packed<P>(r), result<float>(r), r.with);
}

template <class... P>
struct all {
  static constexpr const char* name = backend::name;
  static constexpr bench::kernel kernels[] = {
      bench::kernel{"dequantize", P::name, name, P::name, bytes<P, float, false>, run<P, float>, nullptr}...,
      bench::kernel{"dequantize_fp16", P::name, name, P::name, bytes<P, fp16, false>, run<P, fp16>, nullptr}...,
      bench::kernel{"dequantize_bf16", P::name, name, P::name, bytes<P, bf16, false>, run<P, bf16>, nullptr}...,
      bench::kernel{"dequantize_add", P::name, name, P::name, bytes<P, float, true>, run_add<P>, nullptr}...};
};
template <class... P>
struct all<detent::type_list<P...>> : all<P...> {};

using chosen = all<bench::DETENT_BENCH_GROUP>;
const bench::registration here{chosen::kernels, sizeof chosen::kernels / sizeof *chosen::kernels};

}  // namespace

// SPDX-License-Identifier: MIT
//
// fp32 to every precision. Compiled once for each backend and group of precisions, which the macros name.
#include <cstdint>
#include <detent/op/quantize.hpp>
#include <vector>

#include DETENT_BENCH_HEADER
#include "precisions.hpp"

namespace {

using backend = DETENT_BENCH_BACKEND;

detent::tensor_view<const float, 2> floats(const bench::request& r) {
  return {static_cast<const float*>(r.from), {r.rows, r.cols}};
}

template <class P>
detent::packed_view<P, std::uint8_t> packed(const bench::request& r) {
  return bench::packed_at<P>(r.to, {r.rows, r.cols});
}

template <class P>
bench::traffic bytes(std::size_t rows, std::size_t cols) {
  return {.read = rows * cols * sizeof(float),
          .write = detent::packed_bytes<P>({rows, cols}),
          .twice = bench::finds_scale_first<P>()};
}

template <class P>
bench::traffic code_bytes(std::size_t rows, std::size_t cols) {
  const detent::extents shape(rows, cols);
  return {.read = shape.size() * sizeof(float), .write = detent::plane_bytes<P>(shape)[0]};
}

/// Made by the first call for a shape; of no bytes for most precisions.
template <class P>
detent::options with_workspace(const bench::request& r) {
  static std::vector<std::uint8_t> workspace;
  workspace.resize(detent::host_workspace_bytes<P>({r.rows, r.cols}));
  detent::options with = r.with;
  with.workspace = workspace.data();
  with.workspace_bytes = workspace.size();
  return with;
}

template <class P>
void run(const bench::request& r) {
  quantize(backend{}, floats(r), packed<P>(r), with_workspace<P>(r));
}

template <class P>
void run_given(const bench::request& r) {
  encode(backend{}, floats(r), packed<P>(r), r.with);
}

template <class P>
void run_stochastic(const bench::request& r) {
  quantize(backend{}, floats(r), packed<P>(r), detent::stochastic{1}, r.with);
}

template <class P>
constexpr bench::kernel kernel_of() {
  if constexpr (requires { P::scale_is_given; })
    return {"quantize", P::name, backend::name, nullptr, code_bytes<P>, run_given<P>, run<P>};
  else if constexpr (requires { P::rounds_at_random; })
    return {"quantize", P::name, backend::name, nullptr, bytes<P>, run_stochastic<P>, nullptr};
  else
    return {"quantize", P::name, backend::name, nullptr, bytes<P>, run<P>, nullptr};
}

template <class... P>
struct all {
  static constexpr bench::kernel kernels[] = {kernel_of<P>()...};
};
template <class... P>
struct all<detent::type_list<P...>> : all<P...> {};

using chosen = all<bench::DETENT_BENCH_GROUP>;
const bench::registration here{chosen::kernels, sizeof chosen::kernels / sizeof *chosen::kernels};

}  // namespace

// SPDX-License-Identifier: MIT
//
// Some precisions to others, without fp32 between them. Compiled once for each backend, which the macros name; the
// group is a list of pairs.
#include <detent/op/convert.hpp>
#include <initializer_list>

#include DETENT_BENCH_HEADER
#include "precisions.hpp"

namespace {

using backend = DETENT_BENCH_BACKEND;

/// "bf16-nf4".
template <class From, class To>
struct pair_name {
  char text[64] = {};

  constexpr pair_name() {
    std::size_t at = 0;
    for (const char* part : {From::name, "-", To::name}) {
      for (const char* c = part; *c != '\0'; ++c) text[at++] = *c;
    }
  }
};
template <class From, class To>
constexpr pair_name<From, To> name_of;

template <class From, class To>
bench::traffic bytes(std::size_t rows, std::size_t cols) {
  return {.read = detent::packed_bytes<From>({rows, cols}),
          .write = detent::packed_bytes<To>({rows, cols}),
          .twice = bench::finds_scale_first<To>()};
}

template <class From, class To>
void run(const bench::request& r) {
  const detent::extents shape(r.rows, r.cols);
  const detent::packed_view<From, const std::uint8_t> from = bench::packed_at<From>(r.from, shape);
  convert(backend{}, from, bench::packed_at<To>(r.to, shape), r.with);
}

template <class... Pairs>
struct all {
  static constexpr bench::kernel kernels[] = {
      {"convert", name_of<typename Pairs::from, typename Pairs::to>.text, backend::name, Pairs::from::name,
       bytes<typename Pairs::from, typename Pairs::to>, run<typename Pairs::from, typename Pairs::to>, nullptr}...};
};
template <class... Pairs>
struct all<detent::type_list<Pairs...>> : all<Pairs...> {};

using chosen = all<bench::DETENT_BENCH_GROUP>;
const bench::registration here{chosen::kernels, sizeof chosen::kernels / sizeof *chosen::kernels};

}  // namespace

// SPDX-License-Identifier: MIT
//
// A precision by its name at run time: only those that are listed become code.
#include <cstdio>
#include <cstring>
#include <detent/format/fp16.hpp>
#include <detent/format/int8.hpp>
#include <detent/format/nf4.hpp>
#include <detent/native.hpp>
#include <string>
#include <vector>

namespace {

// [by_name]
std::size_t quantized_bytes(const std::string& name, const detent::tensor_view<const float, 2>& w) {
  std::size_t bytes = 0;
  detent::visit_precision<detent::fp16, detent::int8, detent::nf4>(
      name, [&]<class P>() { bytes = detent::quantize<P>(w).bytes(); });
  return bytes;
}
// [/by_name]

// [list]
using my_formats = detent::type_list<detent::fp16, detent::int8, detent::nf4>;

void print_all() {
  my_formats::for_each([]<class P>() { std::printf("%s: codes of %d bits\n", P::name, P::codec::bits); });
}

bool is_known(const std::string& name) {
  bool found = false;
  try {
    detent::visit_precision(my_formats{}, name, [&]<class P>() { found = true; });
  } catch (const detent::error& e) {
    std::printf("%s\n", e.what());  // there is no precision "fp8"; choose one of fp16, int8, nf4
  }
  return found;
}
// [/list]

}  // namespace

int main() {
  const std::vector<float> weights(64 * 64, 0.5f);
  const detent::tensor_view<const float, 2> w(weights.data(), {64, 64});
  print_all();
  const bool sizes = quantized_bytes("fp16", w) == 8192 && quantized_bytes("int8", w) == 4096 + 4 &&
                     quantized_bytes("nf4", w) == 2048 + 64 * 4;
  return sizes && is_known("nf4") && !is_known("fp8") ? 0 : 1;
}

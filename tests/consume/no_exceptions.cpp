// SPDX-License-Identifier: MIT
//
// Without exceptions the sentence goes to the user's handler, which must not return.
[[noreturn]] void refused(const char* sentence);
#define DETENT_ERROR_HANDLER(sentence) refused(sentence)

#include <detent/detent.hpp>
#include <detent/format/nf4.hpp>
#include <detent/native.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

void refused(const char* sentence) {
  std::printf("refused: %s\n", sentence);
  std::fflush(stdout);
  std::_Exit(std::strlen(sentence) > 10 ? 0 : 1);
}

int main() {
  const float weights[6] = {1, -2, 3, -4, 5, -6};
  float back[6] = {};
  const auto quantized = detent::quantize<detent::nf4>(detent::tensor_view<const float, 2>{weights, {2, 3}});
  detent::dequantize(quantized, detent::tensor_view<float, 2>{back, {2, 3}});
  if (back[5] != -6) return 1;
  // A shape that does not match.
  detent::dequantize(quantized, detent::tensor_view<float, 2>{back, {2, 2}});
  return 1;
}

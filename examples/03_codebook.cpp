// SPDX-License-Identifier: MIT
//
// A format from a codebook of one's own: it is vectorised like the library's, and works at compile time.
#include <cstdio>
#include <detent/format/codebook.hpp>
#include <detent/native.hpp>
#include <vector>

// [codebook]
/// Twelve values, in any order; the code of a value is its place here.
struct my_book {
  static constexpr detent::constant_table<float, 12> values{
      {0, 0.1f, 0.25f, 0.4f, 0.6f, 0.8f, 1, -0.1f, -0.25f, -0.5f, -0.75f, -1}};
};

struct my_format : detent::codebook<my_book, detent::blocks_of<32>> {
  static constexpr const char* name = "my_format";
  using packing = detent::high_nibble_first;
};

static_assert(detent::is_precision<my_format>);
static_assert(my_format::codec::bits == 4);
static_assert(my_format::codec::decode(my_format::codec::encode(-0.7f)) == -0.75f);
// [/codebook]

int main() {
  std::vector<float> weights(64 * 100);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i * 31 % 401) / 200 - 1;
  const detent::tensor_view<const float, 2> w(weights.data(), {64, 100});

  const auto q = detent::quantize<my_format>(w);
  const detent::error_metrics lost = detent::measure_error(w, q);
  std::printf("%s: %zu bytes, greatest error %.4f, SQNR %.2f dB\n", my_format::name, q.bytes(), lost.max, lost.sqnr_db);
  // The widest gap of the book is 0.25, and no scale is above 1.
  return lost.max <= 0.125 + 1e-6 ? 0 : 1;
}

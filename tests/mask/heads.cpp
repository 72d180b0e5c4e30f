// SPDX-License-Identifier: MIT
//
// Attention heads as Michel et al. prune them (arXiv 1905.10650): a head whose gate is 0. Masking the projections gives
// the output of the gated network, for heads of their own keys and values and for shared ones.
#include "detent/backend/native.hpp"
#include "mask/support.hpp"

namespace {

using namespace detent;

struct attention {
  std::size_t heads, kv_heads, size, width;  // of each head, and of the network
  std::vector<float> q, k, v, o;

  attention(std::size_t h, std::size_t kv, std::size_t d, std::size_t w)
      : heads(h),
        kv_heads(kv),
        size(d),
        width(w),
        q(test::vec(1, h * d * w, 1)),
        k(test::vec(2, kv * d * w, 1)),
        v(test::vec(3, kv * d * w, 1)),
        o(test::vec(4, w * h * d, 1)) {}

  tensor_view<float, 2> queries() { return {q.data(), {heads * size, width}}; }
  tensor_view<float, 2> keys() { return {k.data(), {kv_heads * size, width}}; }
  tensor_view<float, 2> values() { return {v.data(), {kv_heads * size, width}}; }
  tensor_view<float, 2> output() { return {o.data(), {width, heads * size}}; }

  /// y [tokens, width] of x, with a gate for each head.
  std::vector<double> operator()(const std::vector<float>& x, const std::vector<double>& gate) const {
    const std::size_t tokens = x.size() / width;
    std::vector<double> mixed(tokens * heads * size);
    for (std::size_t h = 0; h < heads; ++h) {
      const std::size_t shared = h / (heads / kv_heads);
      for (std::size_t t = 0; t < tokens; ++t) {
        std::vector<double> weight(tokens);
        double sum = 0;
        for (std::size_t s = 0; s < tokens; ++s) {
          double score = 0;
          for (std::size_t i = 0; i < size; ++i) {
            score += projected(q, h * size + i, x, t) * projected(k, shared * size + i, x, s);
          }
          sum += weight[s] = std::exp(score / std::sqrt(static_cast<double>(size)));
        }
        for (std::size_t i = 0; i < size; ++i) {
          double value = 0;
          for (std::size_t s = 0; s < tokens; ++s) value += weight[s] / sum * projected(v, shared * size + i, x, s);
          mixed[(t * heads + h) * size + i] = gate[h] * value;
        }
      }
    }
    std::vector<double> y(tokens * width);
    for (std::size_t t = 0; t < tokens; ++t) {
      for (std::size_t r = 0; r < width; ++r) {
        for (std::size_t c = 0; c < heads * size; ++c) {
          y[t * width + r] += static_cast<double>(o[r * heads * size + c]) * mixed[t * heads * size + c];
        }
      }
    }
    return y;
  }

 private:
  double projected(const std::vector<float>& w, std::size_t row, const std::vector<float>& x, std::size_t token) const {
    double sum = 0;
    for (std::size_t i = 0; i < width; ++i) {
      sum += static_cast<double>(w[row * width + i]) * static_cast<double>(x[token * width + i]);
    }
    return sum;
  }
};

template <class C>
void apply_to(const tensor_view<float, 2>& w, const C& c) {
  apply(native{}, prune(native{}, w, c).view(), w);
}

std::vector<double> gates(std::size_t heads, const std::vector<std::size_t>& off) {
  std::vector<double> gate(heads, 1);
  for (const std::size_t h : off) gate[h] = 0;
  return gate;
}

}  // namespace

TEST_CASE("masked heads give the gated output") {
  const attention whole(6, 6, 4, 10);
  const std::vector<float> x = test::vec(9, 5 * 10, 1);
  const std::vector<std::size_t> off{1, 4};
  const auto expected = whole(x, gates(6, off));
  REQUIRE(expected != whole(x, gates(6, {})));

  attention columns = whole;  // Michel et al.: the output projection's columns alone
  apply_to(columns.output(), given_heads(6, off, 1));
  REQUIRE(columns(x, gates(6, {})) == expected);

  attention rows = whole;  // what compaction removes
  apply_to(rows.queries(), given_heads(6, off));
  apply_to(rows.keys(), given_heads(6, off));
  apply_to(rows.values(), given_heads(6, off));
  apply_to(rows.output(), given_heads(6, off, 1));
  REQUIRE(rows(x, gates(6, {})) == expected);
}

TEST_CASE("shared keys and values go when all of their heads go") {
  const attention whole(6, 3, 4, 10);
  const std::vector<float> x = test::vec(9, 5 * 10, 1);
  const std::vector<std::size_t> off{0, 2, 3};  // of the second pair both
  const auto expected = whole(x, gates(6, off));
  attention masked = whole;
  apply_to(masked.queries(), given_heads(6, off));
  apply_to(masked.output(), given_heads(6, off, 1));
  for (const tensor_view<float, 2>& w : {masked.keys(), masked.values()}) {
    const bit_mask m = prune(native{}, w, given_heads(6, off).shared(2));
    REQUIRE(count_kept(m.view()) == w.size() / 3 * 2);
    REQUIRE_FALSE(m[4 * 10]);
    apply(native{}, m.view(), w);
  }
  REQUIRE(masked(x, gates(6, {})) == expected);
}

TEST_CASE("ranked heads are those of the least sum of squares, alone or in groups") {
  attention a(6, 3, 4, 10);
  for (std::size_t i = 0; i < a.q.size(); ++i) {
    const float size[] = {3, 0.1f, 5, 0.5f, 0.2f, 1};
    a.q[i] *= size[i / 40];
  }
  const bit_mask two = prune(native{}, a.queries(), heads(6, 2));
  const bit_mask pair = prune(native{}, a.queries(), heads(6, 1).grouped(2));
  for (std::size_t h = 0; h < 6; ++h) {
    REQUIRE(two[h * 40] == (h != 1 && h != 4));
    REQUIRE(pair[h * 40 + 39] == (h / 2 != 2));
  }
}

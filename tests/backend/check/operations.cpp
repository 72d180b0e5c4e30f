// SPDX-License-Identifier: MIT
//
// Whole operations on every backend against the scalar one, and in every state that the calling thread can be in.
#include <catch2/catch.hpp>
#include <cfenv>

#include "backend/check/each.hpp"
#include "backend/check/inputs.hpp"
#include "support/subnormals.hpp"

namespace checks {
namespace {

struct matrix {
  std::size_t rows;
  std::size_t cols;
};

/// ggml's records need rows of 32 or 256.
bool fits(const operation& o, const matrix& m) {
  const bool of_256 = o.format == "ggml::q4_k" || o.format == "ggml::q6_k";
  return o.format.rfind("ggml::", 0) != 0 || m.cols % (of_256 ? 256 : 32) == 0;
}

std::vector<std::uint32_t> elements_of(const operation& o, std::size_t n) {
  generator random;
  const bool halves = o.format.find(" of 16 bits") != std::string::npos;
  std::vector<std::uint32_t> words(n + 1);
  for (std::size_t i = 0; i < n; ++i) {
    const float x = std::ldexp(static_cast<float>(static_cast<std::int32_t>(random())), -31 - static_cast<int>(i % 3));
    if (!halves) {
      words[i] = bits_of(i % 101 == 100 ? std::ldexp(x, -120) : x);
      if (i % 701 == 300) words[i] = i % 2 == 0 ? 0x7F800000u : 0xFFC00000u;  // infinity and NaN
    } else {
      words[i] = (random() & 0xBFFFBFFFu);
    }
  }
  return words;
}

bool same_reports(const detent::quantize_report& a, const detent::quantize_report& b) {
  return a.nan == b.nan && a.infinite == b.infinite && a.zero_groups == b.zero_groups &&
         a.scale_overflows == b.scale_overflows && a.scale_underflows == b.scale_underflows;
}

constexpr detent::options through_caches{.executor = {}, .stream_from = ~std::size_t{0}};
constexpr detent::options past_caches{.executor = {}, .stream_from = 0};

/// The floats begin `behind` elements behind a line.
void same_operation(const operation& scalar, const operation& o, const matrix& m, const detent::options& with,
                    std::size_t behind, const auto& in_state) {
  const std::vector<std::uint32_t> x = elements_of(o, m.rows * m.cols);
  const std::size_t size = o.bytes(m.rows, m.cols);
  guarded_bytes a(size, m.cols % 64);
  guarded_bytes b = a;
  const detent::quantize_report known = scalar.quantize(x.data(), m.rows, m.cols, a.data(), through_caches);
  guarded_bytes u(m.rows * m.cols * sizeof(float), behind * sizeof(float));
  guarded_bytes v = u;
  scalar.dequantize(a.data(), m.rows, m.cols, reinterpret_cast<float*>(u.data()), through_caches);
  detent::quantize_report reported;
  in_state([&] {
    reported = o.quantize(x.data(), m.rows, m.cols, b.data(), with);
    o.dequantize(a.data(), m.rows, m.cols, reinterpret_cast<float*>(v.data()), with);
  });
  INFO(m.rows << " x " << m.cols);
  if (!(a == b)) FAIL("quantize: other bytes");
  if (!(u == v)) FAIL("dequantize: other values");
  if (!same_reports(known, reported)) FAIL("quantize: another report");
}

}  // namespace

TEST_CASE("operations give the bytes of the scalar backend") {
  for_each_pair(&backend_under_test::operations, [](const operation& scalar, const operation& o) {
    for (const matrix& m : {matrix{1, 1},
                            {3, 7},
                            {2, 31},
                            {5, 33},
                            {4, 64},
                            {3, 96},
                            {7, 129},
                            {2, 1000},
                            {1, 1025},
                            {3, 2048},
                            {2, 4096},
                            {300, 5}}) {
      if (!fits(o, m)) continue;
      const auto plainly = [](const auto& run) { run(); };
      same_operation(scalar, o, m, through_caches, 1, plainly);
      for (const std::size_t behind : {0, 1}) same_operation(scalar, o, m, past_caches, behind, plainly);
    }
  });
}

TEST_CASE("operations do not depend on the thread's rounding mode, nor on its treatment of subnormals") {
  for_each_pair(&backend_under_test::operations, [](const operation& scalar, const operation& o) {
    const matrix m = o.format.rfind("ggml::", 0) == 0 ? matrix{3, 512} : matrix{3, 517};
    for (int mode : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
      for (bool flush : {false, true}) {
        INFO("rounding mode " << mode << (flush ? ", subnormals flushed" : ""));
        bool kept = false;
        same_operation(scalar, o, m, through_caches, 0, [&](const auto& run) {
          std::fesetround(mode);
          test::flush_subnormals(flush);
          run();
          kept = std::fegetround() == mode;
          test::flush_subnormals(false);
          std::fesetround(FE_TONEAREST);
        });
        if (!kept) FAIL("the thread's rounding mode was changed");
      }
    }
  });
}

}  // namespace checks

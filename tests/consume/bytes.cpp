// SPDX-License-Identifier: MIT
//
// Prints checksums of each format's bytes and of the values that they decode to, for three sorts of elements. Every
// backend, under every limit of the instruction set, every rounding mode, and with subnormals kept and flushed, must
// give those of scalar; consume.py compares what the program prints when it is compiled in different ways and for
// different processors.
#include <detent/detent.hpp>
#include <detent/formats.hpp>
#include <detent/native.hpp>
#if defined(WITH_SIMD)
#include <detent/backend/simd.hpp>
#endif

#include <cfenv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "support/packed_buffer.hpp"
#include "support/subnormals.hpp"

namespace {

constexpr std::size_t rows = 6;
constexpr std::size_t cols = 512;

enum class kind { ordinary, specials, ties };

/// Sums of uniform numbers with outliers, rows of very different size, subnormals and zeros; with `specials`,
/// infinities and NaN too.
std::vector<float> numbers(bool specials) {
  std::uint32_t state = 2463534242u;
  const auto next = [&] {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return static_cast<std::int32_t>(state >> 8) - (1 << 23);
  };
  const int exponents[rows] = {0, -3, 5, -20, -60, -140};
  std::vector<float> x(rows * cols);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::int32_t sum = (next() >> 2) + (next() >> 2) + (next() >> 2);  // exact as a float
    x[i] = std::ldexp(static_cast<float>(sum), exponents[i / cols] - 22 + (i % 97 == 96 ? 4 : 0));
    if (i % 101 == 100) x[i] = i % 2 == 0 ? 0.0f : -0.0f;
  }
  if (specials) {
    x[3] = HUGE_VALF;
    x[cols + 40] = -HUGE_VALF;
    x[2 * cols + 100] = NAN;
    x[3 * cols + 7] = detent::detail::float_of(0xFF812345u);
  }
  return x;
}

/// Blocks of 32 with odd halves of a step of 2/15 and 1/127 of the greatest: where one rounding less decides.
std::vector<float> ties() {
  std::vector<float> x(rows * cols);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t block = i / 32;
    const double greatest = 1 + static_cast<double>(block * 37 % 101) / 103;
    const double halves = static_cast<double>(i % 32) + 0.5;
    const double of_fifteen = -1 + 2 * std::fmod(halves, 15) / 15;
    x[i] = static_cast<float>(greatest * (block % 2 == 0 ? of_fifteen : halves / 127));
    if (i % 32 >= 30) x[i] = static_cast<float>(i % 32 == 30 ? greatest : -greatest);
  }
  return x;
}

std::vector<float> elements(kind k) { return k == kind::ties ? ties() : numbers(k == kind::specials); }

/// FNV-1a.
struct checksum {
  std::uint64_t value = 14695981039346656037u;
  void add(std::uint8_t byte) { value = (value ^ byte) * 1099511628211u; }
  /// Which NaN a multiplication gives is the processor's affair.
  void add(float x) {
    const std::uint32_t bits = std::isnan(x) ? 0x7FC00000u : detent::detail::bits_of(x);
    for (int i = 0; i < 32; i += 8) add(static_cast<std::uint8_t>(bits >> i));
  }
};

template <class P, class Backend>
std::uint64_t checksum_of(Backend backend, const std::vector<float>& x) {
  const detent::tensor_view<const float, 2> view{x.data(), {rows, cols}};
  const test::packed_buffer<P> quantized(view.shape());
  detent::quantize(backend, view, quantized.view());
  std::vector<float> back(x.size());
  detent::dequantize(backend, quantized.view(), detent::tensor_view<float, 2>{back.data(), view.shape()});
  checksum sum;
  for (std::size_t plane = 0; plane < quantized.planes(); ++plane) {
    const auto& bytes = quantized.plane(plane);
    for (std::size_t i = 0; i < bytes.size(); ++i) sum.add(bytes.data()[i]);
  }
  for (const float value : back) sum.add(value);
  return sum.value;
}

int differ = 0;

/// In every state of this thread.
template <class P, class Backend>
void compare(Backend backend, const char* set, const std::vector<float>& x, std::uint64_t expected) {
  for (const int mode : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    for (const bool flush : {false, true}) {
      std::fesetround(mode);
      test::flush_subnormals(flush);
      const std::uint64_t found = checksum_of<P>(backend, x);
      test::flush_subnormals(false);
      std::fesetround(FE_TONEAREST);
      if (found == expected) continue;
      std::printf("%s on %s %s, rounding mode %d%s: other bytes\n", P::name, Backend::name, set, mode,
                  flush ? ", subnormals flushed" : "");
      ++differ;
    }
  }
}

struct show_format {
  template <class P>
  void operator()() const {
    std::printf("%s", P::name);
    for (const kind k : {kind::ordinary, kind::specials, kind::ties}) {
      const std::vector<float> x = elements(k);
      const std::uint64_t expected = checksum_of<P>(detent::scalar{}, x);
      compare<P>(detent::scalar{}, "", x, expected);
      for (const char* set : detent::detail::instruction_set_names) {
        detent::native::limit(set);
        compare<P>(detent::native{}, detent::native::chosen(), x, expected);
      }
#if defined(WITH_SIMD)
      compare<P>(detent::simd<>{}, "", x, expected);
#endif
      std::printf(" %016llx", static_cast<unsigned long long>(expected));
    }
    std::puts("");
  }
};

}  // namespace

int main() {
#if defined(FEW)
  using formats =
      detent::type_list<detent::bf16, detent::bnb::nf4_double_quant, detent::ggml::q4_1, detent::nvidia::nvfp4>;
#else
  using formats = detent::type_list<detent::fp16, detent::bf16, detent::fp8_e4m3fn, detent::fp8_e5m2fnuz,
                                    detent::fp6_e3m2, detent::int8_rows, detent::int3, detent::uint5, detent::nf4,
                                    detent::bnb::nf4_double_quant, detent::bnb::dynamic8, detent::bnb::int8,
                                    detent::ggml::q8_0, detent::ggml::q4_1, detent::ggml::q4_k, detent::ggml::q6_k,
                                    detent::ocp::mxfp4, detent::nvidia::nvfp4, detent::torch::quint8_channels>;
#endif
  formats::for_each(show_format{});
  return differ == 0 ? 0 : 1;
}

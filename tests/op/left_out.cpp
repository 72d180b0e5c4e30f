// SPDX-License-Identifier: MIT
//
// native without the instruction sets that a file leaves out; the other files of this program may have them.
#if !defined(DETENT_NATIVE_WITHOUT_SSE)
#define DETENT_NATIVE_WITHOUT_SSE
#endif
#if !defined(DETENT_NATIVE_WITHOUT_AVX512)
#define DETENT_NATIVE_WITHOUT_AVX512
#endif
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "detent/format/nf4.hpp"
#include "detent/native.hpp"

using namespace detent;

TEST_CASE("sets that a file leaves out are not there, and what is left gives the same bytes") {
#if defined(__x86_64__)
  for (const char* name : {"sse2", "sse41", "avx512", "avx512_bf16"}) {
    const std::string before = native::chosen();
    REQUIRE_FALSE(native::limit(name));
    REQUIRE(native::chosen() == before);
  }
  REQUIRE((std::string(native::chosen()) == "avx2" || std::string(native::chosen()) == "scalar"));
#endif
  std::vector<float> x(3 * 200);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 37 % 101) / 50 - 1;
  const tensor_view<const float, 2> view(x.data(), {3, 200});
  const packed_tensor<nf4> fast = quantize<nf4>(view), expected = quantize<nf4>(scalar{}, view);
  REQUIRE(fast.bytes() == expected.bytes());
  REQUIRE(std::equal(fast.view().plane(0), fast.view().plane(0) + 300, expected.view().plane(0)));
}

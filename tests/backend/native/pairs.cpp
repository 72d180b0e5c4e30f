// SPDX-License-Identifier: MIT
//
// Which groups come straight from the bytes of two codes each: whole vectors, at AVX-512. That the values are the same
// is seen in check/kernels.cpp.
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "detent/backend/native.hpp"
#include "detent/format/bitsandbytes.hpp"
#include "detent/format/nf4.hpp"

namespace {

using detent::native;

template <class P>
bool straight(std::size_t n, std::size_t group) {
  const std::vector<std::uint8_t> bytes(n / 2 + 1);
  const std::vector<float> factors(n / group + 1, 1.0f);
  std::vector<float> to(n);
  return native::decode_pairs<typename P::packing, typename P::codec, detent::affine{.scaled = true}, false>(
      bytes.data(), n, group, {.factor = factors.data()}, to.data());
}

}  // namespace

TEST_CASE("groups of whole vectors come straight from their bytes") {
  int tried = 0;
  for (const char* set : detent::detail::instruction_set_names) {
    if (!native::limit(set) || std::string(native::chosen()) != set) continue;
    const bool does = std::string(set).starts_with("avx512");
    tried += does ? 1 : 0;
    INFO("at " << set);
    for (const std::size_t group : {16, 32, 48, 64, 128, 4096, 5000}) CHECK(straight<detent::nf4>(4096, group) == does);
    CHECK(straight<detent::bnb::nf4>(4096, 64) == does);
    CHECK(straight<detent::nf4>(4080, 64) == does);
    for (const std::size_t group : {1, 8, 24, 100}) CHECK_FALSE(straight<detent::nf4>(4096, group));
    CHECK_FALSE(straight<detent::nf4>(4095, 64));
    CHECK_FALSE(straight<detent::nf4>(0, 64));
  }
  native::limit("");
  if (tried == 0) WARN("skipped: this processor has no AVX-512");
}

// SPDX-License-Identifier: MIT
//
// The device's way of computing each codec, against the codec: every code, floats around every place where codes
// change, and random bits. And that no two codes of a layout share a bit.
#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "detent/cuda/encode.hpp"
#include "detent/formats.hpp"
#include "support/data.hpp"

namespace {

namespace gpu = detent::detail::gpu;

template <class C>
std::vector<float> deciding() {
  std::vector<float> x;
  const auto around = [&](float at) {
    const std::uint32_t bits = test::as_bits(at);
    for (std::uint32_t d = 0; d < 3; ++d) x.push_back(test::as_float(bits - 1 + d));
  };
  if constexpr (C::bits <= 8) {
    for (std::uint32_t code = 0; code < 1u << C::bits; ++code) {
      const float a = C::decode(code);
      around(a);
      for (std::uint32_t other = 0; other < 1u << C::bits; ++other) {
        const float middle = (a + C::decode(other)) / 2;
        if (C::bits <= 4 || other == code + 1) around(middle);
      }
    }
  }
  if constexpr (detent::codec_of_kind<C, detent::kind::table>) {
    for (std::size_t i = 0; i + 1 < C::size; ++i) around(C::thresholds[i]);
  }
  for (const std::uint32_t bits : {0u, 1u, 0x007FFFFFu, 0x00800000u, 0x7F7FFFFFu, 0x7F800000u, 0x7F800001u, 0x7FC00001u,
                                   0x38800000u, 0x387FFFFFu, 0x477FEFFFu, 0x477FF000u, 0x4B800000u, 0x4F000000u}) {
    x.push_back(test::as_float(bits));
    x.push_back(test::as_float(bits | 0x80000000u));
  }
  test::words random(3);
  for (int i = 0; i < 30000; ++i) x.push_back(test::as_float(random()));
  for (int i = 0; i < 30000; ++i) x.push_back(static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-30f);
  return x;
}

template <class C>
void check_codec() {
  std::vector<std::uint32_t> words(gpu::table_of<C>::words + 1);
  if constexpr (gpu::table_of<C>::words != 0) {
    const auto table = gpu::table_of<C>::make();
    words.assign(table.word, table.word + gpu::table_of<C>::words);
  }
  const gpu::coder<C> with{words.data()};
  std::size_t wrong = 0;
  const std::vector<float> x = deciding<C>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::uint32_t expected = C::encode(x[i]);
    wrong += with.encode(x[i]) == expected ? 0 : 1;
    std::uint32_t pair[2];
    with.encode_pair(x[i], x[x.size() - 1 - i], pair);
    wrong += pair[0] == expected && pair[1] == C::encode(x[x.size() - 1 - i]) ? 0 : 1;
    if constexpr (requires { C::encode(x[i], 3); }) {
      for (const std::int32_t zero : {-128, -3, 0, 7, 255}) {
        wrong += with.encode(x[i], zero) == C::encode(x[i], zero) ? 0 : 1;
      }
    }
  }
  CHECK(wrong == 0);
  for (std::uint32_t code = 0; code < (C::bits <= 16 ? 1u << C::bits : 70000u); ++code) {
    wrong += test::as_bits(with.decode(code)) == test::as_bits(C::decode(code)) ? 0 : 1;
  }
  CHECK(wrong == 0);
}

/// Eight at a time, of numbers within the bins.
template <class C>
void check_nibbles() {
  if constexpr (gpu::coder<C>::binned && C::bits == 4) {
    const auto table = gpu::table_of<C>::make();
    const gpu::coder<C> with{table.word};
    const float high = gpu::ranks<C>::high;
    const float low = gpu::ranks<C>::of_magnitudes ? -high : gpu::ranks<C>::low;
    std::vector<float> x;
    for (const float y : deciding<C>()) {
      if (y >= low && y <= high) x.push_back(y);
    }
    for (const float y : {low * 1.000001f, high * 1.000001f, -0.0f, 0.0f}) x.push_back(y);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i + 8 <= x.size(); ++i) {
      const std::uint32_t codes = with.encode_nibbles(x.data() + i);
      for (std::size_t j = 0; j < 8; ++j) wrong += (codes >> (4 * j) & 15u) == C::encode(x[i + j]) ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

/// Every bit of every code of a run has a place of its own, within the bytes that the packing says.
template <class View>
void check_layout() {
  using packing = typename View::precision_type::packing;
  constexpr int bits = View::codec::bits;
  constexpr std::size_t together = gpu::codes_together<View>();
  constexpr std::size_t stride = gpu::independent_stride<View>();
  std::set<std::size_t> taken;
  std::vector<std::set<std::size_t>> bytes_of_lane(stride);
  for (std::size_t i = 0; i < together; ++i) {
    for (int b = 0; b < bits; ++b) {
      std::vector<std::uint8_t> memory(together * static_cast<std::size_t>(bits) + 64);
      packing::template put<bits>(memory.data(), i, 1u << b);
      std::size_t set = 0;
      for (std::size_t at = 0; at < memory.size() * 8; ++at) {
        if ((memory[at / 8] >> (at % 8) & 1) == 0) continue;
        ++set;
        CHECK(taken.insert(at).second);
        bytes_of_lane[i % stride].insert(at / 8);
      }
      REQUIRE(set == 1);
      REQUIRE(packing::template get<bits>(memory.data(), i) == 1u << b);
    }
  }
  for (std::size_t a = 0; a < stride; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      for (const std::size_t byte : bytes_of_lane[a]) REQUIRE(bytes_of_lane[b].count(byte) == 0);
    }
  }
}

}  // namespace

TEST_CASE("kernels: codecs") {
  detent::all_formats::for_each([]<class P>() {
    INFO(P::name);
    check_codec<typename P::codec>();
    check_nibbles<typename P::codec>();
  });
}

TEST_CASE("kernels: layouts are bijective") {
  detent::scaled_formats::for_each([]<class P>() {
    INFO(P::name);
    check_layout<detent::packed_view<P, std::uint8_t>>();
  });
  check_layout<decltype(detent::packed_view<detent::ggml::q4_k, std::uint8_t>().scale())>();
  check_layout<decltype(detent::packed_view<detent::ggml::q4_k, std::uint8_t>().shift())>();
}

TEST_CASE("kernels: the tables that are searched by bins") {
  CHECK(gpu::table_of<detent::nf4_codec>::binned);
  CHECK(gpu::table_of<detent::ggml::iq4_nl_codec>::binned);
}

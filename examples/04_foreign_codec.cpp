// SPDX-License-Identifier: MIT
//
// A codec, a grouping, a rule and a packing that the library has never heard of, and precisions made of them.
#include <cmath>
#include <cstdio>
#include <detent/format/fp16.hpp>
#include <detent/format/int8.hpp>
#include <detent/native.hpp>
#include <vector>

namespace mine {

// [codec]
/// A sign and a power of two: code k > 0 is ±2^(1-k), code 0 is 0.
struct log_codec {
  static constexpr int bits = 4;
  using kind = detent::kind::any;  // no kind that backends know: it runs everywhere, one element at a time
  static constexpr float min = -1;
  static constexpr float max = 1;

  static constexpr std::uint32_t encode(float x) {
    const float magnitude = x < 0 ? -x : x;
    const std::uint32_t sign = x < 0 ? 8 : 0;
    float middle = 0.75f;
    for (std::uint32_t k = 1; k <= 7; ++k, middle /= 2) {
      if (magnitude > middle) return sign | k;
    }
    return 0;  // NaN too: it is above nothing
  }
  static constexpr float decode(std::uint32_t code) {
    if ((code & 7) == 0) return 0;
    const float magnitude = 1.0f / static_cast<float>(1u << ((code & 7) - 1));
    return (code & 8) != 0 ? -magnitude : magnitude;
  }
};

static_assert(detent::codec<log_codec>);
// [/codec]

// [grouping]
/// Tiles of 4 × 8 of a matrix share a scale. A tile is not one run of elements, so groups are not in order.
struct tiles {
  static constexpr bool in_order = false;

  static constexpr detent::extents groups(const detent::extents& shape) {
    return {(shape.rows() + 3) / 4, (shape.cols() + 7) / 8};
  }
  /// From here to the end of the row, groups follow one another, eight elements each.
  static constexpr detent::stretch at(const detent::extents& shape, std::size_t flat) {
    const std::size_t row = flat / shape.cols();
    const std::size_t col = flat % shape.cols();
    return {.group = row / 4 * ((shape.cols() + 7) / 8) + col / 8,
            .skip = col % 8,
            .size = 8,
            .length = shape.cols() - col};
  }
};

static_assert(detent::grouping<tiles>);
// [/grouping]

// [rule]
/// The scale is the least power of two that is not below the group's greatest magnitude. The rest is as in every rule:
/// the reciprocal of the stored scale, multiplied.
struct power_above {
  using statistic = detent::statistic::absmax;
  static constexpr bool divide = false;
  static constexpr bool from_stored = true;
  static constexpr float unit = 1;

  template <class P>
  static constexpr detent::group_parameters choose(const statistic& known) {
    float scale = 0x1p-14f;  // the least normal fp16
    while (scale < known.amax && scale < 0x1p15f) scale *= 2;
    return {.scale = known.amax == 0 ? 0 : scale};
  }
  template <class P>
  static constexpr float factor(float scale) {
    return scale == 0 ? 0 : 1 / scale;  // a group of zeros: 0 · 0, not 0 · infinity
  }
};
// [/rule]

// [packing]
/// Two codes to a byte, of which the low one is stored inverted: a packing is anything that finds a code's bits.
struct inverted_low_nibbles {
  template <int Bits>
    requires(Bits == 4)
  static constexpr std::size_t bytes(std::size_t count) {
    return (count + 1) / 2;
  }
  template <int Bits>
    requires(Bits == 4)
  static constexpr std::uint32_t get(const std::uint8_t* from, std::size_t i) {
    return i % 2 == 0 ? ~std::uint32_t{from[i / 2]} & 15u : from[i / 2] >> 4;
  }
  template <int Bits>
    requires(Bits == 4)
  static constexpr void put(std::uint8_t* to, std::size_t i, std::uint32_t code) {
    std::uint8_t& at = to[i / 2];
    at = static_cast<std::uint8_t>(i % 2 == 0 ? (at & 0xF0u) | (~code & 15u) : (at & 0x0Fu) | code << 4);
  }
};

static_assert(detent::packing<inverted_low_nibbles, 4>);
// [/packing]

// [precision]
struct log4 : detent::precision<log_codec, detent::blocks_of<24>> {
  static constexpr const char* name = "mine::log4";
};

struct log4_tiles : detent::precision<log_codec, tiles> {
  static constexpr const char* name = "mine::log4_tiles";
  using scale = detent::fp16;
  using rule = power_above;
  using packing = inverted_low_nibbles;
};

static_assert(detent::rule_for<power_above, log4_tiles>);
// [/precision]

// [scale]
/// Scales in 6 bits, sixteen of which share an fp16 scale of their own …
struct scale6 : detent::precision<detent::unsigned_codec<6>, detent::blocks_of<16>> {
  static constexpr const char* name = "mine::scale6";
  using scale = detent::fp16;
};
/// … for whole numbers of 5 bits.
struct nested5 : detent::precision<detent::symmetric_codec<5>, detent::blocks_of<32>> {
  static constexpr const char* name = "mine::nested5";
  using scale = scale6;
};

// A row of 512 elements: 320 bytes of codes, 16 scales of 6 bits in 12 bytes, one scale of those in 2.
static_assert(detent::packed_bytes<nested5>({1, 512}) == 320 + 12 + 2);
// [/scale]

}  // namespace mine

template <class P>
bool good(const detent::tensor_view<const float, 2>& w, double least_db) {
  const auto q = detent::quantize<P>(w);
  const detent::error_metrics lost = detent::measure_error(w, q);
  std::printf("%-18s %6zu bytes  %5.2f dB\n", P::name, q.bytes(), lost.sqnr_db);
  return lost.sqnr_db > least_db;
}

int main() {
  std::vector<float> weights(60 * 512);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i * 7919 % 2001) / 1000 - 1;
  const detent::tensor_view<const float, 2> w(weights.data(), {60, 512});
  return good<mine::log4>(w, 14) && good<mine::log4_tiles>(w, 14) && good<mine::nested5>(w, 24) ? 0 : 1;
}

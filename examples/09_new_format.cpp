// SPDX-License-Identifier: MIT
//
// What docs/adding-a-format.md adds, as a user's header would have it.
#include <cstdio>
#include <detent/native.hpp>
#include <vector>

// [header]
// fp5 E2M2:  s ee mm,  bias 1: 0, 0.25 … 7 and their negatives. No infinity, no NaN: beyond 7 lies 7, and NaN becomes
// 0. Packed as a dense stream of 5-bit codes. `fp5` has an fp16 scale of amax / 7 for each block of 32 along a row.
#include "detent/core/precision.hpp"
#include "detent/format/family/minifloat.hpp"
#include "detent/format/fp16.hpp"
#include "detent/scale/absmax.hpp"

namespace detent::inline v0 {

using fp5_e2m2_codec = minifloat_codec<2, 2, 1, specials::none, overflow::saturate>;

struct fp5_e2m2 : precision<fp5_e2m2_codec> {
  static constexpr const char* name = "fp5_e2m2";
};

struct fp5 : precision<fp5_e2m2_codec, blocks_of<32>> {
  static constexpr const char* name = "fp5";
  using scale = fp16;
};

}  // namespace detent::inline v0
// [/header]

// [golden]
// All magnitudes, by the definition: (-1)^s · 2^(e-1) · 1.mm, and 0.mm for e = 0.
constexpr float fp5_values[16] = {0, 0.25f, 0.5f, 0.75f, 1, 1.25f, 1.5f, 1.75f, 2, 2.5f, 3, 3.5f, 4, 5, 6, 7};

constexpr bool fp5_decodes() {
  for (std::uint32_t code = 0; code < 16; ++code) {
    if (detent::fp5_e2m2_codec::decode(code) != fp5_values[code]) return false;
    if (detent::fp5_e2m2_codec::decode(code | 16) != -fp5_values[code]) return false;
  }
  return true;
}

constexpr bool fp5_encodes() {
  using codec = detent::fp5_e2m2_codec;
  for (std::uint32_t code = 0; code < 15; ++code) {
    const float middle = (fp5_values[code] + fp5_values[code + 1]) / 2;
    if (codec::encode(middle) != code + code % 2) return false;  // ties go to the even code
  }
  return codec::encode(1e30f) == 15 && codec::encode(-1e30f) == 31 && codec::encode(__builtin_nanf("")) == 0;
}

static_assert(fp5_decodes() && fp5_encodes());
// [/golden]

int main() {
  std::vector<float> weights(32 * 320);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i * 7919 % 2001) / 1000 - 1;
  const detent::tensor_view<const float, 2> w(weights.data(), {32, 320});
  const detent::error_metrics lost = detent::measure_error(w, detent::quantize<detent::fp5>(w));
  std::printf("%s: %.3f bits, SQNR %.2f dB\n", detent::fp5::name,
              8.0 * static_cast<double>(detent::packed_bytes<detent::fp5>({32, 320})) / (32 * 320), lost.sqnr_db);
  return lost.sqnr_db > 25 ? 0 : 1;
}

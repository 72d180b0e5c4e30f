// SPDX-License-Identifier: MIT
//
// Elements, sources, memory and backends of one's own.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <detent/format/bf16.hpp>
#include <detent/format/fp16.hpp>
#include <detent/format/int4.hpp>
#include <detent/native.hpp>
#include <vector>

namespace mine {

// [element]
/// The engine's own 16-bit float.
struct half {
  std::uint16_t bits;

  half() = default;
  explicit half(float x) : bits(static_cast<std::uint16_t>(detent::fp16_codec::encode(x))) {}
  explicit operator float() const { return detent::fp16_codec::decode(bits); }
};
// [/element]

// [source]
/// Weights that are computed when asked for: the sum of a base and a low-rank product.
struct merged {
  detent::extents whole;
  const float* base;
  const float* up;    // one for each row
  const float* down;  // one for each column

  detent::extents shape() const { return whole; }
  /// Elements [first, first + n) in row-major order. Several threads may ask at once.
  void read(std::size_t first, std::size_t n, float* to) const {
    for (std::size_t i = first; i < first + n; ++i)
      to[i - first] = base[i] + up[i / whole.cols()] * down[i % whole.cols()];
  }
};

static_assert(detent::element_source<merged>);
// [/source]

// [allocator]
/// Hands out an arena's bytes and never takes them back.
struct arena {
  std::uint8_t** free_bytes;

  std::uint8_t* allocate(std::size_t n) const {
    std::uint8_t* const block = *free_bytes;
    *free_bytes += n;
    return block;
  }
  void deallocate(std::uint8_t*, std::size_t) const {}
};

static_assert(detent::byte_allocator<arena>);
// [/allocator]

// [backend]
/// Counts the elements that are encoded, and leaves the work to another backend.
struct counting {
  static constexpr const char* name = "counting";
  std::size_t* encoded;

  template <class Statistic>
  void reduce(const float* x, std::size_t n, std::size_t group, Statistic* to) const {
    detent::native::reduce(x, n, group, to);
  }
  template <detent::codec C, detent::affine Form>
  void encode(const float* x, std::size_t n, std::size_t group, const detent::group_factors& by,
              detent::code_t<C>* to) const {
    *encoded += n;
    detent::native::encode<C, Form>(x, n, group, by, to);
  }
  template <detent::codec C, detent::affine Form>
  void decode(const detent::code_t<C>* codes, std::size_t n, std::size_t group, const detent::group_factors& by,
              float* to) const {
    detent::native::decode<C, Form>(codes, n, group, by, to);
  }
  template <class Packing, int Bits, class Code>
  void pack(const Code* codes, std::size_t n, std::uint8_t* to, std::size_t first) const {
    detent::native::pack<Packing, Bits>(codes, n, to, first);
  }
  template <class Packing, int Bits, class Code>
  void unpack(const std::uint8_t* from, std::size_t first, std::size_t n, Code* codes) const {
    detent::native::unpack<Packing, Bits>(from, first, n, codes);
  }
};

static_assert(detent::backend<counting>);
// [/backend]

}  // namespace mine

// [element_codec]
/// Its bytes are fp16 codes: runs of it are converted many at a time.
template <>
struct detent::element_codec<mine::half> {
  using type = detent::fp16_codec;
};
// [/element_codec]

namespace {

constexpr std::size_t rows = 16;
constexpr std::size_t cols = 64;

bool elements() {
  std::vector<mine::half> weights(rows * cols);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = mine::half(static_cast<float>(i % 15) - 7);
  // [element_use]
  const auto q = detent::quantize<detent::int4>(detent::tensor_view<const mine::half, 2>(weights.data(), {rows, cols}));
  std::vector<mine::half> back(weights.size());
  detent::dequantize(q, detent::tensor_view<mine::half, 2>(back.data(), {rows, cols}));
  // [/element_use]
  return std::memcmp(back.data(), weights.data(), back.size() * sizeof(mine::half)) == 0;
}

bool sources() {
  const std::vector<float> base(rows * cols, 0.25f);
  std::vector<float> up(rows), down(cols);
  for (std::size_t i = 0; i < rows; ++i) up[i] = static_cast<float>(i);
  for (std::size_t i = 0; i < cols; ++i) down[i] = static_cast<float>(i % 3) - 1;
  // [source_use]
  const mine::merged source{{rows, cols}, base.data(), up.data(), down.data()};
  detent::packed_tensor<detent::int4> q(source.shape());
  detent::quantize(detent::native{}, source, q.view());
  // [/source_use]
  std::vector<float> plain(rows * cols);
  source.read(0, plain.size(), plain.data());
  const auto expected = detent::quantize<detent::int4>(detent::tensor_view<const float, 2>(plain.data(), {rows, cols}));
  bool same = true;
  for (std::size_t i = 0; i < plain.size(); ++i) same = same && q.view().code(i) == expected.view().code(i);
  return same;
}

bool allocators_and_backends() {
  const std::vector<float> weights(rows * cols, 2.0f);
  const detent::tensor_view<const float, 2> w(weights.data(), {rows, cols});
  std::vector<std::uint8_t> bytes(4096);
  std::uint8_t* at = bytes.data();
  std::size_t encoded = 0;
  // [allocator_use]
  const auto q = detent::quantize<detent::int4>(mine::counting{&encoded}, w, {}, mine::arena{&at});
  // [/allocator_use]
  std::printf("%zu elements encoded, %td bytes of the arena used\n", encoded, at - bytes.data());
  return encoded == rows * cols + rows * cols / 32 && q.view().code(0) == 7;  // the scales are encoded too
}

}  // namespace

int main() { return elements() && sources() && allocators_and_backends() ? 0 : 1; }

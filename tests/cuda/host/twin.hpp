// SPDX-License-Identifier: MIT
//
// A format through the kernels on the host, against the operations of the library on the backend `scalar`: the same
// bytes, for shapes that take every way through the kernels.
#ifndef DETENT_TESTS_CUDA_HOST_TWIN_HPP
#define DETENT_TESTS_CUDA_HOST_TWIN_HPP

#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "cuda/host/fenced.hpp"
#include "cuda/host/host_launcher.hpp"
#include "detent/backend/scalar.hpp"
#include "detent/cuda/operate.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/quantize.hpp"
#include "support/data.hpp"

namespace test {

namespace gpu = detent::detail::gpu;

template <class P>
class fenced_packed {
 public:
  fenced_packed(const detent::extents& shape, bool at_end, std::uint8_t fill = 0xA5) : shape_(shape) {
    const auto sizes = detent::plane_bytes<P>(shape);
    for (std::size_t i = 0; i < sizes.size(); ++i) planes_.emplace_back(sizes[i], at_end, fill);
  }
  detent::packed_view<P, std::uint8_t> view() const {
    if constexpr (P::layout::elements == 0)
      return view_of(std::make_index_sequence<detent::detail::plane_count<P>>());
    else
      return {shape_, planes_[0].data()};
  }
  detent::packed_view<P, const std::uint8_t> read() const { return view(); }
  bool intact() const {
    for (const fenced& p : planes_) {
      if (!p.intact()) return false;
    }
    return true;
  }
  bool operator==(const fenced_packed& other) const { return planes_ == other.planes_; }

 private:
  template <std::size_t... I>
  detent::packed_view<P, std::uint8_t> view_of(std::index_sequence<I...>) const {
    return {shape_, planes_[I].data()...};
  }
  detent::extents shape_;
  std::vector<fenced> planes_;
};

/// Nearly normal, with zeros, groups of zeros, and, if asked for, numbers that are none.
inline std::vector<float> inputs(std::size_t n, int variety) {
  std::vector<float> x = vec(static_cast<std::uint32_t>(77 + variety), n, 1);
  words random(static_cast<std::uint64_t>(variety) + 5);
  for (std::size_t i = 0; i < n; ++i) {
    if (variety == 1) x[i] = as_float(random());  // every pattern of bits
    if (variety == 2) x[i] *= 1e-38f;
    if (variety == 3 && i % 384 > 190) x[i] = i % 2 == 0 ? 0.0f : -0.0f;
    if (variety == 3 && random() % 97 == 0) x[i] = as_float(0x7F800000u | (random() & 0x80000001u));
  }
  return x;
}

inline bool same_floats(const float* a, const float* b, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    if (as_bits(a[i]) != as_bits(b[i]) && !(a[i] != a[i] && b[i] != b[i])) return false;
  }
  return true;
}

template <class P>
void check_twin(const detent::extents& shape, int variety) {
  INFO(P::name << " [" << shape[0] << ", " << shape[1] << "], inputs " << variety);
  const std::size_t n = shape.size();
  const bool at_end = variety % 2 == 0;
  fenced x(n * sizeof(float), at_end);
  const std::vector<float> values = inputs(n, variety);
  if (n != 0) std::memcpy(x.data(), values.data(), n * sizeof(float));
  const detent::tensor_view<const float, 2> view(x.data<const float>(), shape);

  const fenced_packed<P> expected(shape, at_end);
  detent::quantize(detent::scalar{}, view, expected.view());

  gpu::arena needed;
  gpu::count_workspace<P>(shape, needed);
  const fenced workspace((needed.used + 15) / 16 * 16, true);
  const fenced_packed<P> got(shape, at_end, 0x5A);
  host_launcher launch(static_cast<std::uint32_t>(n + static_cast<std::size_t>(variety)));
  using input = gpu::tensor_input<const float, 2>;
  gpu::quantize_all(launch, input{gpu::elements<const float, 2>::of(view)}, got.view(), detent::nearest{},
                    workspace.data());
  CHECK(got.intact());
  CHECK(workspace.intact());
  REQUIRE(got == expected);

  fenced y(n * sizeof(float), at_end);
  fenced z(n * sizeof(float), at_end);
  const detent::tensor_view<float, 2> to(y.data<float>(), shape);
  detent::dequantize(detent::scalar{}, expected.read(), detent::tensor_view<float, 2>(z.data<float>(), shape));
  gpu::dequantize_all<false>(launch, got.read(), to);
  CHECK(y.intact());
  REQUIRE(same_floats(y.data<float>(), z.data<float>(), n));
}

template <class P>
void check_shapes() {
  constexpr std::size_t step = P::layout::elements == 0 ? 1 : P::layout::elements;
  constexpr std::size_t shapes[][2] = {{1, 1},   {1, 8},    {3, 5},    {1, 63},   {2, 64},    {5, 72},
                                       {7, 100}, {3, 1000}, {2, 4096}, {1, 5000}, {40, 1024}, {0, 64}};
  for (const auto& s : shapes) {
    const std::size_t cols = step == 1 ? s[1] : (s[1] + step - 1) / step * step;
    for (int variety = 0; variety < 4; ++variety) {
      if (variety > 1 && s[0] * s[1] > 6000) continue;
      check_twin<P>(detent::extents(s[0], cols), variety);
    }
  }
}

template <class List>
void check_all(List) {
  List::for_each([]<class P>() { check_shapes<P>(); });
}

}  // namespace test

#endif

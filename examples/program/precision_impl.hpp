// SPDX-License-Identifier: MIT
//
// The templates behind precision.hpp: included by the few files that instantiate them.
#ifndef DETENT_EXAMPLES_PROGRAM_PRECISION_IMPL_HPP
#define DETENT_EXAMPLES_PROGRAM_PRECISION_IMPL_HPP

#include <algorithm>
#include <chrono>
#include <utility>

#include "detent/file/store_as.hpp"
#include "detent/native.hpp"
#include "formats.hpp"
#include "precision.hpp"

namespace program {

/// Median of the seconds that `work` takes.
template <class Work>
double median_seconds(int repetitions, const Work& work) {
  std::vector<double> seconds;
  for (int i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

/// How torch calls the type of the elements that a tensor had before.
inline std::string torch_type(const detent::stored_tensor& tensor) {
  if (tensor.precision == detent::fp16::name) return "float16";
  if (tensor.precision == detent::bf16::name) return "bfloat16";
  return "float32";
}

template <class P>
class storing_as final : public storing {
 public:
  explicit storing_as(const detent::stored_tensor& tensor) : tensor_(tensor), stored_(tensor.name, tensor.dimensions) {}

  void declare(detent::safetensors_writer& out, const detent::options& with) override {
    stored_.declare(out, detent::native{}, tensor_, torch_type(tensor_), with);
  }
  detent::quantize_report fill(const detent::safetensors_writer& out, const detent::options& with) override {
    return stored_.fill(out, detent::native{}, tensor_, with);
  }
  [[nodiscard]] std::uint64_t bytes(const detent::safetensors_writer& out) const override { return stored_.bytes(out); }

 private:
  const detent::stored_tensor& tensor_;
  detent::stored_as<P> stored_;
};

template <class P>
class precision_as final : public precision {
 public:
  [[nodiscard]] std::string name() const override { return P::name; }

  [[nodiscard]] std::string why_not(const detent::stored_tensor& tensor) const override {
    return detent::why_not<P>(tensor.name, tensor.dimensions);
  }

  [[nodiscard]] std::unique_ptr<storing> store(const detent::stored_tensor& tensor) const override {
    return std::make_unique<storing_as<P>>(tensor);
  }

  [[nodiscard]] trial try_on(const float* values, const detent::extents& shape, std::uint8_t* packed, float* restored,
                             int repetitions, const detent::options& with) const override {
    const memory_source x{values, shape};
    const auto sizes = detent::plane_bytes<P>(shape);
    std::vector<std::uint8_t*> planes;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      planes.push_back(packed);
      packed += (sizes[i] + 63) / 64 * 64;
    }
    const auto q = detent::view_of_planes<P>(shape, planes.data());
    const detent::tensor_view<float, 2> y(restored, shape);
    trial result{.bytes = detent::packed_bytes<P>(shape)};
    result.quantize_seconds = median_seconds(repetitions, [&] { detent::quantize(detent::native{}, x, q, with); });
    result.dequantize_seconds = median_seconds(repetitions, [&] { detent::dequantize(detent::native{}, q, y, with); });
    const memory_source back{restored, shape};
    result.error = detent::measure_error(detent::native{}, x, back, with);
    return result;
  }

 private:
  struct memory_source {
    const float* values;
    detent::extents whole;
    [[nodiscard]] const detent::extents& shape() const { return whole; }
    [[nodiscard]] const float* floats() const { return values; }
    void read(std::size_t, std::size_t, float*) const {}
  };
};

template <class... P>
void add_all(detent::type_list<P...>, precisions& to) {
  (to.push_back(std::make_unique<precision_as<P>>()), ...);
}

}  // namespace program

#endif

// SPDX-License-Identifier: MIT
//
// A tensor of a checkpoint as its reader understands it: one name, one shape, one precision, and the tensors of the
// file that hold it. What is quantized is read as fp32, a run at a time, straight from the mapped file.
#ifndef DETENT_FILE_STORED_TENSOR_HPP
#define DETENT_FILE_STORED_TENSOR_HPP

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "detent/core/extents.hpp"
#include "detent/file/safetensors_checkpoint.hpp"
#include "detent/op/dequantize.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// Elements of a stored tensor, in row-major order.
class tensor_reader {
 public:
  tensor_reader() = default;
  tensor_reader(const tensor_reader&) = delete;
  tensor_reader& operator=(const tensor_reader&) = delete;
  virtual ~tensor_reader() = default;

  /// Elements [first, first + n) as floats. Several threads may read at once.
  virtual void read(std::size_t first, std::size_t n, float* to) const = 0;

  /// All elements, where they lie as floats in the file; else null.
  [[nodiscard]] virtual const float* floats() const { return nullptr; }
};

/// The shape in which a tensor of a file is quantized: a row, or the matrix [first axis, all others]. A convolution's
/// [out, in, h, w] is [out, in · h · w], so that blocks are not cut at every few elements.
inline extents matrix_shape(const std::vector<std::uint64_t>& shape) {
  std::uint64_t rest = 1;
  for (std::size_t axis = 1; axis < shape.size(); ++axis) rest *= shape[axis];
  if (shape.empty()) return extents(1);
  if (shape.size() == 1) return extents(shape[0]);
  return extents(shape[0], rest);
}

struct stored_tensor {
  std::string name = {};
  std::string precision = {};  ///< a format's name, or the file's own type where the elements are no floats
  std::vector<std::uint64_t> dimensions = {};
  std::vector<checkpoint_tensor> parts = {};        ///< the tensors of the file that hold it, the codes first
  std::unique_ptr<tensor_reader> reader = nullptr;  ///< null where the elements are no floats

  [[nodiscard]] std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const checkpoint_tensor& part : parts) sum += part.info->bytes();
    return sum;
  }

  // What element_source asks for.
  [[nodiscard]] extents shape() const { return matrix_shape(dimensions); }
  void read(std::size_t first, std::size_t n, float* to) const { reader->read(first, n, to); }
  [[nodiscard]] const float* floats() const { return reader->floats(); }
};

/// Reads a quantized tensor whose planes lie in the file.
template <backend B, is_precision P>
class packed_reader final : public tensor_reader {
 public:
  explicit packed_reader(const packed_view<P, const std::uint8_t>& view) : view_(view) {}

  void read(std::size_t first, std::size_t n, float* to) const override {
    if (n != 0) dequantize_range(B{}, view_, first, n, to);
  }

  [[nodiscard]] const float* floats() const override {
    const bool aligned = reinterpret_cast<std::uintptr_t>(view_.plane(0)) % alignof(float) == 0;
    const bool in_place = std::same_as<P, fp32> && std::endian::native == std::endian::little && aligned;
    return in_place ? reinterpret_cast<const float*>(view_.plane(0)) : nullptr;
  }

 private:
  packed_view<P, const std::uint8_t> view_;
};

/// Reads 64-bit floats, rounded to fp32.
class double_reader final : public tensor_reader {
 public:
  explicit double_reader(const std::uint8_t* from) : from_(from) {}

  void read(std::size_t first, std::size_t n, float* to) const override {
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t low = low_bits_first::get<32>(from_, 2 * (first + i));
      const std::uint64_t high = low_bits_first::get<32>(from_, 2 * (first + i) + 1);
      to[i] = static_cast<float>(std::bit_cast<double>(high << 32 | low));
    }
  }

 private:
  const std::uint8_t* from_;
};

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

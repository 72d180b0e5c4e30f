// SPDX-License-Identifier: MIT
//
// A precision chosen by name at run time: what the programs do with it, behind ordinary functions, so that the
// templates of one precision are compiled in one place.
#ifndef DETENT_EXAMPLES_PROGRAM_PRECISION_HPP
#define DETENT_EXAMPLES_PROGRAM_PRECISION_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "detent/detent.hpp"
#include "detent/file/safetensors_writer.hpp"
#include "detent/file/stored_tensor.hpp"

namespace program {

/// One tensor on its way into a file.
class storing {
 public:
  storing() = default;
  storing(const storing&) = delete;
  storing& operator=(const storing&) = delete;
  virtual ~storing() = default;
  virtual void declare(detent::safetensors_writer& out, const detent::options& with) = 0;
  virtual detent::quantize_report fill(const detent::safetensors_writer& out, const detent::options& with) = 0;
  /// Of all tensors of the file that hold it.
  [[nodiscard]] virtual std::uint64_t bytes(const detent::safetensors_writer& out) const = 0;
};

/// What becomes of a tensor of a file: another precision, or the same with fewer elements.
class conversion {
 public:
  conversion() = default;
  conversion(const conversion&) = delete;
  conversion& operator=(const conversion&) = delete;
  virtual ~conversion() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::unique_ptr<storing> store(const detent::stored_tensor& tensor) const = 0;
};

/// What quantizing a tensor in memory costs and loses.
struct trial {
  std::size_t bytes = 0;
  double quantize_seconds = 0;    ///< median of the repetitions
  double dequantize_seconds = 0;  ///< to fp32
  detent::error_metrics error = {};
};

class precision : public conversion {
 public:
  /// Why this tensor of a file cannot be stored so; empty if it can.
  [[nodiscard]] virtual std::string why_not(const detent::stored_tensor& tensor) const = 0;
  /// Quantizes floats of this shape into `packed`, and back into `restored`; both are long enough for any precision.
  [[nodiscard]] virtual trial try_on(const float* values, const detent::extents& shape, std::uint8_t* packed,
                                     float* restored, int repetitions, const detent::options& with) const = 0;
};

using precisions = std::vector<std::unique_ptr<precision>>;

/// All of them, in the order of formats.hpp.
const precisions& all_precisions();

/// Refuses an unknown name with the list of the known ones.
const precision& precision_of(const std::string& name);

/// The tensors of a checkpoint, decodable from every precision.
std::vector<detent::stored_tensor> tensors_of(const detent::safetensors_checkpoint& checkpoint);

// The parts, each in a file of its own.
void add_floats(precisions& to);
void add_integers(precisions& to);
void add_codebooks(precisions& to);
void add_conventions(precisions& to);

}  // namespace program

#endif

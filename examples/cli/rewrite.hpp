// SPDX-License-Identifier: MIT
//
// Writing a checkpoint anew with some of its tensors changed: what quantize, dequantize and prune share.
#ifndef DETENT_EXAMPLES_CLI_REWRITE_HPP
#define DETENT_EXAMPLES_CLI_REWRITE_HPP

#include <string>
#include <vector>

#include "commands.hpp"
#include "precision.hpp"

namespace cli {

/// What becomes of one tensor.
struct decision {
  const detent::stored_tensor* tensor = nullptr;
  const program::conversion* to = nullptr;  ///< null: it stays as it is
  std::string why;                          ///< why it stays
};

/// Decides for a tensor that holds floats or is quantized.
class chooser {
 public:
  chooser() = default;
  chooser(const chooser&) = delete;
  chooser& operator=(const chooser&) = delete;
  virtual ~chooser() = default;
  [[nodiscard]] virtual decision decide(const detent::stored_tensor& tensor) const = 0;
};

/// Reads `in`, writes `out`, reports. A failed or interrupted run leaves `out` as it was.
report rewrite(const std::string& in, const std::string& out, const chooser& choose, int threads);

}  // namespace cli

#endif

// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "rewrite.hpp"

namespace cli {
namespace {

/// What is quantized becomes floats, what is sparse dense; other floats of 16 bits and more stay what they are.
class to_floats final : public chooser {
 public:
  explicit to_floats(const dequantize_arguments& with) : to_(program::precision_of(with.to)) {}

  [[nodiscard]] decision decide(const detent::stored_tensor& t) const override {
    for (const char* wide : {"fp32", "fp16", "bf16", "F64"}) {
      if (t.precision != wide) continue;
      if (t.parts.size() == 1) return {&t, nullptr, "not quantized"};
      return {&t, &program::precision_of(t.precision), {}};
    }
    return {&t, &to_, {}};
  }

 private:
  const program::precision& to_;
};

}  // namespace

report dequantize(const dequantize_arguments& with) {
  report result = rewrite(with.in, with.out, to_floats(with), with.threads);
  result.json["input"] = with.in;
  result.json["precision"] = with.to;
  return result;
}

}  // namespace cli

// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "names.hpp"
#include "rewrite.hpp"

namespace cli {
namespace {

class to_precision final : public chooser {
 public:
  explicit to_precision(const quantize_arguments& with) : with_(with), to_(program::precision_of(with.to)) {}

  [[nodiscard]] decision decide(const detent::stored_tensor& t) const override {
    if (matches_any(t.name, with_.exclude)) return {&t, nullptr, "excluded"};
    if (!with_.include.empty()) {
      if (!matches_any(t.name, with_.include)) return {&t, nullptr, "not included"};
    } else if (t.dimensions.size() < 2) {
      return {&t, nullptr, "fewer than two axes"};
    } else if (const char* why = usually_kept_because(t.name)) {
      return {&t, nullptr, why};
    }
    if (std::string why = to_.why_not(t); !why.empty()) return {&t, nullptr, why};
    return {&t, &to_, {}};
  }

 private:
  const quantize_arguments& with_;
  const program::precision& to_;
};

}  // namespace

report quantize(const quantize_arguments& with) {
  report result = rewrite(with.in, with.out, to_precision(with), with.threads);
  result.json["input"] = with.in;
  result.json["precision"] = with.to;
  return result;
}

}  // namespace cli

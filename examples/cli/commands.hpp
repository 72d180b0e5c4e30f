// SPDX-License-Identifier: MIT
//
// The commands of `detent`, and what their arguments are. Each returns a report: `json` for machines, `text` for
// people.
#ifndef DETENT_EXAMPLES_CLI_COMMANDS_HPP
#define DETENT_EXAMPLES_CLI_COMMANDS_HPP

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cli {

struct report {
  nlohmann::ordered_json json;
  std::string text;
};

struct inspect_arguments {
  std::string file;
  bool stats = false;
  int threads = 0;
};

struct quantize_arguments {
  std::string in;
  std::string out;
  std::string to;
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  int threads = 0;
};

struct dequantize_arguments {
  std::string in;
  std::string out;
  std::string to = "fp32";
  int threads = 0;
};

struct compare_arguments {
  std::string a;
  std::string b;
  int threads = 0;
};

/// One step of pruning, as it was given: "magnitude" and "0.3".
struct prune_step_text {
  std::string option;
  std::string value;
};

struct prune_arguments {
  std::string in;
  std::string out;
  std::vector<prune_step_text> steps;  ///< in the order given
  bool global = false;                 ///< magnitudes are ranked over all tensors together
  bool pad = false;                    ///< axes that M does not divide are allowed
  bool keep_nan = false;
  bool compact = false;             ///< what is pruned is removed
  std::vector<std::string> couple;  ///< NAME:AXIS=NAME:AXIS[:BLOCK]
  std::string sparse_storage;       ///< bitmask, 2:4, or empty: with zeros
  std::uint64_t seed = 0;
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  int threads = 0;
};

/// Why the value of an option of `prune` is none; empty if it is one.
std::string why_no_step(const std::string& option, const std::string& value);

/// Why the value of --couple is none; empty if it is one.
std::string why_no_coupling(const std::string& text);

report inspect(const inspect_arguments& with);
report quantize(const quantize_arguments& with);
report dequantize(const dequantize_arguments& with);
report compare(const compare_arguments& with);
report prune(const prune_arguments& with);
report prune_compact(const prune_arguments& with);

}  // namespace cli

#endif

// SPDX-License-Identifier: MIT
//
// Which axes of which tensors go together: what one tensor puts out, others take in. A coupling is over units, such as
// the neurons between two linear layers or the heads of an attention; its leaders say which of them go.
#ifndef DETENT_EXAMPLES_CLI_COUPLINGS_HPP
#define DETENT_EXAMPLES_CLI_COUPLINGS_HPP

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "commands.hpp"
#include "detent/file/stored_tensor.hpp"
#include "detent/op/compact.hpp"
#include "detent/prune.hpp"

namespace cli {

struct coupled_axis {
  const detent::stored_tensor* tensor = nullptr;
  detent::follows how;
  bool leads = false;
};

struct coupling {
  std::vector<coupled_axis> axes;
  std::size_t units = 0;
  detent::attention_heads heads;  ///< of an attention; else none
  std::string inside;             ///< known by name: the module that holds all that the units pass through
};

/// The couplings of a checkpoint, whose tensors must outlive them. All functions refuse with detent::error.
class couplings {
 public:
  /// Those given, NAME:AXIS=NAME:AXIS[:BLOCK], and those known by name. Couplings that share an axis are one.
  couplings(const std::vector<detent::stored_tensor>& tensors, const std::vector<std::string>& given);

  /// The attention whose queries are `query`, with so many heads; nothing if they lead a coupling that was given.
  void add_attention(const detent::stored_tensor& query, std::size_t heads);

  [[nodiscard]] const std::vector<coupling>& all() const { return all_; }

  /// Refuses tensors that cutting these would leave behind: the norm between two layers, an adapter of one of them.
  void refuse_strays(const coupling& c) const;

  /// Why no coupling is known that this tensor leads; empty if there is nothing to say.
  [[nodiscard]] std::string note(const detent::stored_tensor& t) const;

 private:
  using tensor = detent::stored_tensor;

  [[nodiscard]] const tensor* find(const std::string& name) const;
  [[nodiscard]] coupling* find_axis(const tensor& t, std::size_t axis);
  coupling& lead(const tensor& t, std::size_t axis, bool with_parts);
  void add_axis(coupling& to, const tensor& t, const detent::follows& how, bool leads, bool with_parts) const;
  void add_parts(coupling& to, const tensor& weight, const detent::follows& how) const;
  void link(const tensor& from, std::size_t axis, const tensor& to, const detent::follows& how, bool with_parts = true);
  void add_given(const std::string& text);
  void add_known(const std::string& follower, const tensor& t);

  std::map<std::string, const tensor*> by_name_;
  std::vector<coupling> all_;
  std::map<std::string, std::string> notes_;
};

}  // namespace cli

#endif

// SPDX-License-Identifier: MIT
#include "couplings.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "names.hpp"
#include "terminal.hpp"

namespace cli {
namespace {

using detent::fail;
using detent::stored_tensor;

std::string shown(const stored_tensor& t) {
  std::string text = "tensor '" + program::printable(t.name) + "' [";
  for (std::size_t i = 0; i < t.dimensions.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(t.dimensions[i]);
  return text + "]";
}

/// One side of a coupling that was given.
struct named_axis {
  std::string name;
  std::size_t axis = 0;
  std::size_t block = 1;
};

bool parse_number(const std::string& text, std::size_t& to) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), to);
  return !text.empty() && problem == std::errc() && end == text.data() + text.size();
}

/// NAME:AXIS or NAME:AXIS:BLOCK
bool parse_axis(std::string text, bool may_have_block, named_axis& to) {
  const auto last_field = [&] {
    const std::size_t at = text.rfind(':');
    if (at == text.npos) return std::string();
    std::string field = text.substr(at + 1);
    text.resize(at);
    return field;
  };
  if (may_have_block && std::count(text.begin(), text.end(), ':') > 1) {
    if (!parse_number(last_field(), to.block) || to.block == 0) return false;
  }
  if (!parse_number(last_field(), to.axis) || to.axis > 7) return false;
  to.name = text;
  return !text.empty() && text.find(':') == text.npos && std::count(text.begin(), text.end(), '*') <= 1;
}

std::pair<named_axis, named_axis> parse_coupling(const std::string& text) {
  std::pair<named_axis, named_axis> sides;
  const std::size_t at = text.find('=');
  const bool good = at != text.npos && parse_axis(text.substr(0, at), false, sides.first) &&
                    parse_axis(text.substr(at + 1), true, sides.second);
  const bool star = sides.first.name.find('*') != std::string::npos;
  if (!good || (sides.second.name.find('*') != std::string::npos && !star)) {
    fail("'", text, "' is not of the form NAME:AXIS=NAME:AXIS[:BLOCK], with one * on the left and one on the right");
  }
  return sides;
}

/// What the * of a pattern stands for in a name; false if the name is another.
bool matched(const std::string& name, const std::string& pattern, std::string& star) {
  const std::size_t at = pattern.find('*');
  if (at == pattern.npos) return name == pattern;
  const std::string end = pattern.substr(at + 1);
  if (name.size() < pattern.size() - 1 || !name.starts_with(pattern.substr(0, at)) || !name.ends_with(end)) {
    return false;
  }
  star = name.substr(at, name.size() + 1 - pattern.size());
  return true;
}

struct known_layers {
  std::vector<const char*> leaders;
  const char* follower;
};

/// The usual names of what widens and narrows again. What holds a gate and what it gates in one matrix has twice the
/// rows, and is not among them.
const std::vector<known_layers>& known_pairs() {
  static const std::vector<known_layers> all = {{{"gate_proj", "up_proj"}, "down_proj"},
                                                {{"up_proj"}, "down_proj"},
                                                {{"w1", "w3"}, "w2"},
                                                {{"wi_0", "wi_1"}, "wo"},
                                                {{"wi"}, "wo"},
                                                {{"fc1"}, "fc2"},
                                                {{"linear1"}, "linear2"},
                                                {{"c_fc"}, "c_proj"},
                                                {{"net.0.proj"}, "net.2"},
                                                {{"intermediate.dense"}, "output.dense"},
                                                {{"dense_h_to_4h"}, "dense_4h_to_h"}};
  return all;
}

struct known_attention {
  const char* query;
  const char* key;
  const char* value;
  std::vector<const char*> outputs;
};

const std::vector<known_attention>& known_attentions() {
  static const std::vector<known_attention> all = {{"q_proj", "k_proj", "v_proj", {"o_proj", "out_proj"}},
                                                   {"to_q", "to_k", "to_v", {"to_out.0"}},
                                                   {"wq", "wk", "wv", {"wo"}}};
  return all;
}

/// The module that holds PREFIX.NAME.weight, with its dot.
bool module_of(const std::string& tensor, const std::string& name, std::string& module) {
  const std::string end = name + ".weight";
  if (!tensor.ends_with(end)) return false;
  module = tensor.substr(0, tensor.size() - end.size());
  return module.empty() || module.back() == '.';
}

bool holds(const coupling& c, const stored_tensor& t) {
  return std::any_of(c.axes.begin(), c.axes.end(), [&](const coupled_axis& a) { return a.tensor == &t; });
}

}  // namespace

couplings::couplings(const std::vector<stored_tensor>& tensors, const std::vector<std::string>& given) {
  for (const stored_tensor& t : tensors) by_name_[t.name] = &t;
  for (const std::string& text : given) add_given(text);
  for (const stored_tensor& t : tensors) {
    for (const known_layers& layers : known_pairs()) add_known(layers.follower, t);
  }
}

const stored_tensor* couplings::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

coupling* couplings::find_axis(const tensor& t, std::size_t axis) {
  for (coupling& c : all_) {
    for (const coupled_axis& a : c.axes) {
      if (a.tensor == &t && a.how.axis == axis) return &c;
    }
  }
  return nullptr;
}

/// What goes with the first axis of PREFIX.weight: a bias, and the statistics of a norm. A layer that is stored
/// transposed has a bias along its other axis.
void couplings::add_parts(coupling& to, const tensor& weight, const detent::follows& how) const {
  if (how.axis != 0 || !weight.name.ends_with(".weight")) return;
  const std::string prefix = weight.name.substr(0, weight.name.size() - 6);
  for (const char* name : {"bias", "running_mean", "running_var"}) {
    const tensor* part = find(prefix + name);
    if (part == nullptr) continue;
    const auto& of = weight.dimensions;
    if (part->dimensions.size() == 1 && part->dimensions[0] != of[0] && of.size() > 1 && part->dimensions[0] == of[1]) {
      continue;
    }
    add_axis(to, *part, how, false, false);
  }
}

void couplings::add_axis(coupling& to, const tensor& t, const detent::follows& how, bool leads, bool with_parts) const {
  if (how.axis >= t.dimensions.size()) fail(shown(t), " has no axis ", how.axis);
  const std::uint64_t extent = t.dimensions[how.axis], groups = to.units / how.shared;
  if (to.units % how.shared != 0 || extent % how.block != 0 || extent / how.block != groups) {
    fail("axis ", how.axis, " of ", shown(t), " does not hold ", groups, " units of ", how.block,
         to.axes.empty() ? "" : ", as " + shown(*to.axes[0].tensor) + " needs");
  }
  for (const coupled_axis& a : to.axes) {
    if (a.tensor == &t && a.how.axis == how.axis) return;
  }
  to.axes.push_back({&t, how, leads});
  if (with_parts) add_parts(to, t, how);
}

coupling& couplings::lead(const tensor& t, std::size_t axis, bool with_parts) {
  if (coupling* known = find_axis(t, axis)) return *known;
  if (axis >= t.dimensions.size()) fail(shown(t), " has no axis ", axis);
  coupling c;
  c.units = static_cast<std::size_t>(t.dimensions[axis]);
  add_axis(c, t, {axis, 1, 1}, true, with_parts);
  all_.push_back(std::move(c));
  return all_.back();
}

void couplings::link(const tensor& from, std::size_t axis, const tensor& to, const detent::follows& how,
                     bool with_parts) {
  coupling& first = lead(from, axis, with_parts);
  coupling* second = find_axis(to, how.axis);
  if (second == nullptr) {
    add_axis(first, to, how, false, with_parts);
    return;
  }
  for (coupled_axis& a : second->axes) {
    if (a.tensor != &to || a.how.axis != how.axis) continue;
    if (a.how.block != how.block) {
      fail("axis ", how.axis, " of ", shown(to), " is coupled in blocks of ", a.how.block, " and of ", how.block);
    }
    a.leads = false;
  }
  if (second == &first) return;
  if (second->units != first.units) {
    fail("axis ", how.axis, " of ", shown(to), " is coupled to ", first.units, " units of ", shown(from), " and to ",
         second->units, " of ", shown(*second->axes[0].tensor));
  }
  first.axes.insert(first.axes.end(), second->axes.begin(), second->axes.end());
  if (first.inside.empty()) first.inside = second->inside;
  all_.erase(all_.begin() + (second - all_.data()));
}

void couplings::add_given(const std::string& text) {
  const auto [left, right] = parse_coupling(text);
  bool found = false;
  for (const auto& [name, t] : by_name_) {
    std::string star, other = right.name;
    if (!matched(name, left.name, star)) continue;
    found = true;
    if (const std::size_t at = other.find('*'); at != other.npos) other.replace(at, 1, star);
    const tensor* follower = find(other);
    if (follower == nullptr) {
      fail("--couple ", program::printable(text), ": ", shown(*t), " is there, but no tensor '",
           program::printable(other), "'");
    }
    if (follower == t && right.axis == left.axis) fail("--couple ", program::printable(text), ": an axis and itself");
    link(*t, left.axis, *follower, {right.axis, right.block, 1});
  }
  if (!found) {
    fail("--couple ", program::printable(text), ": no tensor has the name '", program::printable(left.name), "'");
  }
}

void couplings::add_known(const std::string& follower, const tensor& t) {
  std::string module;
  if (!module_of(t.name, follower, module) || t.dimensions.size() < 2) return;
  for (const known_layers& layers : known_pairs()) {
    if (layers.follower != follower) continue;
    std::vector<const tensor*> leaders;
    for (const char* name : layers.leaders) {
      const tensor* leader = find(module + name + ".weight");
      if (leader != nullptr && leader->dimensions.size() == t.dimensions.size()) leaders.push_back(leader);
    }
    if (leaders.size() != layers.leaders.size()) continue;
    // GPT-2 stores the layers of these names transposed, always with a bias.
    const tensor* bias = find(module + layers.leaders[0] + ".bias");
    const auto& first = leaders[0]->dimensions;
    const bool turned = follower == "c_proj" && first[0] != first[1] && bias != nullptr &&
                        bias->dimensions == std::vector<std::uint64_t>{first[1]};
    const std::size_t out = turned ? 1 : 0, in = 1 - out;
    for (const tensor* leader : leaders) {
      if (leader->dimensions[out] != t.dimensions[in]) {
        notes_[leader->name] =
            "its axis " + std::to_string(out) + " and axis " + std::to_string(in) + " of " + shown(t) + " differ";
        return;
      }
    }
    for (const tensor* leader : leaders) {
      link(*leader, out, t, {in, 1, 1}, !turned);
      coupling& known = *find_axis(*leader, out);
      if (turned) add_axis(known, *bias, {0, 1, 1}, false, false);
      if (known.inside.empty()) known.inside = module;
    }
    return;
  }
}

void couplings::add_attention(const tensor& query, std::size_t heads) {
  if (find_axis(query, 0) != nullptr) return;
  for (const known_attention& names : known_attentions()) {
    std::string module;
    if (!module_of(query.name, names.query, module)) continue;
    const auto needed = [&](const std::string& name) -> const tensor& {
      const tensor* t = find(module + name + ".weight");
      if (t == nullptr || t->dimensions.size() != 2) {
        fail("what follows the heads of ", shown(query), " is not known: no matrix '",
             program::printable(module + name), ".weight' is there; --couple names it");
      }
      return *t;
    };
    const tensor &key = needed(names.key), &value = needed(names.value);
    const bool second = find(module + names.outputs[0] + ".weight") == nullptr && names.outputs.size() > 1;
    const tensor& output = needed(names.outputs[second ? 1 : 0]);
    if (query.dimensions.size() != 2 || heads == 0 || query.dimensions[0] % heads != 0) {
      fail(heads, " heads do not divide axis 0 of ", shown(query));
    }
    coupling c;
    c.units = heads;
    const auto dim = static_cast<std::size_t>(query.dimensions[0] / heads);
    if (dim == 0 || key.dimensions[0] % dim != 0) fail("heads of ", dim, " do not divide axis 0 of ", shown(key));
    c.heads = {heads, static_cast<std::size_t>(key.dimensions[0] / dim), dim};
    add_axis(c, query, c.heads.query(), true, true);
    add_axis(c, key, c.heads.key_value(), false, true);
    add_axis(c, value, c.heads.key_value(), false, true);
    add_axis(c, output, c.heads.output(), false, false);
    // Two streams in one attention have their own projections, and the same heads.
    for (const char* name : {"add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"}) {
      const tensor* t = find(module + name + ".weight");
      if (t == nullptr || t->dimensions.size() != 2) continue;
      const bool put_out = std::string(name) == "to_add_out", asks = std::string(name) == "add_q_proj";
      add_axis(c, *t, put_out ? c.heads.output() : asks ? c.heads.query() : c.heads.key_value(), false, !put_out);
    }
    for (const char* name : {"q_norm", "k_norm", "norm_q", "norm_k", "norm_added_q", "norm_added_k"}) {
      const tensor* t = find(module + name + ".weight");
      if (t != nullptr && t->dimensions != std::vector<std::uint64_t>{dim}) {
        fail(shown(*t), " is a norm over other than the ", dim, " elements of a head: no head can be removed");
      }
    }
    all_.push_back(std::move(c));
    return;
  }
  fail("what follows the heads of ", shown(query), " is not known; --couple names it");
}

void couplings::refuse_strays(const coupling& c) const {
  const auto stray = [](const tensor& t, const coupled_axis& a) {
    fail("it is not known what becomes of ", shown(t), " when axis ", a.how.axis, " of ", shown(*a.tensor),
         " is cut; --couple names it");
  };
  for (const coupled_axis& a : c.axes) {
    if (!a.tensor->name.ends_with(".weight") || a.tensor->name.size() == 7) continue;
    const std::string prefix = a.tensor->name.substr(0, a.tensor->name.size() - 6);  // with its dot
    for (const auto& [name, t] : by_name_) {
      const bool bias = name == prefix + "bias" || name == prefix + "num_batches_tracked";
      if (name.starts_with(prefix) && !bias && !holds(c, *t)) stray(*t, a);
    }
  }
  if (c.inside.empty()) return;
  // What lies between the two layers has the units along its first axis; what lies elsewhere has another extent.
  for (const coupled_axis& a : c.axes) {
    if (a.tensor->dimensions.size() > 1 && a.tensor->dimensions[1 - (a.how.axis & 1)] == c.units) return;
  }
  for (const auto& [name, t] : by_name_) {
    const bool same = !t->dimensions.empty() && t->dimensions[0] == c.units;
    if (name.starts_with(c.inside) && same && !holds(c, *t)) stray(*t, c.axes[0]);
  }
}

std::string couplings::note(const tensor& t) const {
  const auto found = notes_.find(t.name);
  return found == notes_.end() ? "" : found->second;
}

std::string why_no_coupling(const std::string& text) {
  try {
    static_cast<void>(parse_coupling(text));
  } catch (const detent::error& e) {
    return e.what();
  }
  return {};
}

}  // namespace cli

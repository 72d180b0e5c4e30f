// SPDX-License-Identifier: MIT
//
// detent prune --compact: what whole channels and heads prune is removed, in every tensor that is coupled to it. The
// masks are made first, from the leaders of each coupling, and are a bit for each unit; then tensors are copied without
// what is pruned, one at a time, as bytes.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "commands.hpp"
#include "couplings.hpp"
#include "detent/backend/native.hpp"
#include "names.hpp"
#include "prune_steps.hpp"
#include "rewrite.hpp"
#include "terminal.hpp"

namespace cli {
namespace {

using detent::fail;
using detent::stored_tensor;

/// An axis that loses units. The mask is shared by all axes of its coupling.
struct cut {
  detent::follows how;
  const detent::bit_mask* units;
};

/// What becomes of a tensor: the runs of bytes that stay.
struct cut_tensor {
  std::vector<std::uint64_t> before, after;  // dimensions
  std::vector<cut> cuts;                     // at most one for each axis
};

std::size_t elements_of(const std::vector<std::uint64_t>& dimensions) {
  std::size_t n = 1;
  for (const std::uint64_t extent : dimensions) n *= static_cast<std::size_t>(extent);
  return n;
}

/// Copies what the cuts of the axes from `axis` on leave. `from` and `to` move along.
void copy_left(const cut_tensor& t, std::size_t axis, std::size_t bytes, const std::uint8_t*& from, std::uint8_t*& to) {
  const bool last = std::none_of(t.cuts.begin(), t.cuts.end(), [&](const cut& c) { return c.how.axis > axis; });
  const auto here = std::find_if(t.cuts.begin(), t.cuts.end(), [&](const cut& c) { return c.how.axis == axis; });
  const std::size_t extent = static_cast<std::size_t>(t.before[axis]), step = bytes / extent;
  const std::size_t block = here == t.cuts.end() ? extent : here->how.block;
  for (std::size_t i = 0; i < extent; i += block) {
    const std::size_t group = i / block;
    if (here != t.cuts.end() && !detent::detail::group_is_kept(here->units->view(), group, here->how.shared)) {
      from += block * step;
    } else if (last) {
      std::memcpy(to, from, block * step);
      from += block * step, to += block * step;
    } else {
      for (std::size_t j = 0; j < block; ++j) copy_left(t, axis + 1, step, from, to);
    }
  }
}

class storing_cut final : public program::storing {
 public:
  storing_cut(const stored_tensor& t, const cut_tensor& what) : part_(t.parts[0]), what_(what) {
    if (t.dimensions != what.before) fail("tensor '", program::printable(t.name), "' changed while it was read");
  }
  void declare(detent::safetensors_writer& out, const detent::options&) override {
    out.add(part_.info->name, part_.info->dtype, what_.after);
  }
  detent::quantize_report fill(const detent::safetensors_writer& out, const detent::options&) override {
    const std::uint8_t* from = part_.data();
    std::uint8_t* to = out.data(part_.info->name);
    if (part_.info->bytes() != 0) copy_left(what_, 0, static_cast<std::size_t>(part_.info->bytes()), from, to);
    out.release(part_.info->name, 0, out.bytes(part_.info->name));
    return {};
  }
  [[nodiscard]] std::uint64_t bytes(const detent::safetensors_writer& out) const override {
    return out.bytes(part_.info->name);
  }

 private:
  const detent::checkpoint_tensor& part_;
  const cut_tensor& what_;
};

/// The rows of several leaders beside each other: a unit's norm is that of all of its rows.
struct beside {
  std::vector<with_axes> parts;
  std::size_t rows, cols;

  [[nodiscard]] detent::extents shape() const { return {rows, cols}; }
  void read(std::size_t first, std::size_t n, float* to) const {
    while (n != 0) {
      std::size_t row = first / cols, col = first % cols;
      for (const with_axes& part : parts) {
        const std::size_t own = part.shape().size() / rows;
        if (col < own) {
          const std::size_t run = std::min(n, own - col);
          part.read(row * own + col, run, to);
          first += run, n -= run, to += run;
          break;
        }
        col -= own;
      }
    }
  }
};

/// A coupling that is pruned.
struct pruned_coupling {
  const coupling* what;
  std::unique_ptr<detent::bit_mask> units;
  std::vector<const stored_tensor*> asked;  // the leaders that said which
  std::size_t left = 0;
  std::optional<detent::attention_heads> heads;
};

struct step_for {
  const prune_step* step;
  std::vector<const stored_tensor*> leaders;
};

class compaction final : public program::conversion, public chooser {
 public:
  compaction(const prune_arguments& with, const std::vector<stored_tensor>& tensors);

  [[nodiscard]] std::string name() const override { return "compacted"; }
  [[nodiscard]] std::unique_ptr<program::storing> store(const stored_tensor& t) const override {
    return std::make_unique<storing_cut>(t, cuts_.at(t.name));
  }
  [[nodiscard]] decision decide(const stored_tensor& t) const override {
    const bool is_cut = cuts_.find(t.name) != cuts_.end();
    return {&t, is_cut ? this : nullptr, is_cut ? "" : "loses nothing"};
  }

  [[nodiscard]] const std::map<std::string, cut_tensor>& cuts() const { return cuts_; }
  [[nodiscard]] const nlohmann::ordered_json& description() const { return description_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  [[nodiscard]] bool wanted(const stored_tensor& t) const {
    if (!with_.include.empty()) return matches_any(t.name, with_.include);
    return usually_kept_because(t.name) == nullptr;
  }
  [[nodiscard]] std::vector<step_for> steps_for(const coupling& c) const;
  void prune(const coupling& c);
  void make_units(pruned_coupling& p, const std::vector<step_for>& steps) const;
  void require_all_asked(const couplings& known, const std::vector<stored_tensor>& tensors) const;
  void add_cuts(const pruned_coupling& p);
  void describe(const pruned_coupling& p);

  const prune_arguments& with_;
  std::vector<prune_step> steps_;
  std::vector<pruned_coupling> pruned_;
  std::map<std::string, cut_tensor> cuts_;
  nlohmann::ordered_json description_ = nlohmann::ordered_json::array();
  std::string text_;
};

compaction::compaction(const prune_arguments& with, const std::vector<stored_tensor>& tensors) : with_(with) {
  for (const prune_step_text& text : with.steps) steps_.push_back(step_of(text));
  couplings known(tensors, with.couple);
  for (const prune_step& step : steps_) {
    const auto* heads = std::get_if<prune_heads>(&step);
    if (heads == nullptr) continue;
    bool found = false;
    for (const stored_tensor& t : tensors) {
      if (!matches(t.name, heads->name)) continue;
      if (heads->which.axis != 0) fail("--compact removes heads along axis 0, not ", heads->which.axis);
      known.add_attention(t, heads->which.count);
      found = true;
    }
    if (!found) fail(with.in, ": no tensor has the name '", program::printable(heads->name), "'");
  }
  for (const coupling& c : known.all()) prune(c);
  require_all_asked(known, tensors);
  for (pruned_coupling& p : pruned_) {
    known.refuse_strays(*p.what);
    make_units(p, steps_for(*p.what));
    add_cuts(p);
    describe(p);
  }
  for (pruned_coupling& p : pruned_) p.what = nullptr;  // of tensors that are about to go
}

/// The steps that prune a coupling, each with the leaders that it asks.
std::vector<step_for> compaction::steps_for(const coupling& c) const {
  std::vector<step_for> found;
  for (const coupled_axis& a : c.axes) {
    if (matches_any(a.tensor->name, with_.exclude)) return found;
  }
  for (const prune_step& step : steps_) {
    step_for one{&step, {}};
    const auto* heads = std::get_if<prune_heads>(&step);
    const auto* channels = std::get_if<detent::channels>(&step);
    for (const coupled_axis& a : c.axes) {
      if (!a.leads) continue;
      const bool asked = heads != nullptr ? matches(a.tensor->name, heads->name)
                                          : c.heads.heads == 0 && channels->axis == a.how.axis && wanted(*a.tensor);
      if (asked) one.leaders.push_back(a.tensor);
    }
    if (!one.leaders.empty()) found.push_back(one);
  }
  return found;
}

void compaction::prune(const coupling& c) {
  const std::vector<step_for> steps = steps_for(c);
  if (steps.empty()) return;
  for (const coupled_axis& a : c.axes) {
    const stored_tensor& t = *a.tensor;
    if (t.parts.size() != 1)
      fail("tensor '", program::printable(t.name), "' is quantized or sparse, and cannot be cut");
    if (t.reader == nullptr || detent::facts_of(t.parts[0].info->dtype).bits % 8 != 0) {
      fail("tensor '", program::printable(t.name), "' is ", t.precision, ", and cannot be cut");
    }
  }
  if (elements_of(steps[0].leaders[0]->dimensions) == 0) {
    fail("tensor '", program::printable(steps[0].leaders[0]->name), "' has no elements");
  }
  pruned_.push_back({&c, std::make_unique<detent::bit_mask>(detent::extents(c.units)), steps[0].leaders, 0, {}});
}

/// Refuses a step that prunes nothing, and tensors that --include names whose followers are not known.
void compaction::require_all_asked(const couplings& known, const std::vector<stored_tensor>& tensors) const {
  std::set<const stored_tensor*> met;
  for (const pruned_coupling& p : pruned_) {
    for (const coupled_axis& a : p.what->axes) met.insert(a.tensor);
  }
  for (const prune_step& step : steps_) {
    const auto* channels = std::get_if<detent::channels>(&step);
    if (channels == nullptr) continue;
    for (const stored_tensor& t : tensors) {
      const bool named = !with_.include.empty() || pruned_.empty();
      if (!named || t.dimensions.size() < 2 || !wanted(t) || matches_any(t.name, with_.exclude)) continue;
      if (met.find(&t) != met.end()) continue;
      const std::string note = known.note(t);
      fail("what follows axis ", channels->axis, " of tensor '", program::printable(t.name), "' is not known",
           note.empty() ? "" : " (" + note + ")", "; --couple '", program::printable(t.name), ":", channels->axis,
           "=NAME:AXIS' names it");
    }
  }
  if (pruned_.empty()) fail(with_.in, ": no tensor is left to prune");
}

template <class X, class C>
void prune_units(const X& x, const C& criterion, std::optional<detent::bit_mask>& mask, const stored_tensor& leader,
                 const detent::prune_options& how) {
  try {
    if (!mask) mask.emplace(x.shape());
    detent::prune(detent::native{}, x, criterion, *mask, how);
  } catch (const detent::error& e) {
    fail("tensor '", program::printable(leader.name), "': ", e.what());
  }
}

void compaction::make_units(pruned_coupling& p, const std::vector<step_for>& steps) const {
  const detent::openmp_executor pool{with_.threads};
  const detent::prune_options how{.executor = pool,
                                  .nan = with_.keep_nan ? detent::nan_scores::keep : detent::nan_scores::refuse};
  const coupling& c = *p.what;
  std::optional<detent::bit_mask> mask;
  std::size_t axis = 0;
  for (const step_for& s : steps) {
    if (s.leaders != p.asked)
      fail("the steps of --compact ask different leaders of '", program::printable(p.asked[0]->name), "'");
    const stored_tensor& first = *s.leaders[0];
    if (first.dimensions.size() > detent::extents::max_rank) {
      fail("tensor '", program::printable(first.name), "' has more than ", detent::extents::max_rank, " axes");
    }
    if (const auto* heads = std::get_if<prune_heads>(s.step)) {
      const std::size_t shared = c.heads.heads == 0 ? 1 : c.heads.heads / c.heads.kv_heads;
      if (c.heads.heads != 0 && heads->which.count != c.units) {
        fail("--heads names ", c.units, " and ", heads->which.count, " heads of '", program::printable(first.name),
             "'");
      }
      if (s.leaders.size() > 1) fail("--heads names several leaders of '", program::printable(first.name), "'");
      prune_units(with_axes{&first}, heads->which.grouped(shared), mask, first, how);
    } else if (const auto& channels = std::get<detent::channels>(*s.step); s.leaders.size() == 1) {
      axis = channels.axis;
      prune_units(with_axes{&first}, channels, mask, first, how);
    } else {
      if (channels.axis != 0) fail("several leaders are ranked along axis 0, not ", channels.axis);
      beside all{{}, c.units, 0};
      for (const stored_tensor* t : s.leaders) {
        all.parts.push_back({t});
        all.cols += elements_of(t->dimensions) / std::max<std::size_t>(1, c.units);
      }
      prune_units(all, channels, mask, first, how);
    }
  }
  const detent::extents shape = mask->shape();
  detent::units_of(std::as_const(*mask).view(), axis, shape[axis] / c.units, p.units->view());
  p.left = detent::count_kept(p.units->view());
  if (p.left == 0) fail("nothing is left of the ", c.units, " units of '", program::printable(p.asked[0]->name), "'");
  if (c.heads.heads != 0) p.heads = c.heads.after(std::as_const(*p.units).view());
}

void compaction::add_cuts(const pruned_coupling& p) {
  for (const coupled_axis& a : p.what->axes) {
    const stored_tensor& t = *a.tensor;
    cut_tensor& to = cuts_[t.name];
    if (to.before.empty()) to.before = to.after = t.dimensions;
    for (const cut& other : to.cuts) {
      if (other.how.axis != a.how.axis) continue;
      fail("axis ", a.how.axis, " of tensor '", program::printable(t.name), "' belongs to two couplings");
    }
    to.cuts.push_back({a.how, p.units.get()});
    to.after[a.how.axis] = a.how.block * detent::detail::groups_kept(std::as_const(*p.units).view(),
                                                                     p.what->units / a.how.shared, a.how.shared);
  }
}

void compaction::describe(const pruned_coupling& p) {
  nlohmann::ordered_json entry;
  for (const stored_tensor* t : p.asked) entry["leaders"].push_back(t->name);
  entry["units_before"] = p.what->units;
  entry["units_after"] = p.left;
  std::string line = "  " + program::printable(p.asked[0]->name) + ": " + std::to_string(p.left) + " of " +
                     std::to_string(p.what->units) + (p.heads ? " heads" : " units") + " are left";
  if (p.heads) {
    entry["key_value_heads_before"] = p.what->heads.kv_heads;
    entry["key_value_heads_after"] = p.heads->kv_heads;
    line += ", " + std::to_string(p.heads->kv_heads) + " of keys and values";
  }
  for (const coupled_axis& a : p.what->axes) entry["tensors"].push_back(a.tensor->name);
  description_.push_back(std::move(entry));
  text_ += line + "\n";
}

}  // namespace

report prune_compact(const prune_arguments& with) {
  std::unique_ptr<compaction> what;
  {
    const detent::safetensors_checkpoint from = detent::open_checkpoint(with.in);
    const std::vector<stored_tensor> tensors = program::tensors_of(from);
    what = std::make_unique<compaction>(with, tensors);
  }
  report result = rewrite(with.in, with.out, *what, with.threads);
  std::size_t before = 0, after = 0;
  for (auto& entry : result.json["tensors"]) {
    const auto found = what->cuts().find(entry["name"].get<std::string>());
    if (found == what->cuts().end()) continue;
    for (const char* of_quantizing : {"to", "nan", "infinite", "zero_groups", "scale_overflows", "scale_underflows"}) {
      entry.erase(of_quantizing);
    }
    entry["shape_after"] = found->second.after;
    before += elements_of(found->second.before);
    after += elements_of(found->second.after);
  }
  result.json["input"] = with.in;
  result.json["couplings"] = what->description();
  result.json["counts"] = {{"total", before}, {"kept", after}};
  char line[160];
  std::snprintf(line, sizeof line, "compacted: %zu of %zu parameters of coupled tensors are left\n", after, before);
  result.text += what->text() + line;
  return result;
}

}  // namespace cli

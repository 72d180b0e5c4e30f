// SPDX-License-Identifier: MIT
//
// A mask is a bit for each element: without --global it is made and used for one tensor at a time. Tensors are read
// where they lie in the mapped file.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <utility>
#include <variant>

#include "commands.hpp"
#include "detent/backend/native.hpp"
#include "detent/file/sparse_bitmask.hpp"
#include "detent/file/sparse_csr.hpp"
#include "detent/format/bf16.hpp"
#include "detent/format/fp16.hpp"
#include "detent/store/sparse_tensor.hpp"
#include "names.hpp"
#include "prune_steps.hpp"
#include "rewrite.hpp"
#include "terminal.hpp"

namespace cli {
namespace {

using detent::stored_tensor;

/// Types of files whose zero has no bit set.
bool has_zero(const stored_tensor& t) {
  static const char* const known[] = {"F64",        "fp32",         "fp16",     "bf16",
                                      "fp8_e4m3fn", "fp8_e4m3fnuz", "fp8_e5m2", "fp8_e5m2fnuz"};
  return std::find(std::begin(known), std::end(known), t.precision) != std::end(known);
}

/// A tensor on its way, and what became of it.
struct pruned_tensor {
  explicit pruned_tensor(const stored_tensor& t) : from{&t}, name(t.name), elements(from.shape().size()) {}

  with_axes from;  // as long as the file is read
  std::string name;
  std::size_t elements;
  detent::bit_mask mask;
  bool masked = false;
  std::size_t kept = 0;
  std::atomic<std::size_t> nonzero_before = 0;
  std::atomic<std::size_t> nonzero_after = 0;
};

template <class Word>
void zero_words(const detent::bit_mask& mask, const std::uint8_t* from, std::uint8_t* to, bool signed_zero,
                pruned_tensor& counts, const detent::options& with) {
  constexpr std::size_t run = 4096, task_runs = 64;
  const std::size_t elements = mask.size();
  const auto is_set = [&](Word w) { return static_cast<Word>(signed_zero ? w << 1 : w) != 0; };
  with.executor((elements + run * task_runs - 1) / (run * task_runs), [&](std::size_t task) {
    Word words[run];
    std::size_t before = 0, after = 0;
    for (std::size_t first = task * task_runs * run; first < std::min(elements, (task + 1) * task_runs * run);
         first += run) {
      const std::size_t n = std::min(run, elements - first);
      std::memcpy(words, from + first * sizeof(Word), n * sizeof(Word));
      before += static_cast<std::size_t>(std::count_if(words, words + n, is_set));
      const detent::const_mask_view part(mask.data() + first / detent::mask_word_bits, detent::extents(n));
      detent::apply(detent::native{}, part, detent::tensor_view<Word, 1>(words, detent::extents(n)));
      after += static_cast<std::size_t>(std::count_if(words, words + n, is_set));
      std::memcpy(to + first * sizeof(Word), words, n * sizeof(Word));
    }
    counts.nonzero_before += before;
    counts.nonzero_after += after;
  });
}

/// What is done to all tensors, in which order.
class plan final : public program::conversion {
 public:
  explicit plan(const prune_arguments& with) : with_(with) {
    for (const prune_step_text& text : with.steps) steps_.push_back(step_of(text));
    for (const prune_step& step : steps_) together_ = together_ || ranked_together(step);
  }

  [[nodiscard]] std::string name() const override { return "pruned"; }
  [[nodiscard]] std::unique_ptr<program::storing> store(const stored_tensor& tensor) const override;

  /// Why a tensor is not pruned; empty if it is.
  [[nodiscard]] std::string why_not(const stored_tensor& t) const {
    if (!has_zero(t) || t.parts.size() != 1) return "is quantized or sparse";
    if (t.shape().size() == 0) return "has no elements";
    if (names_heads(t)) return {};
    return why_not_general(t);
  }

  /// Makes the mask of a tensor, and where tensors are ranked together those of all.
  void make_masks(pruned_tensor& t, const detent::options& with) const;

  [[nodiscard]] const std::vector<std::unique_ptr<pruned_tensor>>& tensors() const { return tensors_; }

 private:
  [[nodiscard]] bool ranked_together(const prune_step& step) const {
    return with_.global && std::holds_alternative<detent::magnitude>(step);
  }
  [[nodiscard]] bool names_heads(const stored_tensor& t) const {
    return std::any_of(steps_.begin(), steps_.end(), [&](const prune_step& step) {
      const auto* heads = std::get_if<prune_heads>(&step);
      return heads != nullptr && matches(t.name, heads->name);
    });
  }
  [[nodiscard]] std::string why_not_general(const stored_tensor& t) const {
    if (matches_any(t.name, with_.exclude)) return "excluded";
    if (!with_.include.empty()) return matches_any(t.name, with_.include) ? "" : "not included";
    if (t.dimensions.size() < 2) return "fewer than two axes";
    const char* why = usually_kept_because(t.name);
    return why == nullptr ? "" : why;
  }
  void apply_step(const prune_step& step, pruned_tensor& t, const detent::options& with) const;

  const prune_arguments& with_;
  std::vector<prune_step> steps_;
  bool together_ = false;
  mutable std::vector<std::unique_ptr<pruned_tensor>> tensors_;
};

class storing_masked final : public program::storing {
 public:
  storing_masked(const plan& of, pruned_tensor& t) : plan_(of), t_(t), part_(t.from.tensor->parts[0]) {}

  void declare(detent::safetensors_writer& out, const detent::options&) override {
    out.add(part_.info->name, part_.info->dtype, part_.info->shape);
  }
  detent::quantize_report fill(const detent::safetensors_writer& out, const detent::options& with) override {
    plan_.make_masks(t_, with);
    const std::uint8_t* from = part_.data();
    std::uint8_t* to = out.data(part_.info->name);
    const bool signed_zero = !t_.from.tensor->precision.ends_with("fnuz");
    switch (part_.info->bytes() / t_.mask.size()) {
      case 1:
        zero_words<std::uint8_t>(t_.mask, from, to, signed_zero, t_, with);
        break;
      case 2:
        zero_words<std::uint16_t>(t_.mask, from, to, signed_zero, t_, with);
        break;
      case 4:
        zero_words<std::uint32_t>(t_.mask, from, to, signed_zero, t_, with);
        break;
      default:
        zero_words<std::uint64_t>(t_.mask, from, to, signed_zero, t_, with);
    }
    t_.kept = count_kept(t_.mask.view());
    t_.mask = {};
    out.release(part_.info->name, 0, part_.info->bytes());
    return {};
  }
  [[nodiscard]] std::uint64_t bytes(const detent::safetensors_writer& out) const override {
    return out.bytes(part_.info->name);
  }

 private:
  const plan& plan_;
  pruned_tensor& t_;
  const detent::checkpoint_tensor& part_;
};

/// A matrix without its zeros, in compressed rows or a layout of compressed-tensors.
template <class L, class P>
class storing_sparse final : public program::storing {
 public:
  storing_sparse(const plan& of, pruned_tensor& t)
      : plan_(of), t_(t), prefix_(t.name.substr(0, t.name.size() - std::strlen(".weight"))) {}

  /// How much is left must be known before the file is made, and so must the mask.
  void declare(detent::safetensors_writer& out, const detent::options& with) override {
    plan_.make_masks(t_, with);
    detent::declare_sparse<L, P>(out, prefix_, t_.mask.shape(), detent::stored_elements<L>(t_.mask.view()));
  }
  detent::quantize_report fill(const detent::safetensors_writer& out, const detent::options& with) override {
    const detent::const_mask_view mask = std::as_const(t_.mask).view();
    const detent::packed_view<P, const std::uint8_t> q(mask.shape(), t_.from.tensor->parts[0].data());
    try {
      const auto left = detent::compress<L>(detent::native{}, q, mask, with);
      detent::fill_sparse(out, prefix_, left.view());
    } catch (const detent::error& e) {
      detent::fail("tensor '", program::printable(t_.name), "' cannot be stored sparse: ", e.what());
    }
    t_.kept = count_kept(mask);
    t_.nonzero_before = detent::count_parameters(detent::native{}, t_.from, 0, with).nonzero;
    t_.nonzero_after =
        detent::count_parameters(detent::native{}, detent::masked(detent::native{}, t_.from, mask), 0, with).nonzero;
    t_.mask = {};
    return {};
  }
  [[nodiscard]] std::uint64_t bytes(const detent::safetensors_writer& out) const override {
    std::uint64_t sum = 0;
    if constexpr (std::same_as<L, detent::csr<>>) {
      for (const char* part : {".crow", ".col", ".values", ".shape"}) sum += out.bytes(prefix_ + part);
      return sum;
    }
    for (const char* part : {".bitmask", ".shape", ".compressed"}) sum += out.bytes(prefix_ + part);
    if constexpr (std::same_as<L, detent::bitmask>) sum += out.bytes(prefix_ + ".row_offsets");
    return sum;
  }

 private:
  const plan& plan_;
  pruned_tensor& t_;
  std::string prefix_;
};

template <class L>
std::unique_ptr<program::storing> store_sparse(const plan& of, pruned_tensor& t) {
  const std::string& precision = t.from.tensor->precision;
  if (precision == "fp32") return std::make_unique<storing_sparse<L, detent::fp32>>(of, t);
  if (precision == "fp16") return std::make_unique<storing_sparse<L, detent::fp16>>(of, t);
  return std::make_unique<storing_sparse<L, detent::bf16>>(of, t);
}

/// Matrices that those layouts can hold; all other tensors keep their zeros.
bool can_be_sparse(const stored_tensor& t) {
  const bool known = t.precision == "fp32" || t.precision == "fp16" || t.precision == "bf16";
  return known && t.dimensions.size() == 2 && t.name.size() > 7 && t.name.ends_with(".weight");
}

std::unique_ptr<program::storing> plan::store(const stored_tensor& tensor) const {
  tensors_.push_back(std::make_unique<pruned_tensor>(tensor));
  if (can_be_sparse(tensor)) {
    if (with_.sparse_storage == "bitmask") return store_sparse<detent::bitmask>(*this, *tensors_.back());
    if (with_.sparse_storage == "csr") return store_sparse<detent::csr<>>(*this, *tensors_.back());
    if (with_.sparse_storage == "2:4") return store_sparse<detent::two_of_four>(*this, *tensors_.back());
  }
  return std::make_unique<storing_masked>(*this, *tensors_.back());
}

template <class C>
void prune_more(const C& criterion, pruned_tensor& t, const detent::prune_options& with) {
  try {
    detent::prune(detent::native{}, t.from, criterion, t.mask, with);
  } catch (const detent::error& e) {
    detent::fail("tensor '", program::printable(t.from.tensor->name), "': ", e.what());
  }
}

void plan::apply_step(const prune_step& step, pruned_tensor& t, const detent::options& with) const {
  const detent::prune_options how{.executor = with.executor,
                                  .nan = with_.keep_nan ? detent::nan_scores::keep : detent::nan_scores::refuse};
  const stored_tensor& tensor = *t.from.tensor;
  if (const auto* heads = std::get_if<prune_heads>(&step)) {
    if (matches(tensor.name, heads->name)) prune_more(heads->which, t, how);
    return;
  }
  if (!why_not_general(tensor).empty()) return;
  if (const auto* nm = std::get_if<prune_n_of_m>(&step)) {
    const detent::n_of_m pattern(nm->n, nm->m, t.mask.shape().rank > 1 ? 1 : 0);
    prune_more(with_.pad ? pattern.padded() : pattern, t, how);
  } else if (const auto* lot = std::get_if<prune_random>(&step)) {
    std::uint64_t seed = with_.seed;  // another lot for every name
    for (const char c : tensor.name) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    prune_more(detent::random_elements(lot->how_many, seed), t, how);
  } else if (const auto* m = std::get_if<detent::magnitude>(&step)) {
    prune_more(*m, t, how);
  } else if (const auto* c = std::get_if<detent::channels>(&step)) {
    prune_more(*c, t, how);
  } else if (const auto* b = std::get_if<detent::blocks>(&step)) {
    prune_more(*b, t, how);
  } else {
    prune_more(std::get<detent::threshold>(step), t, how);
  }
}

void plan::make_masks(pruned_tensor& t, const detent::options& with) const {
  if (t.masked) return;
  std::vector<pruned_tensor*> all;
  if (together_) {
    for (const auto& each : tensors_) all.push_back(each.get());
  } else {
    all.push_back(&t);
  }
  for (pruned_tensor* each : all) {
    each->mask = detent::bit_mask(each->from.shape());
    each->masked = true;
  }
  for (const prune_step& step : steps_) {
    if (!ranked_together(step)) {
      for (pruned_tensor* each : all) apply_step(step, *each, with);
      continue;
    }
    std::vector<with_axes> tensors;
    std::vector<detent::mask_view> masks;
    for (pruned_tensor* each : all) {
      if (!why_not_general(*each->from.tensor).empty()) continue;
      tensors.push_back(each->from);
      masks.push_back(each->mask.view());
    }
    detent::prune_together(
        detent::native{}, tensors, std::get<detent::magnitude>(step), masks,
        {.executor = with.executor, .nan = with_.keep_nan ? detent::nan_scores::keep : detent::nan_scores::refuse});
  }
}

class to_pruned final : public chooser {
 public:
  explicit to_pruned(const plan& with) : plan_(with) {}

  [[nodiscard]] decision decide(const stored_tensor& t) const override {
    const std::string why = plan_.why_not(t);
    return {&t, why.empty() ? &plan_ : nullptr, why};
  }

 private:
  const plan& plan_;
};

/// Refuses names of heads that no tensor has that can be pruned, before anything is written.
void check_heads(const prune_arguments& with, const plan& steps) {
  std::vector<std::string> wanted;
  for (const prune_step_text& text : with.steps) {
    if (text.option == "heads") wanted.push_back(std::get<prune_heads>(step_of(text)).name);
  }
  if (wanted.empty()) return;
  const detent::safetensors_checkpoint from = detent::open_checkpoint(with.in);
  const std::vector<stored_tensor> tensors = program::tensors_of(from);
  for (const std::string& name : wanted) {
    const bool met = std::any_of(tensors.begin(), tensors.end(), [&](const stored_tensor& t) {
      return matches(t.name, name) && steps.why_not(t).empty();
    });
    if (!met) detent::fail(with.in, ": no tensor that can be pruned has the name '", program::printable(name), "'");
  }
}

nlohmann::ordered_json counts_of(std::size_t total, std::size_t kept, std::size_t before, std::size_t after) {
  return {{"total", total},
          {"kept", kept},
          {"nonzero_before", before},
          {"nonzero", after},
          {"sparsity", total == 0 ? 0.0 : 1 - static_cast<double>(after) / static_cast<double>(total)}};
}

double bits_of(std::uint64_t bytes, std::size_t elements) {
  return 8 * static_cast<double>(bytes) / static_cast<double>(elements);
}

}  // namespace

report prune(const prune_arguments& with) {
  if (with.compact) return prune_compact(with);
  const plan steps(with);
  check_heads(with, steps);
  report result = rewrite(with.in, with.out, to_pruned(steps), with.threads);
  std::map<std::string, const pruned_tensor*> by_name;
  for (const auto& t : steps.tensors()) by_name[t->name] = t.get();
  std::size_t total = 0, kept = 0, before = 0, after = 0;
  for (auto& entry : result.json["tensors"]) {
    const auto found = by_name.find(entry["name"].get<std::string>());
    if (found == by_name.end()) continue;
    const pruned_tensor& t = *found->second;
    for (const char* of_quantizing : {"to", "nan", "infinite", "zero_groups", "scale_overflows", "scale_underflows"}) {
      entry.erase(of_quantizing);
    }
    entry["counts"] = counts_of(t.elements, t.kept, t.nonzero_before, t.nonzero_after);
    entry["bits_per_parameter_before"] = bits_of(entry["bytes_before"], t.elements);
    entry["bits_per_parameter_after"] = bits_of(entry["bytes_after"], t.elements);
    total += t.elements;
    kept += t.kept;
    before += t.nonzero_before;
    after += t.nonzero_after;
  }
  result.json["input"] = with.in;
  result.json["counts"] = counts_of(total, kept, before, after);
  char line[160];
  std::snprintf(line, sizeof line, "pruned: %zu of %zu parameters are left (%.2f %%), %zu of them not zero\n", kept,
                total, total == 0 ? 100.0 : 100.0 * static_cast<double>(kept) / static_cast<double>(total), after);
  result.text += line;
  return result;
}

}  // namespace cli

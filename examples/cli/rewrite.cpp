// SPDX-License-Identifier: MIT
#include "rewrite.hpp"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "detent/file/scheme.hpp"
#include "terminal.hpp"

namespace cli {
namespace {

using detent::stored_tensor;

/// A decision under way: the storing that carries it out, or none for a copy.
struct job {
  decision what;
  std::unique_ptr<program::storing> storing;
  detent::quantize_report met;
  std::uint64_t bytes_after = 0;
};

void declare_copy(const stored_tensor& tensor, detent::safetensors_writer& out) {
  for (const detent::checkpoint_tensor& part : tensor.parts) {
    out.add(part.info->name, part.info->dtype, part.info->shape);
  }
  const auto& metadata = tensor.parts[0].file->metadata();
  if (const auto own = metadata.find(detent::scheme_key(tensor.name)); own != metadata.end()) {
    out.metadata(own->first, own->second);
  }
}

/// In pieces, so that the pages of neither file pile up.
void copy(const stored_tensor& tensor, const detent::safetensors_writer& out, program::progress& watcher) {
  constexpr std::size_t piece = std::size_t{8} << 20;
  for (const detent::checkpoint_tensor& part : tensor.parts) {
    const std::size_t bytes = static_cast<std::size_t>(part.info->bytes());
    for (std::size_t at = 0; at < bytes; at += piece) {
      const std::size_t length = bytes - at < piece ? bytes - at : piece;
      std::memcpy(out.data(part.info->name) + at, part.data() + at, length);
      out.release(part.info->name, at, length);
      part.file->release(*part.info, at, length);
      watcher.add(length);
    }
  }
}

/// Writing over what is read would lose it. Links are followed.
void refuse_input_as_output(const std::string& in, const std::string& out, const detent::safetensors_checkpoint& from) {
  std::error_code differ;
  bool same = std::filesystem::equivalent(in, out, differ);
  for (const detent::safetensors_file& file : from.files()) {
    same = same || std::filesystem::equivalent(file.path(), out, differ);
  }
  if (same) detent::fail(out, ": is the input; choose another name for the output");
}

/// What of the old metadata still holds.
void keep_metadata(const detent::safetensors_checkpoint& from, detent::safetensors_writer& out) {
  if (from.files().empty()) return;
  for (const auto& [key, value] : from.files()[0].metadata()) {
    if (!key.starts_with("detent:")) out.metadata(key, value);
  }
}

std::uint64_t work_of(const job& j) {
  return j.what.to == nullptr ? j.what.tensor->bytes() : j.what.tensor->shape().size();
}

void declare(job& j, detent::safetensors_writer& writer, const std::string& in, int threads) {
  try {
    if (j.what.to == nullptr) {
      declare_copy(*j.what.tensor, writer);
    } else {
      const detent::openmp_executor pool{threads};
      j.storing->declare(writer, {.executor = pool});
    }
  } catch (const detent::error& e) {
    detent::fail(in, ": tensor '", program::printable(j.what.tensor->name), "' cannot be written: ", e.what());
  }
}

void fill(job& j, const detent::safetensors_writer& writer, program::progress& watcher, int threads) {
  const stored_tensor& t = *j.what.tensor;
  watcher.begin_part(work_of(j));
  if (j.what.to == nullptr) {
    copy(t, writer, watcher);
    j.bytes_after = t.bytes();
  } else {
    const program::watched_threads pool{{threads}, &watcher, t.shape().size()};
    j.met = j.storing->fill(writer, {.executor = pool});
    j.bytes_after = j.storing->bytes(writer);
    for (const detent::checkpoint_tensor& part : t.parts) part.file->release(*part.info, 0, part.info->bytes());
  }
  watcher.end_part();
}

nlohmann::ordered_json describe(const job& j) {
  const stored_tensor& t = *j.what.tensor;
  nlohmann::ordered_json entry = {{"name", t.name}, {"shape", t.dimensions}, {"from", t.precision}};
  if (j.what.to == nullptr) {
    entry["kept"] = j.what.why;
  } else {
    entry["to"] = j.what.to->name();
    entry["nan"] = j.met.nan;
    entry["infinite"] = j.met.infinite;
    entry["zero_groups"] = j.met.zero_groups;
    entry["scale_overflows"] = j.met.scale_overflows;
    entry["scale_underflows"] = j.met.scale_underflows;
  }
  entry["bytes_before"] = t.bytes();
  entry["bytes_after"] = j.bytes_after;
  return entry;
}

std::string warning(const job& j) {
  const detent::quantize_report& m = j.met;
  if (m.nan + m.infinite + m.scale_overflows + m.scale_underflows == 0) return {};
  return "  " + program::printable(j.what.tensor->name) + ": " + std::to_string(m.nan) + " NaN, " +
         std::to_string(m.infinite) + " infinite, " + std::to_string(m.scale_overflows) + " scales overflowed, " +
         std::to_string(m.scale_underflows) + " underflowed\n";
}

std::string kept_text(const std::vector<job>& jobs) {
  std::string text;
  for (const job& j : jobs) {
    if (j.what.to == nullptr) text += "  kept " + program::printable(j.what.tensor->name) + " (" + j.what.why + ")\n";
  }
  return text;
}

report summary(const std::vector<job>& jobs, std::uint64_t before, std::uint64_t after, double seconds,
               std::uint64_t peak, const std::string& out) {
  report result;
  auto tensors = nlohmann::ordered_json::array();
  std::size_t changed = 0;
  std::string warnings;
  for (const job& j : jobs) {
    tensors.push_back(describe(j));
    changed += std::size_t{j.what.to != nullptr};
    warnings += warning(j);
  }
  result.json["tensors"] = std::move(tensors);
  result.json["output"] = out;
  result.json["tensors_changed"] = changed;
  result.json["tensors_kept"] = jobs.size() - changed;
  result.json["bytes_before"] = before;
  result.json["bytes_after"] = after;
  result.json["seconds"] = seconds;
  result.json["peak_anonymous_bytes"] = peak;
  char line[256];
  std::snprintf(line, sizeof line, ": %zu tensors changed, %zu kept; %s to %s in %.2f s, %s of memory\n", changed,
                jobs.size() - changed, program::human_bytes(before).c_str(), program::human_bytes(after).c_str(),
                seconds, program::human_bytes(peak).c_str());
  result.text = kept_text(jobs) + (warnings.empty() ? "" : "attention:\n" + warnings) + out + line;
  return result;
}

}  // namespace

report rewrite(const std::string& in, const std::string& out, const chooser& choose, int threads) {
  const auto start = std::chrono::steady_clock::now();
  const detent::safetensors_checkpoint from = detent::open_checkpoint(in);
  refuse_input_as_output(in, out, from);
  const std::vector<stored_tensor> tensors = program::tensors_of(from);

  std::vector<job> jobs;
  std::uint64_t work = 0;
  std::uint64_t before = 0;
  for (const stored_tensor& t : tensors) {
    job j{.what = t.reader == nullptr ? decision{&t, nullptr, "its elements are no floats"} : choose.decide(t),
          .storing = nullptr,
          .met = {}};
    work += work_of(j);
    before += t.bytes();
    jobs.push_back(std::move(j));
  }

  program::progress watcher(out, work);
  detent::safetensors_writer writer;
  keep_metadata(from, writer);
  for (job& j : jobs) {
    if (j.what.to != nullptr) j.storing = j.what.to->store(*j.what.tensor);
  }
  for (job& j : jobs) declare(j, writer, in, threads);
  program::hold_interruptions();
  writer.begin(out);
  program::remove_when_interrupted(writer.temporary_path());
  for (job& j : jobs) fill(j, writer, watcher, threads);
  const std::uint64_t after = writer.file_size();
  writer.commit();
  program::remove_when_interrupted({});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary(jobs, before, after, seconds, watcher.peak_anonymous_bytes(), out);
}

}  // namespace cli

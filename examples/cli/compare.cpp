// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <utility>

#include "commands.hpp"
#include "detent/native.hpp"
#include "precision.hpp"
#include "terminal.hpp"

namespace cli {
namespace {

using detent::error_metrics;
using detent::stored_tensor;

/// Sums over tensors, from what each reports.
struct totals {
  std::size_t elements = 0;
  double signal = 0;
  double error = 0;
  double max = 0;

  void add(const error_metrics& m) {
    const double squares = m.rmse * m.rmse * static_cast<double>(m.elements);
    elements += m.elements;
    error += squares;
    signal += m.signal;
    max = m.max > max ? m.max : max;
  }
  [[nodiscard]] double rmse() const { return elements == 0 ? 0 : std::sqrt(error / static_cast<double>(elements)); }
  [[nodiscard]] double sqnr_db() const { return 10 * std::log10(signal / error); }
};

/// JSON has no infinity: an exact copy has no SQNR.
nlohmann::ordered_json decibels(double error, double sqnr_db) {
  if (error == 0) return nullptr;
  return sqnr_db;
}

bool same_bytes(const stored_tensor& a, const stored_tensor& b) {
  if (a.parts.size() != 1 || b.parts.size() != 1 || a.bytes() != b.bytes()) return false;
  return std::memcmp(a.parts[0].data(), b.parts[0].data(), static_cast<std::size_t>(a.bytes())) == 0;
}

std::string row(const std::string& name, const std::string& a, const std::string& b, const error_metrics& m) {
  char line[160];
  std::snprintf(line, sizeof line, "%10.3g %10.3g %9.2f %10.7f  %s -> %s  ", m.max, m.rmse,
                m.rmse == 0 ? INFINITY : m.sqnr_db, m.cosine, a.c_str(), b.c_str());
  return line + program::printable(name) + "\n";
}

nlohmann::ordered_json describe(const stored_tensor& a, const stored_tensor& b, const error_metrics& m) {
  return {{"name", a.name},
          {"a", a.precision},
          {"b", b.precision},
          {"elements", m.elements},
          {"max", m.max},
          {"rmse", m.rmse},
          {"sqnr_db", decibels(m.rmse, m.sqnr_db)},
          {"cosine", m.cosine},
          {"nan", m.nan},
          {"infinite", m.infinite},
          {"lost", m.lost}};
}

}  // namespace

report compare(const compare_arguments& with) {
  const detent::safetensors_checkpoint file_a = detent::open_checkpoint(with.a);
  const detent::safetensors_checkpoint file_b = detent::open_checkpoint(with.b);
  const std::vector<stored_tensor> tensors_b = program::tensors_of(file_b);
  std::map<std::string, const stored_tensor*> by_name;
  for (const stored_tensor& b : tensors_b) by_name.emplace(b.name, &b);

  const detent::openmp_executor pool{with.threads};
  report result;
  result.json["a"] = with.a;
  result.json["b"] = with.b;
  auto rows = nlohmann::ordered_json::array();
  auto only_a = nlohmann::ordered_json::array();
  auto only_b = nlohmann::ordered_json::array();
  auto different = nlohmann::ordered_json::array();
  result.text = "   greatest       rmse   SQNR dB     cosine  tensor\n";
  totals all;
  for (const stored_tensor& a : program::tensors_of(file_a)) {
    const auto found = by_name.find(a.name);
    if (found == by_name.end()) {
      only_a.push_back(a.name);
      result.text += "only in A: " + program::printable(a.name) + "\n";
      continue;
    }
    const stored_tensor& b = *found->second;
    by_name.erase(found);
    if (a.reader == nullptr || b.reader == nullptr) {
      if (same_bytes(a, b)) continue;
      different.push_back(a.name);
      result.text += "different: " + program::printable(a.name) + "\n";
      continue;
    }
    if (a.dimensions != b.dimensions) {
      detent::fail(with.b, ": tensor '", program::printable(a.name), "' has the shape ", b.shape(), ", in ", with.a,
                   " it has ", a.shape());
    }
    const error_metrics m = detent::measure_error(detent::native{}, a, b, {.executor = pool});
    all.add(m);
    rows.push_back(describe(a, b, m));
    result.text += row(a.name, a.precision, b.precision, m);
  }
  for (const auto& [name, tensor] : by_name) {
    only_b.push_back(name);
    result.text += "only in B: " + program::printable(name) + "\n";
  }
  result.json["tensors"] = std::move(rows);
  result.json["only_in_a"] = std::move(only_a);
  result.json["only_in_b"] = std::move(only_b);
  result.json["different"] = std::move(different);
  result.json["total"] = {{"elements", all.elements},
                          {"max", all.max},
                          {"rmse", all.rmse()},
                          {"sqnr_db", decibels(all.error, all.sqnr_db())}};
  char line[160];
  std::snprintf(line, sizeof line, "%zu elements: greatest error %.3g, rmse %.3g, SQNR %.2f dB\n", all.elements,
                all.max, all.rmse(), all.error == 0 ? INFINITY : all.sqnr_db());
  result.text += line;
  return result;
}

}  // namespace cli

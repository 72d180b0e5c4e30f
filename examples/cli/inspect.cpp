// SPDX-License-Identifier: MIT
#include <cstdio>
#include <utility>

#include "commands.hpp"
#include "detent/native.hpp"
#include "precision.hpp"
#include "terminal.hpp"

namespace cli {
namespace {

std::uint64_t elements_of(const detent::stored_tensor& t) {
  std::uint64_t product = 1;
  for (const std::uint64_t extent : t.dimensions) product *= extent;
  return product;
}

double bits_each(std::uint64_t bytes, std::uint64_t elements) {
  return elements == 0 ? 0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(elements);
}

std::string row(const detent::stored_tensor& t, const std::string& nonzero) {
  std::string shape = "[";
  for (std::size_t i = 0; i < t.dimensions.size(); ++i) shape += (i == 0 ? "" : ", ") + std::to_string(t.dimensions[i]);
  char line[160];
  std::snprintf(line, sizeof line, "%-22s %-22s %12s %8.3f%s  ", t.precision.c_str(), (shape + "]").c_str(),
                program::human_bytes(t.bytes()).c_str(), bits_each(t.bytes(), elements_of(t)), nonzero.c_str());
  return line + program::printable(t.name) + "\n";
}

}  // namespace

report inspect(const inspect_arguments& with) {
  const detent::safetensors_checkpoint file = detent::open_checkpoint(with.file);
  const detent::openmp_executor pool{with.threads};
  report result;
  result.json["file"] = with.file;
  auto tensors = nlohmann::ordered_json::array();
  std::uint64_t total = 0;
  std::uint64_t bytes = 0;
  std::uint64_t nonzero = 0;
  result.text = "precision              shape                         bytes     bits  name\n";
  for (const detent::stored_tensor& t : program::tensors_of(file)) {
    nlohmann::ordered_json entry = {{"name", t.name},
                                    {"precision", t.precision},
                                    {"shape", t.dimensions},
                                    {"bytes", t.bytes()},
                                    {"bits_per_parameter", bits_each(t.bytes(), elements_of(t))}};
    std::string counted;
    if (with.stats && t.reader != nullptr) {
      const detent::parameter_count c =
          detent::count_parameters(detent::native{}, t, static_cast<std::size_t>(t.bytes()), {.executor = pool});
      entry["nonzero"] = c.nonzero;
      nonzero += c.nonzero;
      counted = " " + std::to_string(c.nonzero) + " not zero";
    }
    result.text += row(t, counted);
    tensors.push_back(std::move(entry));
    total += elements_of(t);
    bytes += t.bytes();
  }
  const std::size_t count = tensors.size();
  result.json["tensors"] = std::move(tensors);
  result.json["parameters"] = total;
  result.json["bytes"] = bytes;
  result.json["bits_per_parameter"] = bits_each(bytes, total);
  if (with.stats) result.json["nonzero"] = nonzero;
  char line[160];
  std::snprintf(line, sizeof line, "%zu tensors, %llu parameters, %s, %.3f bits per parameter\n", count,
                static_cast<unsigned long long>(total), program::human_bytes(bytes).c_str(), bits_each(bytes, total));
  result.text += line;
  return result;
}

}  // namespace cli

// SPDX-License-Identifier: MIT
//
// detent_demo [FILE]: what every precision makes of a checkpoint's matrices and convolutions: size, error, and speed as
// a fraction of the speed of copying memory. Writes the table as JSON and as a picture (with gnuplot).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "detent/backend/native.hpp"
#include "detent/interop/openmp.hpp"
#include "precision.hpp"
#include "sdxl_slice.hpp"
#include "terminal.hpp"

namespace {

/// One precision's row: sums over all tensors.
struct row {
  std::string name;
  std::size_t elements = 0;
  std::size_t bytes = 0;
  std::size_t left_out = 0;  ///< tensors whose shape it cannot hold
  double error = 0;          ///< sum of squares
  double signal = 0;
  double max = 0;
  double quantize_seconds = 0;
  double dequantize_seconds = 0;
  double copy_seconds = 0;  ///< for as many bytes as quantizing reads and writes

  [[nodiscard]] double bits() const { return 8.0 * static_cast<double>(bytes) / static_cast<double>(elements); }
  [[nodiscard]] double sqnr_db() const { return 10 * std::log10(signal / error); }
  [[nodiscard]] double rmse() const { return std::sqrt(error / static_cast<double>(elements)); }
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Seconds per byte read or written, of copying `bytes` bytes: the best of three, one thread.
double copy_cost(const float* from, float* to, std::size_t bytes) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    std::memcpy(to, from, bytes);
    best = std::min(best, seconds_since(start));
  }
  return best / (2.0 * static_cast<double>(bytes));
}

void add_tensor(row& to, const program::precision& p, const detent::stored_tensor& t, const std::vector<float>& values,
                std::vector<std::uint8_t>& packed, std::vector<float>& restored) {
  if (!p.why_not(t).empty()) {
    ++to.left_out;
    return;
  }
  const double cost = copy_cost(values.data(), restored.data(), t.shape().size() * sizeof(float));
  const program::trial tried = p.try_on(values.data(), t.shape(), packed.data(), restored.data(), 1, {});
  const std::size_t n = t.shape().size();
  to.elements += n;
  to.bytes += tried.bytes;
  to.error += tried.error.rmse * tried.error.rmse * static_cast<double>(n);
  to.signal += tried.error.signal;
  to.max = std::max(to.max, tried.error.max);
  to.quantize_seconds += tried.quantize_seconds;
  to.dequantize_seconds += tried.dequantize_seconds;
  to.copy_seconds += cost * static_cast<double>(n * sizeof(float) + tried.bytes);
}

std::vector<row> run(const std::vector<detent::stored_tensor>& tensors) {
  std::vector<row> rows;
  std::size_t largest = 0;
  std::uint64_t work = 0;
  for (const auto& p : program::all_precisions()) rows.push_back({.name = p->name()});
  for (const detent::stored_tensor& t : tensors) {
    if (t.reader == nullptr || t.dimensions.size() < 2) continue;
    largest = std::max(largest, t.shape().size());
    work += t.shape().size();
  }
  std::vector<float> values(largest);
  std::vector<float> restored(largest);
  std::vector<std::uint8_t> packed(largest * 5 + 4096);
  program::progress watcher("every precision", work * rows.size());
  for (const detent::stored_tensor& t : tensors) {
    if (t.reader == nullptr || t.dimensions.size() < 2 || t.shape().size() == 0) continue;
    t.read(0, t.shape().size(), values.data());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      add_tensor(rows[i], *program::all_precisions()[i], t, values, packed, restored);
      watcher.add(t.shape().size());
    }
  }
  return rows;
}

void print_table(const std::vector<row>& rows) {
  std::printf("\n%-22s %10s %7s %9s %10s  %s\n", "precision", "size", "bits", "SQNR dB", "max error",
              "speed (copy = 1): quantize  dequantize");
  for (const row& r : rows) {
    if (r.elements == 0) continue;
    std::printf("%-22s %10s %7.3f %9.2f %10.3g %26.2f %11.2f%s\n", r.name.c_str(),
                program::human_bytes(r.bytes).c_str(), r.bits(), r.error == 0 ? INFINITY : r.sqnr_db(), r.max,
                r.copy_seconds / r.quantize_seconds, r.copy_seconds / r.dequantize_seconds,
                r.left_out == 0 ? "" : "  (part of the tensors)");
  }
}

nlohmann::ordered_json as_json(const std::vector<row>& rows, const std::string& file) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const row& r : rows) {
    if (r.elements == 0) continue;
    nlohmann::ordered_json entry = {{"precision", r.name}, {"elements", r.elements},
                                    {"bytes", r.bytes},    {"bits_per_parameter", r.bits()},
                                    {"rmse", r.rmse()},    {"max_error", r.max}};
    entry["sqnr_db"] = r.error == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(r.sqnr_db());
    entry["quantize_copy_fraction"] = r.copy_seconds / r.quantize_seconds;
    entry["dequantize_copy_fraction"] = r.copy_seconds / r.dequantize_seconds;
    entry["tensors_left_out"] = r.left_out;
    list.push_back(std::move(entry));
  }
  return {{"file", file}, {"kernels", detent::native::chosen()}, {"precisions", std::move(list)}};
}

/// A label beside its point, in the units of the axes; moved up or down until it covers no other.
struct label {
  double x, y, width;
  std::string text;
};

/// What a character takes of the axes below, at the size of the picture.
constexpr double character_width = 0.044;
constexpr double line_height = 0.62;

std::vector<label> place_labels(const std::vector<row>& rows) {
  std::vector<label> placed;
  for (const row& r : rows) {
    if (r.elements == 0 || r.error == 0 || r.bits() > 10) continue;
    label l{r.bits() + 0.05, r.sqnr_db(), character_width * static_cast<double>(r.name.size()), r.name};
    const auto covered = [&](double y) {
      return std::any_of(placed.begin(), placed.end(), [&](const label& o) {
        return l.x < o.x + o.width && o.x < l.x + l.width && std::abs(o.y - y) < line_height;
      });
    };
    double step = 0;
    for (int tries = 1; covered(l.y + step) && tries < 200; ++tries) {
      step = (tries % 2 == 0 ? -1 : 1) * 0.5 * line_height * ((tries + 1) / 2);
    }
    l.y += step;
    placed.push_back(l);
  }
  return placed;
}

/// The error against the bits, of all precisions below 10 bits. False if there is no gnuplot.
bool draw(const std::vector<row>& rows, const std::string& path) {
  std::FILE* plot = popen("gnuplot 2>/dev/null", "w");
  if (plot == nullptr) return false;
  std::fprintf(plot,
               "set terminal svg size 1300,900 noenhanced background '#ffffff' font 'sans,12'\n"
               "set output '%s'\n"
               "set title 'Error against size, up to 10 bits'\n"
               "set xlabel 'bits per parameter, scales included'\n"
               "set ylabel 'SQNR in dB (higher is better)'\n"
               "set grid lc '#dddddd'\nset key off\nset xrange [2.8:9.8]\nset yrange [0:46]\n"
               "plot '-' using 1:2 with points pt 7 ps 0.5 lc '#1f5fa8', "
               "'-' using 1:2:3 with labels left font ',9'\n",
               path.c_str());
  for (const row& r : rows) {
    if (r.elements != 0 && r.error != 0) std::fprintf(plot, "%g %g\n", r.bits(), r.sqnr_db());
  }
  std::fprintf(plot, "e\n");
  for (const label& l : place_labels(rows)) std::fprintf(plot, "%g %g \"%s\"\n", l.x, l.y, l.text.c_str());
  std::fprintf(plot, "e\n");
  return pclose(plot) == 0;
}

void demonstrate(std::string file, const std::string& folder) {
  std::filesystem::create_directories(folder);
  if (file.empty()) {
    file = folder + "/sdxl_slice.safetensors";
    if (!std::filesystem::exists(file)) {
      std::fprintf(stderr, "making %s\n", file.c_str());
      demo::write_sdxl_slice(file);
    }
  }
  const detent::safetensors_checkpoint checkpoint = detent::open_checkpoint(file);
  const std::vector<row> rows = run(program::tensors_of(checkpoint));
  std::printf("%s, on the kernels of %s, one thread\n", file.c_str(), detent::native::chosen());
  print_table(rows);
  std::ofstream(folder + "/demo.json") << as_json(rows, file).dump(2) << '\n';
  const bool drawn = draw(rows, folder + "/demo.svg");
  std::printf("\n%s/demo.json%s\n", folder.c_str(),
              drawn ? (", " + folder + "/demo.svg").c_str() : " (no picture: gnuplot is not installed)");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What every precision makes of a checkpoint.", "detent_demo");
  std::string file;
  std::string folder = "demo";
  app.add_option("FILE", file, "a .safetensors file; without it a slice of SDXL is made up");
  app.add_option("-o,--output", folder, "the folder for the table and the picture");
  CLI11_PARSE(app, argc, argv);
  try {
    demonstrate(file, folder);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "detent_demo: %s\n", e.what());
    return 1;
  }
  return 0;
}

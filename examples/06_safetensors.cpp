// SPDX-License-Identifier: MIT
//
// A safetensors checkpoint: written, quantized tensor by tensor into another, and compared with it.
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <detent/file/catalog.hpp>
#include <detent/file/store_as.hpp>
#include <detent/format/bf16.hpp>
#include <detent/format/bitsandbytes.hpp>
#include <detent/format/fp16.hpp>
#include <detent/format/int4.hpp>
#include <detent/native.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace {

// [formats]
/// What this program can read; a checkpoint with another precision in it is refused with this list.
using my_formats = detent::type_list<detent::fp32, detent::fp16, detent::bf16, detent::int4, detent::bnb::nf4>;
// [/formats]

// [write]
void write_checkpoint(const std::string& path, const std::vector<float>& weights) {
  detent::safetensors_writer out;
  out.metadata("format", "pt");
  out.add("layer.weight", detent::safetensors_dtype::f32, {64, weights.size() / 64});
  out.begin(path);  // everything is declared: the file is reserved, under a temporary name
  std::memcpy(out.data("layer.weight"), weights.data(), out.bytes("layer.weight"));
  out.commit();  // on the disk, under its own name
}
// [/write]

// [quantize]
template <class P>
void quantize_checkpoint(const std::string& in, const std::string& path) {
  const detent::safetensors_checkpoint from = detent::open_checkpoint(in);  // mapped; must outlive its tensors
  const auto tensors = detent::stored_tensors<my_formats>(detent::native{}, from);

  detent::safetensors_writer out;
  std::vector<detent::stored_as<P>> stored;
  for (const detent::stored_tensor& t : tensors) {
    stored.emplace_back(t.name, t.dimensions);
    stored.back().declare(out, detent::native{}, t, "float32", {});
  }
  out.begin(path);
  for (std::size_t i = 0; i < tensors.size(); ++i) stored[i].fill(out, detent::native{}, tensors[i], {});
  out.commit();
}
// [/quantize]

// [compare]
/// The greatest error of a tensor, by name. A stored_tensor is an element_source: no fp32 copy is made.
double greatest_error(const std::string& a, const std::string& b) {
  const detent::safetensors_checkpoint file_a = detent::open_checkpoint(a);
  const detent::safetensors_checkpoint file_b = detent::open_checkpoint(b);
  double greatest = 0;
  for (const auto& x : detent::stored_tensors<my_formats>(detent::native{}, file_a)) {
    for (const auto& y : detent::stored_tensors<my_formats>(detent::native{}, file_b)) {
      if (x.name != y.name) continue;
      const detent::error_metrics lost = detent::measure_error(detent::native{}, x, y);
      std::printf("%s: %s, %llu bytes, greatest error %.5f\n", y.name.c_str(), y.precision.c_str(),
                  static_cast<unsigned long long>(y.bytes()), lost.max);
      greatest = lost.max > greatest ? lost.max : greatest;
    }
  }
  return greatest;
}
// [/compare]

}  // namespace

int main() {
  const std::string stem = std::filesystem::temp_directory_path() / ("detent_example_" + std::to_string(::getpid()));
  const std::string plain = stem + "_plain.safetensors";
  const std::string small = stem + "_small.safetensors";
  std::vector<float> weights(64 * 256);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i * 7919 % 2001) / 1000 - 1;

  bool good = true;
  try {
    write_checkpoint(plain, weights);
    quantize_checkpoint<detent::int4>(plain, small);  // detent's own scheme
    good = greatest_error(plain, small) < 0.08;
    quantize_checkpoint<detent::bnb::nf4>(plain, small);  // bitsandbytes' keys
    good = good && greatest_error(plain, small) < 0.16;
  } catch (const detent::error& e) {
    std::printf("%s\n", e.what());
    good = false;
  }
  std::filesystem::remove(plain);
  std::filesystem::remove(small);
  return good ? 0 : 1;
}

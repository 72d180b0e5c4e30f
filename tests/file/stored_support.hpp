// SPDX-License-Identifier: MIT
//
// Tensors quantized into a safetensors file and read back, on the scalar backend.
#ifndef DETENT_TESTS_FILE_STORED_SUPPORT_HPP
#define DETENT_TESTS_FILE_STORED_SUPPORT_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "detent/backend/scalar.hpp"
#include "detent/file/catalog.hpp"
#include "detent/file/store_as.hpp"
#include "support.hpp"
#include "support/data.hpp"

namespace test {

using file_shape = std::vector<std::uint64_t>;

/// Numbers of the test's own as a source.
struct float_source {
  std::vector<float> values;
  detent::extents whole;
  [[nodiscard]] const detent::extents& shape() const { return whole; }
  void read(std::size_t first, std::size_t n, float* to) const { std::copy_n(values.data() + first, n, to); }
};

/// Writes NAME in precision P as `detent quantize` does.
template <class P>
void store(const std::string& path, const std::string& name, const file_shape& shape, std::vector<float> values,
           const std::string& before = "float32") {
  const float_source source{std::move(values), detent::matrix_shape(shape)};
  detent::safetensors_writer out;
  detent::stored_as<P> stored(name, shape);
  stored.declare(out, detent::scalar{}, source, before, {});
  out.begin(path);
  stored.fill(out, detent::scalar{}, source, {});
  out.commit();
}

/// A tensor of a file as bytes.
struct raw_tensor {
  std::string name;
  detent::safetensors_dtype dtype;
  file_shape shape;
  bytes content;
};

inline void write_tensors(const std::string& path, const std::vector<raw_tensor>& tensors,
                          const std::map<std::string, std::string>& metadata = {}) {
  detent::safetensors_writer out;
  for (const auto& [key, value] : metadata) out.metadata(key, value);
  for (const raw_tensor& t : tensors) out.add(t.name, t.dtype, t.shape);
  out.begin(path);
  for (const raw_tensor& t : tensors) {
    if (t.content.size() != out.bytes(t.name)) throw std::runtime_error(t.name + " has another number of bytes");
    std::copy(t.content.begin(), t.content.end(), out.data(t.name));
  }
  out.commit();
}

inline std::vector<raw_tensor> read_tensors(const std::string& path) {
  const detent::safetensors_file file(path);
  std::vector<raw_tensor> tensors;
  for (const detent::tensor_info& t : file.tensors()) {
    tensors.push_back({t.name, t.dtype, t.shape, bytes(file.data(t), file.data(t) + t.bytes())});
  }
  return tensors;
}

inline raw_tensor& tensor_named(std::vector<raw_tensor>& tensors, const std::string& name) {
  const auto at = std::find_if(tensors.begin(), tensors.end(), [&](const raw_tensor& t) { return t.name == name; });
  if (at == tensors.end()) throw std::runtime_error("no tensor " + name);
  return *at;
}

inline void remove_tensor(std::vector<raw_tensor>& tensors, const std::string& name) {
  tensors.erase(tensors.begin() + (&tensor_named(tensors, name) - tensors.data()));
}

inline bytes bytes_of_floats(const std::vector<float>& x) {
  bytes b(x.size() * sizeof(float));
  for (std::size_t i = 0; i < x.size(); ++i) detent::low_bits_first::put<32>(b.data(), i, as_bits(x[i]));
  return b;
}

inline std::vector<float> floats_of_bytes(const bytes& b) {
  std::vector<float> x(b.size() / sizeof(float));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = as_float(detent::low_bits_first::get<32>(b.data(), i));
  return x;
}

/// All elements, in runs of `run`.
inline std::vector<float> values_of(const detent::stored_tensor& t, std::size_t run = 1000) {
  std::vector<float> x(t.shape().size());
  for (std::size_t at = 0; at < x.size(); at += run) t.read(at, std::min(run, x.size() - at), x.data() + at);
  return x;
}

/// What the catalog makes of a file.
struct cataloged {
  detent::safetensors_checkpoint file;
  std::vector<detent::stored_tensor> tensors;
};

template <class Formats>
cataloged catalog_of(const std::string& path) {
  cataloged c{detent::open_checkpoint(path), {}};
  c.tensors = detent::stored_tensors<Formats>(detent::scalar{}, c.file);
  return c;
}

}  // namespace test

#endif

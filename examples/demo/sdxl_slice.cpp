// SPDX-License-Identifier: MIT
#include "sdxl_slice.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "detent/file/safetensors_writer.hpp"

namespace demo {
namespace {

struct layer {
  std::string name;
  std::vector<std::uint64_t> shape;
};

void add_linear(std::vector<layer>& to, const std::string& name, std::uint64_t out, std::uint64_t in, bool bias) {
  to.push_back({name + ".weight", {out, in}});
  if (bias) to.push_back({name + ".bias", {out}});
}

void add_norm(std::vector<layer>& to, const std::string& name, std::uint64_t channels) {
  to.push_back({name + ".weight", {channels}});
  to.push_back({name + ".bias", {channels}});
}

void add_attention(std::vector<layer>& to, const std::string& name, std::uint64_t channels, std::uint64_t context) {
  add_linear(to, name + ".to_q", channels, channels, false);
  add_linear(to, name + ".to_k", channels, context, false);
  add_linear(to, name + ".to_v", channels, context, false);
  add_linear(to, name + ".to_out.0", channels, channels, true);
}

void add_transformer(std::vector<layer>& to, const std::string& name, std::uint64_t channels) {
  constexpr std::uint64_t text_channels = 2048;
  add_norm(to, name + ".norm", channels);
  add_linear(to, name + ".proj_in", channels, channels, true);
  const std::string block = name + ".transformer_blocks.0";
  for (const char* norm : {".norm1", ".norm2", ".norm3"}) add_norm(to, block + norm, channels);
  add_attention(to, block + ".attn1", channels, channels);
  add_attention(to, block + ".attn2", channels, text_channels);
  add_linear(to, block + ".ff.net.0.proj", 8 * channels, channels, true);
  add_linear(to, block + ".ff.net.2", channels, 4 * channels, true);
  add_linear(to, name + ".proj_out", channels, channels, true);
}

void add_resnet(std::vector<layer>& to, const std::string& name, std::uint64_t in, std::uint64_t out) {
  add_norm(to, name + ".norm1", in);
  to.push_back({name + ".conv1.weight", {out, in, 3, 3}});
  to.push_back({name + ".conv1.bias", {out}});
  add_linear(to, name + ".time_emb_proj", out, 1280, true);
  add_norm(to, name + ".norm2", out);
}

std::vector<layer> layers() {
  std::vector<layer> all;
  all.push_back({"conv_in.weight", {320, 4, 3, 3}});
  all.push_back({"conv_in.bias", {320}});
  add_linear(all, "time_embedding.linear_1", 1280, 320, true);
  add_resnet(all, "down_blocks.1.resnets.0", 320, 640);
  add_transformer(all, "down_blocks.1.attentions.0", 640);
  add_resnet(all, "mid_block.resnets.0", 1280, 1280);
  add_transformer(all, "mid_block.attentions.0", 1280);
  all.push_back({"conv_out.weight", {4, 320, 3, 3}});
  all.push_back({"conv_out.bias", {4}});
  return all;
}

void fill(float* to, std::size_t n, double deviation, std::mt19937_64& random) {
  std::normal_distribution<float> normal(0, static_cast<float>(deviation));
  std::uniform_real_distribution<float> outlier(10, 30);
  for (std::size_t i = 0; i < n; ++i) {
    to[i] = normal(random);
    if (random() % 1024 == 0) to[i] *= outlier(random);
  }
}

}  // namespace

void write_sdxl_slice(const std::string& path) {
  const std::vector<layer> all = layers();
  detent::safetensors_writer out;
  for (const layer& l : all) out.add(l.name, detent::safetensors_dtype::f32, l.shape);
  out.metadata("format", "pt");
  out.begin(path);
  std::mt19937_64 random(20260101);
  for (const layer& l : all) {
    std::uint64_t fan_in = 1;
    for (std::size_t axis = 1; axis < l.shape.size(); ++axis) fan_in *= l.shape[axis];
    const double deviation = l.shape.size() < 2 ? 0.1 : 1 / std::sqrt(static_cast<double>(fan_in));
    // The writer aligns tensors to the size of their elements.
    fill(reinterpret_cast<float*>(out.data(l.name)), out.bytes(l.name) / sizeof(float), deviation, random);
  }
  out.commit();
}

}  // namespace demo

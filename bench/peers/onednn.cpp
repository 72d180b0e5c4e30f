// SPDX-License-Identifier: MIT
//
// The peer "oneDNN": reorders between data types, with scales that are given. The primitive and its memories are made
// once, before the measurement. fp16 is left out: oneDNN 2.6 has only its reference code for it, .02 Gelem/s.
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "peer.hpp"

namespace {

using bench::request;
using bench::peer::bytes;
using bench::peer::copies;
using type = dnnl::memory::data_type;

constexpr float given_scale = 0.005f;

struct reordering {
  dnnl::memory from, to;
  dnnl::reorder primitive;
  std::unordered_map<int, dnnl::memory> arguments;
};

struct state {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::unique_ptr<reordering> prepared;
};

state& here() {
  static state s;
  return s;
}

/// `factors`: one for all elements or one for each row; values are multiplied by them.
void make(const request& r, type from, type to, const std::vector<float>& factors) {
  bench::peer::take_threads(r);
  const dnnl::memory::dims shape{static_cast<dnnl_dim_t>(r.rows), static_cast<dnnl_dim_t>(r.cols)};
  const dnnl::memory::desc source(shape, from, dnnl::memory::format_tag::ab);
  const dnnl::memory::desc target(shape, to, dnnl::memory::format_tag::ab);
  dnnl::primitive_attr attributes;
  if (!factors.empty()) attributes.set_output_scales(factors.size() == 1 ? 0 : 1, factors);
  auto made = std::make_unique<reordering>();
  const dnnl::engine& engine = here().engine;
  made->from = dnnl::memory(source, engine, const_cast<void*>(r.from));
  made->to = dnnl::memory(target, engine, r.to);
  made->primitive = dnnl::reorder(dnnl::reorder::primitive_desc(engine, source, engine, target, attributes));
  made->arguments = {{DNNL_ARG_FROM, made->from}, {DNNL_ARG_TO, made->to}};
  here().prepared = std::move(made);
}

template <type From, type To>
void prepare(const request& r) {
  make(r, From, To, {});
}

void prepare_quantize_int8(const request& r) { make(r, type::f32, type::s8, {1 / given_scale}); }

void prepare_dequantize_int8(const request& r) { make(r, type::s8, type::f32, {given_scale}); }

void prepare_dequantize_rows(const request& r) {
  const auto* scales = reinterpret_cast<const float*>(static_cast<const std::uint8_t*>(r.from) +
                                                      bench::peer::scales_at(r.rows * r.cols));
  make(r, type::s8, type::f32, std::vector<float>(scales, scales + r.rows));
}

void run(const request&) {
  here().prepared->primitive.execute(here().stream, here().prepared->arguments);
  here().stream.wait();
}

const bench::kernel kernels[] = {
    {"quantize", "bf16", "oneDNN", nullptr, bytes<16, 0, true>, run, prepare<type::f32, type::bf16>, copies},
    {"quantize", "int8_given", "oneDNN", nullptr, bytes<8, 0, true>, run, prepare_quantize_int8, copies},
    {"dequantize", "bf16", "oneDNN", "bf16", bytes<16, 0, false>, run, prepare<type::bf16, type::f32>, copies},
    {"dequantize", "int8", "oneDNN", "int8", bytes<8, 0, false>, run, prepare_dequantize_int8, copies},
    {"dequantize", "int8_rows", "oneDNN", "int8_rows", bytes<8, 4096, false>, run, prepare_dequantize_rows, copies},
};
const bench::registration registered{kernels, sizeof kernels / sizeof *kernels};

}  // namespace

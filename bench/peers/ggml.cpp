// SPDX-License-Identifier: MIT
//
// The peer "ggml": its fastest function for each type, a row at a time. Its records are those of detent's ggml::
// precisions, byte for byte, so that it dequantizes what detent has quantized.
#include <ggml-cpu.h>
#include <ggml.h>

#include "peer.hpp"

namespace {

using bench::request;
using bench::peer::copies;
using bench::peer::floats;

template <ggml_type Type, bool Quantize>
bench::traffic bytes(std::size_t rows, std::size_t cols) {
  const std::size_t values = rows * cols * sizeof(float);
  const std::size_t packed = rows * ggml_row_size(Type, static_cast<std::int64_t>(cols));
  return Quantize ? bench::traffic{.read = values, .write = packed} : bench::traffic{.read = packed, .write = values};
}

/// ggml makes its tables once.
void prepare(const request& r) {
  ggml_cpu_init();
  bench::peer::take_threads(r);
}

template <ggml_type Type>
void quantize(const request& r) {
  const auto encode = ggml_get_type_traits_cpu(Type)->from_float;
  const auto cols = static_cast<std::int64_t>(r.cols);
  const std::size_t row_bytes = ggml_row_size(Type, cols);
#pragma omp parallel for schedule(static) num_threads(r.threads) if (r.threads > 1)
  for (std::size_t row = 0; row < r.rows; ++row) {
    encode(floats(r) + row * r.cols, static_cast<std::uint8_t*>(r.to) + row * row_bytes, cols);
  }
}

template <ggml_type Type>
void decode(const void* from, float* to, std::int64_t n) {
  if constexpr (Type == GGML_TYPE_F16)
    ggml_cpu_fp16_to_fp32(static_cast<const ggml_fp16_t*>(from), to, n);
  else if constexpr (Type == GGML_TYPE_BF16)
    ggml_cpu_bf16_to_fp32(static_cast<const ggml_bf16_t*>(from), to, n);
  else
    ggml_get_type_traits(Type)->to_float(from, to, n);
}

template <ggml_type Type>
void dequantize(const request& r) {
  const auto cols = static_cast<std::int64_t>(r.cols);
  const std::size_t row_bytes = ggml_row_size(Type, cols);
#pragma omp parallel for schedule(static) num_threads(r.threads) if (r.threads > 1)
  for (std::size_t row = 0; row < r.rows; ++row) {
    decode<Type>(static_cast<const std::uint8_t*>(r.from) + row * row_bytes, static_cast<float*>(r.to) + row * r.cols,
                 cols);
  }
}

template <ggml_type Type>
constexpr bench::kernel quantizing(const char* precision) {
  return {"quantize", precision, "ggml", nullptr, bytes<Type, true>, quantize<Type>, prepare, copies};
}
template <ggml_type Type>
constexpr bench::kernel dequantizing(const char* precision) {
  return {"dequantize", precision, "ggml", precision, bytes<Type, false>, dequantize<Type>, prepare, copies};
}

const bench::kernel kernels[] = {
    quantizing<GGML_TYPE_F16>("fp16"),
    quantizing<GGML_TYPE_BF16>("bf16"),
    quantizing<GGML_TYPE_Q8_0>("ggml::q8_0"),
    quantizing<GGML_TYPE_Q4_0>("ggml::q4_0"),
    quantizing<GGML_TYPE_Q4_K>("ggml::q4_k"),
    quantizing<GGML_TYPE_Q6_K>("ggml::q6_k"),
    quantizing<GGML_TYPE_IQ4_NL>("ggml::iq4_nl"),
    quantizing<GGML_TYPE_MXFP4>("ggml::mxfp4"),
    dequantizing<GGML_TYPE_F16>("fp16"),
    dequantizing<GGML_TYPE_BF16>("bf16"),
    dequantizing<GGML_TYPE_Q8_0>("ggml::q8_0"),
    dequantizing<GGML_TYPE_Q4_0>("ggml::q4_0"),
    dequantizing<GGML_TYPE_Q4_K>("ggml::q4_k"),
    dequantizing<GGML_TYPE_Q6_K>("ggml::q6_k"),
    dequantizing<GGML_TYPE_IQ4_NL>("ggml::iq4_nl"),
    dequantizing<GGML_TYPE_MXFP4>("ggml::mxfp4"),
};
const bench::registration registered{kernels, sizeof kernels / sizeof *kernels};

}  // namespace

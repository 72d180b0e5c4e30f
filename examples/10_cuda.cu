// SPDX-License-Identifier: MIT
//
// A tensor is quantized on the device and comes back: on a stream and in memory that belong to the program.
#include <cstdio>
#include <detent/cuda.cuh>
#include <detent/format/bf16.hpp>
#include <detent/format/nf4.hpp>
#include <vector>

namespace {

/// Device memory that is freed at the end.
struct device_memory {
  void* at = nullptr;
  explicit device_memory(std::size_t bytes) {
    if (cudaMalloc(&at, bytes) != cudaSuccess) at = nullptr;
  }
  ~device_memory() { cudaFree(at); }
  device_memory(const device_memory&) = delete;
  device_memory& operator=(const device_memory&) = delete;
};

int failed(const char* what, cudaError_t why) {
  std::printf("%s: %s\n", what, cudaGetErrorString(why));
  return 1;
}

}  // namespace

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::printf("skipped: there is no CUDA device\n");
    return 77;
  }
  const detent::extents shape(512, 1024);
  std::vector<float> weights(shape.size());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i * 7919 % 2001) / 1000 - 1;

  cudaStream_t stream = nullptr;
  if (const cudaError_t e = cudaStreamCreate(&stream); e != cudaSuccess) return failed("cudaStreamCreate", e);
  // [quantize]
  const auto bytes = detent::plane_bytes<detent::nf4>(shape);  // of the codes, of the scales
  const device_memory x(weights.size() * sizeof(float)), codes(bytes[0]), scales(bytes[1]), y(shape.size() * 2);
  const device_memory workspace(detent::workspace_bytes<detent::nf4>(shape));
  cudaMemcpyAsync(x.at, weights.data(), weights.size() * sizeof(float), cudaMemcpyHostToDevice, stream);

  const detent::cuda on{stream, workspace.at, detent::workspace_bytes<detent::nf4>(shape)};
  const detent::tensor_view<const float, 2> from(static_cast<const float*>(x.at), shape);
  const detent::packed_view<detent::nf4, std::uint8_t> q(shape, static_cast<std::uint8_t*>(codes.at),
                                                         static_cast<float*>(scales.at));
  if (const cudaError_t e = detent::quantize(on, from, q); e != cudaSuccess) return failed("quantize", e);

  using half = detent::element<detent::bf16>;
  const detent::tensor_view<half, 2> to(static_cast<half*>(y.at), shape);
  if (const cudaError_t e = detent::dequantize(on, q, to); e != cudaSuccess) return failed("dequantize", e);
  // [/quantize]
  std::vector<half> back(shape.size());
  cudaMemcpyAsync(back.data(), y.at, back.size() * sizeof(half), cudaMemcpyDeviceToHost, stream);
  if (const cudaError_t e = cudaStreamSynchronize(stream); e != cudaSuccess) return failed("synchronize", e);
  float greatest = 0;
  for (std::size_t i = 0; i < back.size(); ++i) {
    const float error = static_cast<float>(back[i]) - weights[i];
    greatest = error > greatest ? error : -error > greatest ? -error : greatest;
  }
  std::printf("greatest error %.3f\n", static_cast<double>(greatest));
  return greatest < 0.2f ? 0 : 1;
}

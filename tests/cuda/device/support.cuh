// SPDX-License-Identifier: MIT
//
// What the programs that run on a device share: memory, errors, inputs that device and host make alike, and the planes
// of a quantized tensor.
#ifndef DETENT_TESTS_CUDA_DEVICE_SUPPORT_CUH
#define DETENT_TESTS_CUDA_DEVICE_SUPPORT_CUH

#include <cuda_runtime.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include <detent/cuda.cuh>

namespace device {

/// Ends the program, with the reason.
inline void must(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  std::printf("FAILED: %s: %s\n", what, cudaGetErrorString(status));
  std::exit(1);
}

inline bool present() {
  int devices = 0;
  return cudaGetDeviceCount(&devices) == cudaSuccess && devices > 0;
}

class memory {
 public:
  explicit memory(std::size_t bytes) : bytes_(bytes) { must(cudaMalloc(&at_, bytes == 0 ? 16 : bytes), "cudaMalloc"); }
  memory(memory&& other) noexcept : at_(std::exchange(other.at_, nullptr)), bytes_(other.bytes_) {}
  memory(const memory&) = delete;
  memory& operator=(const memory&) = delete;
  memory& operator=(memory&&) = delete;
  ~memory() { cudaFree(at_); }

  template <class T = std::uint8_t>
  T* data() const {
    return static_cast<T*>(at_);
  }
  std::size_t size() const { return bytes_; }

  void from_host(const void* from, std::size_t bytes) const {
    must(cudaMemcpy(at_, from, bytes, cudaMemcpyHostToDevice), "copy to the device");
  }
  void to_host(void* to, std::size_t bytes) const {
    must(cudaMemcpy(to, at_, bytes, cudaMemcpyDeviceToHost), "copy to the host");
  }

 private:
  void* at_ = nullptr;
  std::size_t bytes_;
};

/// Planes of a quantized tensor, with bytes behind each that must stay.
template <class P>
class packed {
 public:
  static constexpr std::size_t guard = 64;

  explicit packed(const detent::extents& shape, std::uint8_t fill = 0x5A)
      : shape_(shape), sizes_(detent::plane_bytes<P>(shape)) {
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      planes_.emplace_back(sizes_[i] + guard);
      must(cudaMemset(planes_.back().data(), fill, sizes_[i] + guard), "cudaMemset");
    }
  }

  detent::packed_view<P, std::uint8_t> view() const {
    if constexpr (P::layout::elements == 0) {
      std::uint8_t* at[detent::detail::plane_count<P>] = {};
      for (std::size_t i = 0; i < planes_.size(); ++i) at[i] = planes_[i].data();
      return {shape_, at, 0};
    } else {
      return {shape_, planes_[0].data()};
    }
  }

  /// The first plane that differs from the host's, or that was written beyond: its number; -1 if none does.
  int differs(std::uint8_t* const* expected, std::uint8_t fill = 0x5A) const {
    for (std::size_t i = 0; i < planes_.size(); ++i) {
      std::vector<std::uint8_t> got(sizes_[i] + guard);
      planes_[i].to_host(got.data(), got.size());
      if (sizes_[i] != 0 && std::memcmp(got.data(), expected[i], sizes_[i]) != 0) return static_cast<int>(i);
      for (std::size_t b = sizes_[i]; b < got.size(); ++b) {
        if (got[b] != fill) return static_cast<int>(i);
      }
    }
    return -1;
  }

 private:
  detent::extents shape_;
  decltype(detent::plane_bytes<P>(detent::extents{})) sizes_;
  std::vector<memory> planes_;
};

/// Element i of the inputs: a sum of four uniform numbers, nearly normal; exact, so that both sides make the same.
__host__ __device__ inline float input(std::uint64_t seed, std::uint64_t i) {
  std::int32_t sum = 0;
  for (std::uint64_t draw = 0; draw < 4; ++draw) {
    sum += static_cast<std::int32_t>(detent::detail::random_bits(seed + draw, i) >> 12);
  }
  return static_cast<float>(sum - 2097152) * (1.0f / 1048576.0f);
}

template <class T>
__global__ void fill(T* to, std::uint64_t n, std::uint64_t seed, std::uint64_t first) {
  const std::uint64_t step = std::uint64_t{gridDim.x} * blockDim.x;
  for (std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += step) {
    to[i] = static_cast<T>(input(seed, first + i));
  }
}

/// A hash of bytes that does not depend on the order in which words are taken: a sum of mixed (word, place).
__host__ __device__ inline std::uint64_t mixed(std::uint64_t word, std::uint64_t at) {
  std::uint64_t z = word + (at + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace device

#endif

// SPDX-License-Identifier: MIT
//
// Kernels on a stream. A grid has as many blocks as the device runs at a time, or as there is work for; its teams take
// tiles in turn. The first error is kept, and nothing is launched after it.
#ifndef DETENT_CUDA_LAUNCHER_CUH
#define DETENT_CUDA_LAUNCHER_CUH

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "detent/cuda/device_team.cuh"

namespace detent::inline v0 {

/// Where an operation runs: a stream of the caller's, and memory of the device for what an operation must keep between
/// its kernels (`workspace_bytes` says how much; 16-byte aligned). detent allocates nothing and uses no other stream.
struct cuda {
  cudaStream_t stream = nullptr;
  void* workspace = nullptr;
  std::size_t workspace_bytes = 0;
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::gpu::inline DETENT_ISA {

/// Blocks that a multiprocessor must have room for: what a body asks for, and else two. Left to itself the assembler
/// spills, to fit more than are of use.
template <class Body>
inline constexpr int resident_blocks = 2;
template <class Body>
  requires(Body::blocks > 0)
inline constexpr int resident_blocks<Body> = Body::blocks;

template <class Body>
__global__ void __launch_bounds__(block_threads, resident_blocks<Body>)
    kernel(const __grid_constant__ typename Body::args a, std::uint64_t tiles) {
  run_body<Body>(a, tiles);
}

class stream_launcher {
 public:
  explicit stream_launcher(cudaStream_t stream) : stream_(stream) {}

  template <class Body>
  void run(const typename Body::args& a, std::uint64_t tiles) {
    if (status_ != cudaSuccess || tiles == 0) return;
    constexpr std::uint64_t teams = block_threads / Body::width;
    std::uint64_t blocks = (tiles + teams - 1) / teams;
    const std::uint64_t at_a_time = resident(reinterpret_cast<const void*>(&kernel<Body>));
    if (status_ != cudaSuccess) return;
    if (blocks > at_a_time) blocks = at_a_time;
    kernel<Body><<<static_cast<unsigned>(blocks), block_threads, 0, stream_>>>(a, tiles);
    status_ = cudaGetLastError();
  }

  void clear(void* memory, std::size_t bytes) {
    if (status_ == cudaSuccess) status_ = cudaMemsetAsync(memory, 0, bytes, stream_);
  }

  void refuse(cudaError_t why) { status_ = status_ == cudaSuccess ? why : status_; }
  cudaError_t status() const { return status_; }

 private:
  /// Blocks of a kernel that the current device runs at a time.
  std::uint64_t resident(const void* function) {
    int device = 0;
    int processors = 0;
    int blocks = 0;
    status_ = cudaGetDevice(&device);
    if (status_ == cudaSuccess) {
      status_ = cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
    }
    if (status_ == cudaSuccess) {
      status_ = cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function, static_cast<int>(block_threads), 0);
    }
    if (status_ == cudaSuccess && blocks < 1) status_ = cudaErrorLaunchOutOfResources;
    return static_cast<std::uint64_t>(processors) * static_cast<std::uint64_t>(blocks);
  }

  cudaStream_t stream_;
  cudaError_t status_ = cudaSuccess;
};

}  // namespace detent::inline v0::detail::gpu::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// A team on the device: a warp, or a block of threads. See team.hpp.
#ifndef DETENT_CUDA_DEVICE_TEAM_CUH
#define DETENT_CUDA_DEVICE_TEAM_CUH

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "detent/cuda/team.hpp"

namespace detent::inline v0::detail::gpu {

template <unsigned Width>
class device_team {
 public:
  static_assert(Width == 32 || Width == 256);
  static constexpr unsigned width = Width;

  template <class T>
  struct lanes {
    using value_type = T;
    T of;
    __device__ __forceinline__ T& operator[](unsigned) { return of; }
    __device__ __forceinline__ const T& operator[](unsigned) const { return of; }
  };

  __device__ __forceinline__ device_team(std::uint32_t* tables, std::uint8_t* shared)
      : tables_(tables), shared_(shared) {}

  template <class F>
  __device__ __forceinline__ void each(const F& f) {
    f(threadIdx.x % Width);
  }

  template <class T>
  __device__ __forceinline__ void exchange(const lanes<T>& x, unsigned mask, lanes<T>& to) {
    constexpr std::size_t words = (sizeof(T) + 3) / 4;
    std::uint32_t word[words] = {};
    __builtin_memcpy(word, &x.of, sizeof(T));
    for (std::size_t i = 0; i < words; ++i) word[i] = __shfl_xor_sync(0xFFFFFFFFu, word[i], static_cast<int>(mask));
    __builtin_memcpy(&to.of, word, sizeof(T));
  }

  /// Within a warp.
  template <class T, class From>
  __device__ __forceinline__ void fetch(const lanes<T>& x, const From& from, lanes<T>& to) {
    static_assert(sizeof(T) == 4 && Width == 32);
    to.of = __shfl_sync(0xFFFFFFFFu, x.of, static_cast<int>(from(threadIdx.x % Width)));
  }

  __device__ __forceinline__ bool any(const lanes<bool>& flags) {
    if constexpr (Width == 32)
      return __any_sync(0xFFFFFFFFu, flags.of) != 0;
    else
      return __syncthreads_or(flags.of) != 0;
  }

  __device__ __forceinline__ void sync() {
    if constexpr (Width == 32)
      __syncwarp();
    else
      __syncthreads();
  }

  __device__ __forceinline__ std::uint8_t* shared() const { return shared_; }
  __device__ __forceinline__ std::uint32_t* tables() const { return tables_; }

 private:
  std::uint32_t* tables_;
  std::uint8_t* shared_;
};

template <class Body>
__device__ __forceinline__ void run_body(const typename Body::args& a, std::uint64_t tiles) {
  constexpr unsigned teams = block_threads / Body::width;
  constexpr std::size_t bytes = (Body::shared_bytes + 15) / 16 * 16;
  __shared__ alignas(256) std::uint32_t tables[Body::table_words + 1];
  __shared__ alignas(16) std::uint8_t shared[teams * bytes + 16];
  // The block fills the tables as one team.
  device_team<block_threads> all(tables, shared);
  Body::begin(all, a);
  const unsigned which = threadIdx.x / Body::width;
  device_team<Body::width> team(tables, shared + which * bytes);
  const std::uint64_t step = std::uint64_t{gridDim.x} * teams;
  for (std::uint64_t tile = std::uint64_t{blockIdx.x} * teams + which; tile < tiles; tile += step) {
    Body::run(team, a, tile);
  }
}

}  // namespace detent::inline v0::detail::gpu

#endif

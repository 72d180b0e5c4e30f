// SPDX-License-Identifier: MIT
//
// Runs kernels on the processor: every tile of every team once, in an order that the seed chooses, with shared memory
// of exactly the size that the kernel asks for, between guards.
#ifndef DETENT_TESTS_CUDA_HOST_HOST_LAUNCHER_HPP
#define DETENT_TESTS_CUDA_HOST_HOST_LAUNCHER_HPP

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

#include "detent/cuda/team.hpp"
#include "support/packed_buffer.hpp"

namespace test {

class host_launcher {
 public:
  explicit host_launcher(std::uint32_t seed, std::uint64_t teams = 5) : random_(seed), teams_(teams) {}

  template <class Body>
  void run(const typename Body::args& a, std::uint64_t tiles) {
    ++kernels;
    const std::size_t bytes = (Body::shared_bytes + 15) / 16 * 16;
    std::vector<guarded_bytes> shared;
    guarded_bytes tables(Body::table_words * sizeof(std::uint32_t));
    auto* const words = reinterpret_cast<std::uint32_t*>(tables.data());
    detent::detail::gpu::host_team<detent::detail::gpu::block_threads> all(words, nullptr,
                                                                           static_cast<std::uint32_t>(random_()));
    Body::begin(all, a);
    std::vector<detent::detail::gpu::host_team<Body::width>> teams;
    shared.reserve(teams_);
    for (std::uint64_t i = 0; i < std::min(teams_, tiles); ++i) {
      shared.emplace_back(bytes, std::uint8_t{0xA5});
      teams.emplace_back(words, shared.back().data(), static_cast<std::uint32_t>(random_()));
    }
    std::vector<std::uint64_t> order(tiles);
    std::iota(order.begin(), order.end(), std::uint64_t{0});
    std::shuffle(order.begin(), order.end(), random_);
    for (const std::uint64_t tile : order) Body::run(teams[tile % teams.size()], a, tile);
    if (!tables.intact()) throw std::runtime_error("a kernel wrote beyond its tables");
    for (const guarded_bytes& s : shared) {
      if (!s.intact()) throw std::runtime_error("a kernel wrote beyond its shared memory");
    }
  }

  void clear(void* memory, std::size_t bytes) { std::memset(memory, 0, bytes); }

  std::size_t kernels = 0;

 private:
  std::mt19937 random_;
  std::uint64_t teams_;
};

}  // namespace test

#endif

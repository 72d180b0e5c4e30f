// SPDX-License-Identifier: MIT
//
// What the peers have in common: detent's planes as plain pointers, the bytes that they move, and threads of OpenMP
// that stand on the same processors as those of the pool. A peer is asked what it can do: it is named like the
// precision of detent's that has the same codes or, where it has another convention, the same traffic.
#ifndef DETENT_BENCH_PEERS_PEER_HPP
#define DETENT_BENCH_PEERS_PEER_HPP

#include <omp.h>

#include <cstdint>

#include "../kernel.hpp"
#include "../pool.hpp"

namespace bench::peer {

/// Bits of the codes of an element, elements that share an fp32 scale (0: none is read or written), bits of the float.
template <std::size_t Bits, std::size_t Group, bool Quantize, std::size_t FloatBits = 32>
traffic bytes(std::size_t rows, std::size_t cols) {
  const std::size_t n = rows * cols;
  const std::size_t packed = n * Bits / 8 + (Group == 0 ? 0 : n / Group * sizeof(float));
  const std::size_t floats = n * FloatBits / 8;
  return Quantize ? traffic{.read = floats, .write = packed} : traffic{.read = packed, .write = floats};
}

/// Before a peer is measured: as many threads as asked for, each on a processor of its own.
inline void take_threads(const request& r) {
  omp_set_dynamic(0);
  omp_set_num_threads(r.threads);
#pragma omp parallel num_threads(r.threads)
  pin(omp_get_thread_num());
}

inline void copies(std::size_t tasks, detent::task_ref task) {
#pragma omp parallel for schedule(static)
  for (std::size_t i = 0; i < tasks; ++i) task(i);
}

inline const float* floats(const request& r) { return static_cast<const float*>(r.from); }

/// The scales behind the codes, where packed_at puts them.
inline std::size_t scales_at(std::size_t code_bytes) { return (code_bytes + 63) / 64 * 64; }

}  // namespace bench::peer

#endif

// SPDX-License-Identifier: MIT
//
// A kernel body is written once, over a team of lanes: a warp of 32, or a block of 256 threads. What all lanes agree on
// is plain code; what each lane does by itself stands in a lambda that `each` calls with the lane's number; what a lane
// keeps is a variable `lanes<T>`. On the device (device_team.cuh) a lane is a thread and `lanes<T>` one value; here, on
// the host, it is an array, and `each` runs the lanes one after another, in an order that the seed chooses.
//
//   each(f)                   f(lane) for every lane; whatever is read of other lanes' memory is behind a `sync`
//   exchange(x, mask, to)     to[lane] = x[lane ^ mask], mask below 32
//   fetch(x, from, to)        to[lane] = x[from(lane)]
//   any(flags)                whether any lane's flag is set
//   shared()                  memory of the team, Body::shared_bytes long, aligned to 16
//   tables()                  Body::table_words of memory that teams share: `begin` fills it, nobody writes afterwards
#ifndef DETENT_CUDA_TEAM_HPP
#define DETENT_CUDA_TEAM_HPP

#include <cstddef>
#include <cstdint>

#include "detent/core/config.hpp"

namespace detent::inline v0::detail::gpu {

/// Threads of a block, whatever the team.
inline constexpr unsigned block_threads = 256;

template <unsigned Width>
class host_team {
 public:
  static constexpr unsigned width = Width;

  template <class T>
  struct lanes {
    using value_type = T;
    T of[Width];
    DETENT_INLINE T& operator[](unsigned lane) { return of[lane]; }
    DETENT_INLINE const T& operator[](unsigned lane) const { return of[lane]; }
  };

  DETENT_INLINE host_team(std::uint32_t* tables, std::uint8_t* shared, std::uint32_t seed)
      : tables_(tables), shared_(shared), seed_(seed) {}

  template <class F>
  DETENT_INLINE void each(const F& f) {
    // An odd step visits every lane of a power of two once.
    seed_ = seed_ * 1664525u + 1013904223u;
    const unsigned first = seed_ >> 8;
    const unsigned step = seed_ >> 16 | 1u;
    for (unsigned i = 0; i < Width; ++i) f((first + i * step) % Width);
  }

  template <class T>
  DETENT_INLINE void exchange(const lanes<T>& x, unsigned mask, lanes<T>& to) {
    for (unsigned lane = 0; lane < Width; ++lane) to[lane] = x[lane ^ mask];
  }

  template <class T, class From>
  DETENT_INLINE void fetch(const lanes<T>& x, const From& from, lanes<T>& to) {
    for (unsigned lane = 0; lane < Width; ++lane) to[lane] = x[from(lane)];
  }

  DETENT_INLINE bool any(const lanes<bool>& flags) {
    bool found = false;
    for (unsigned lane = 0; lane < Width; ++lane) found = found || flags[lane];
    return found;
  }

  DETENT_INLINE void sync() {}
  DETENT_INLINE std::uint8_t* shared() const { return shared_; }
  DETENT_INLINE std::uint32_t* tables() const { return tables_; }

 private:
  std::uint32_t* tables_;
  std::uint8_t* shared_;
  std::uint32_t seed_;
};

/// Merges what the lanes of each run of `Lanes` have, a power of two, in the order of lanes; all of the run get it.
/// Beyond 32 lanes the team's first 8 · sizeof(S) shared bytes are used.
template <unsigned Lanes, class Team, class Variable>
DETENT_INLINE void merge_runs(Team& team, Variable& s) {
  using S = typename Variable::value_type;
  for (unsigned d = 1; d < Lanes && d < 32; d <<= 1) {
    Variable other;
    team.exchange(s, d, other);
    team.each([&](unsigned lane) {
      S all;
      if ((lane & d) != 0) {
        all = other[lane];
        all.merge(s[lane]);
      } else {
        all = s[lane];
        all.merge(other[lane]);
      }
      s[lane] = all;
    });
  }
  if constexpr (Lanes > 32) {
    static_assert(Lanes == Team::width);
    S* const of_warp = reinterpret_cast<S*>(team.shared());
    team.sync();
    team.each([&](unsigned lane) {
      if (lane % 32 == 0) of_warp[lane / 32] = s[lane];
    });
    team.sync();
    team.each([&](unsigned lane) {
      S all = of_warp[0];
      for (unsigned warp = 1; warp < Lanes / 32; ++warp) all.merge(of_warp[warp]);
      s[lane] = all;
    });
    team.sync();
  }
}

}  // namespace detent::inline v0::detail::gpu

#endif

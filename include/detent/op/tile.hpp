// SPDX-License-Identifier: MIT
//
// Operations walk a tensor in tiles: consecutive elements whose groups follow one another, few enough to stay in the
// first-level cache and on any stack. A tile starts and ends at group boundaries, or lies within one group.
#ifndef DETENT_OP_TILE_HPP
#define DETENT_OP_TILE_HPP

#include <cstddef>

#include "detent/core/backend.hpp"
#include "detent/core/error.hpp"
#include "detent/core/packed.hpp"

namespace detent::inline v0::detail {

/// Elements [first, first + length): groups [group, group + groups), each `size` long, the last perhaps shorter.
struct tile {
  std::size_t first;
  std::size_t length;
  std::size_t group;
  std::size_t groups;
  std::size_t size;
};

DETENT_INLINE constexpr std::size_t least(std::size_t a, std::size_t b) { return a < b ? a : b; }

/// Where the result passes the caches, tiles are small: the processor still holds what one has written, on its way to
/// memory, while the next is computed; and memory is asked for what lies that many elements on; codes, twice as many
/// (encoders: distance_of in op/encode_tile.hpp). Measured with AVX2 and AVX-512, of tiles of 512 to 4096 and distances
/// of 1024 to 8192 elements.
inline constexpr std::size_t streamed_tile = 1024;
inline constexpr std::size_t prefetch_distance = 2 * streamed_tile;

DETENT_INLINE constexpr std::size_t largest_tile(bool stream) { return stream ? streamed_tile : tile_elements; }

/// The tile that begins at element `first`, and ends before `end`, of `most` elements or fewer.
template <grouping G>
DETENT_INLINE constexpr tile tile_at(const extents& shape, std::size_t first, std::size_t end,
                                     std::size_t most = tile_elements) {
  const stretch s = G::at(shape, first);
  const std::size_t available = least(s.length, end - first);
  if (s.skip != 0) {
    const std::size_t length = least(least(available, s.size - s.skip), most);
    return {first, length, s.group, 1, length};
  }
  std::size_t length = least(available, most);
  if (s.size >= length) return {first, length, s.group, 1, length};
  if (length < available) length -= length % s.size;
  std::size_t groups = (length + s.size - 1) / s.size;
  if (groups > tile_groups) {
    groups = tile_groups;
    length = groups * s.size;
  }
  return {first, length, s.group, groups, s.size};
}

/// Codes that lie in memory as they are computed.
template <class View>
inline constexpr bool lies_plain =
    View::per_record == 0 && std::same_as<typename View::precision_type::packing, low_bits_first> &&
    View::codec::bits == 8 * sizeof(code_t<typename View::codec>) &&
    (View::codec::bits == 8 || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

/// Calls f(bytes, index, count, done) for each run of codes that lies in one piece: all of them, or those of a record.
template <class View, class F>
[[gnu::always_inline]] inline constexpr void for_each_run(const View& q, std::size_t first, std::size_t count,
                                                          const F& f) {
  if constexpr (View::per_record == 0) {
    f(q.plane(0), first, count, std::size_t{0});
  } else {
    for (std::size_t done = 0; done < count;) {
      const std::size_t index = q.index_in_bytes(first + done);
      const std::size_t run = least(count - done, View::per_record - index);
      f(q.bytes_of(first + done), index, run, done);
      done += run;
    }
  }
}

/// Elements of one task: what a thread is given at a time, microseconds of work; two threads share what fills two
/// second-level caches.
inline constexpr std::size_t task_elements = std::size_t{1} << 16;

DETENT_INLINE constexpr std::size_t task_count(std::size_t elements) {
  return (elements + task_elements - 1) / task_elements;
}

/// How many of `units` a task takes if all take about as many: `most` or fewer, a multiple of `whole`, which may
/// make it more.
DETENT_INLINE constexpr std::size_t even_share(std::size_t units, std::size_t most, std::size_t whole) {
  const std::size_t tasks = (units + most - 1) / most;
  const std::size_t share = tasks == 0 ? most : (units + tasks - 1) / tasks;
  return (share + whole - 1) / whole * whole;
}

/// Calls f(first, end) for even parts of the elements, in whole tiles and multiples of `whole`, as tasks of the
/// executor.
template <class Run, class F>
constexpr void for_each_share(std::size_t elements, std::size_t whole, const Run& run, const F& f) {
  std::size_t unit = tile_elements;
  while (unit % whole != 0) unit += tile_elements;
  const std::size_t share = even_share(elements, task_elements, unit);
  run((elements + share - 1) / share, [&](std::size_t i) { f(i * share, least((i + 1) * share, elements)); });
}

}  // namespace detent::inline v0::detail

#endif

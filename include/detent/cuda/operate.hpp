// SPDX-License-Identifier: MIT
//
// The operations as sequences of kernels, over a launcher: `run<Body>(args, tiles)` and `clear(memory, bytes)`, in
// order. launcher.cuh has the one for a stream; a host launcher runs the same bodies on the processor. What a level
// needs of the workspace is laid out by `workspace_of`; scales, shifts and zero points are levels of their own.
#ifndef DETENT_CUDA_OPERATE_HPP
#define DETENT_CUDA_OPERATE_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "detent/cuda/decode.hpp"
#include "detent/cuda/mean.hpp"
#include "detent/cuda/records.hpp"
#include "detent/cuda/workspace.hpp"

namespace detent::inline v0::detail::gpu::inline DETENT_ISA {

/// Before codes are put one by one: all bits are 0.
template <class L, class View>
void clear_codes(L& launch, const View& q) {
  using P = typename View::precision_type;
  if constexpr (View::per_record == 0 && !octets<View>::whole && !octets<View>::single) {
    launch.clear(q.plane(0), P::packing::template bytes<View::codec::bits>(q.size()));
  }
}

template <class L, class Source, class View, class Rounding>
void quantize_level(L& launch, const Source& x, const View& q, const Rounding& rounding, arena& memory);

/// Codes by parameters that are known.
template <class L, class Source, class View, class Rounding>
void encode_level(L& launch, const Source& x, const View& q, const Rounding& rounding, const chosen_arrays& chosen,
                  std::uint64_t factors_at) {
  using P = typename View::precision_type;
  bool regular = false;
  geometry where = pieces_of<P>(q.shape(), regular);
  if constexpr (octets<View>::whole || octets<View>::single) {
    if (regular) {
      where.cut(warp_tile, warp_tile / (32 * octet), x.aligned() && octets<View>::aligned(q));
      using body = encode_stored<P, View, Source, Rounding, true>;
      launch.template run<body>({x, q, where, chosen, factors_at, rounding, tables<P>::make()},
                                where.pieces * where.tiles);
      return;
    }
  }
  where = {1, q.size()};
  where.cut(warp_tile, warp_tile / (32 * octet), false);
  using body = encode_stored<P, View, Source, Rounding, false>;
  launch.template run<body>({x, q, where, chosen, factors_at, rounding, tables<P>::make()}, where.tiles);
}

template <class P, std::size_t Axis>
constexpr axis_members<P, Axis> members_on_axis(const extents& shape, per_channel<Axis>) {
  return {shape, shape.inner(Axis), shape[Axis] == 0 ? 0 : shape.size() / shape[Axis]};
}

template <class P>
constexpr auto members_of(const extents& shape) {
  using G = typename P::grouping;
  if constexpr (G::in_order)
    return run_members<P>{shape};
  else if constexpr (requires { members_on_axis<P>(shape, G{}); })
    return members_on_axis<P>(shape, G{});
  else
    return any_members<P>{shape};
}

/// The parameters of all groups, into the workspace.
template <class P, class L, class Source>
void choose_level(L& launch, const Source& x, const extents& shape, const level_memory<P>& to) {
  using G = typename P::grouping;
  const std::uint64_t groups = G::groups(shape).size();
  if constexpr (std::same_as<G, per_tensor>) {
    const std::uint64_t elements = shape.size();
    std::uint64_t part = (elements + most_parts - 1) / most_parts;
    part = part < 8192 ? 8192 : (part + octet - 1) / octet * octet;
    const std::uint64_t parts = (elements + part - 1) / part;
    launch.template run<reduce_parts<P, Source>>({x, elements, part, to.parts}, parts);
    launch.template run<choose_whole<P>>({to.parts, parts, to.chosen}, 1);
  } else if constexpr (G::in_order && with_blocks<P>) {
    constexpr bool power = (G::block & (G::block - 1)) == 0;
    if constexpr (power && G::block >= octet && G::block <= 32 * octet && !refits<P>) {
      using body = choose_blocks<P, Source>;
      // Groups follow one another without gaps if the last begins where it would if all were full.
      const bool gapless = G::begin(shape, groups - 1) == (groups - 1) * G::block;
      launch.template run<body>({x, shape, groups, x.aligned() && gapless, to.chosen},
                                (groups + body::groups_of_tile - 1) / body::groups_of_tile);
    } else if constexpr (G::block <= 64 || refits<P>) {
      launch.template run<choose_short<P, Source>>({x, shape, groups, x.aligned(), to.chosen}, (groups + 31) / 32);
    } else {
      launch.template run<choose_long<P, Source, run_members<P>>>({x, {shape}, to.chosen}, groups);
    }
  } else {
    const auto members = members_of<P>(shape);
    launch.template run<choose_long<P, Source, std::remove_const_t<decltype(members)>>>({x, members, to.chosen},
                                                                                        groups);
  }
}

/// One pass, if the groups of this shape are of a kind that there is a kernel for.
template <class L, class Source, class View, class Rounding>
bool quantize_fused(L& launch, const Source& x, const View& q, const Rounding& rounding, const chosen_arrays& later) {
  using P = typename View::precision_type;
  bool regular = false;
  geometry where = pieces_of<P>(q.shape(), regular);
  if (!regular) return false;
  const auto run = [&]<unsigned Width, unsigned Chunks, unsigned Lanes>() {
    using body = fused<P, Source, Rounding, Width, Chunks, Lanes>;
    where.cut(Lanes == 0 && !with_blocks<P> ? where.length : std::uint64_t{Width} * Chunks * octet, Chunks,
              x.aligned() && octets<View>::aligned(q));
    launch.template run<body>({x, q, where, later, rounding, tables<P>::make()}, where.pieces * where.tiles);
    return true;
  };
  if constexpr (with_blocks<P>) {
    constexpr std::size_t n = P::grouping::block;
    constexpr bool power = (n & (n - 1)) == 0;
    // A long search is done by more warps, of fewer elements each.
    constexpr unsigned chunks = table_of<typename P::codec>::words > 256 ? 1 : 4;
    if constexpr (power && n >= octet && n <= 32 * octet) return run.template operator()<32, chunks, n / octet>();
    constexpr bool together = power && !probe<typename P::rule::statistic>::ordered;
    if constexpr (together && (n == 512 || n == 1024)) return run.template operator()<32, n / 256, 0>();
    if constexpr (together && (n == 2048 || n == 4096)) return run.template operator()<256, n / 2048, 0>();
  } else if constexpr (std::same_as<typename P::grouping, per_channel<0>>) {
    if (where.length <= 2048) return run.template operator()<256, 1, 0>();
    if constexpr (!probe<typename P::rule::statistic>::ordered) {
      if (where.length <= 4096) return run.template operator()<256, 2, 0>();
      if (where.length <= 8192) return run.template operator()<256, 4, 0>();
      if (where.length <= 16384) return run.template operator()<256, 8, 0>();
    }
  }
  return false;
}

/// What is stored of the chosen arrays, as tensors of their own.
template <class L, class View>
void quantize_parts(L& launch, const View& q, const chosen_arrays& chosen, arena& memory) {
  using P = typename View::precision_type;
  const extents groups = P::grouping::groups(q.shape());
  const auto array = [&](float* from) {
    return tensor_input<const float, 1>{elements<const float, 1>{from, true, extents(groups.size()), {1}}};
  };
  quantize_level(launch, array(chosen.scale), q.scale(), nearest{}, memory);
  if constexpr (encoding<P>.shift) quantize_level(launch, array(chosen.shift), q.shift(), nearest{}, memory);
  if constexpr (has_zero_point<P>) quantize_level(launch, array(chosen.zero), q.zero_point(), nearest{}, memory);
}

/// Scaled levels, their mean subtracted.
template <class L, class Source, class View, class Rounding>
void quantize_scaled(L& launch, const Source& x, const View& q, const Rounding& rounding,
                     const level_memory<typename View::precision_type>& here, arena& memory) {
  using P = typename View::precision_type;
  if constexpr (can_fuse<P>() && View::per_record == 0) {
    constexpr bool later = !is_direct<typename P::scale> || !direct_shift<P>;
    chosen_arrays arrays = here.chosen;
    if constexpr (!later) arrays = {};
    arrays.zero = nullptr;
    if (quantize_fused(launch, x, q, rounding, arrays)) {
      if constexpr (!is_direct<typename P::scale>) {
        const tensor_input<const float, 1> scales{
            {here.chosen.scale, true, extents(P::grouping::groups(q.shape()).size()), {1}}};
        quantize_level(launch, scales, q.scale(), nearest{}, memory);
      }
      if constexpr (!direct_shift<P>) {
        const tensor_input<const float, 1> shifts{
            {here.chosen.shift, true, extents(P::grouping::groups(q.shape()).size()), {1}}};
        quantize_level(launch, shifts, q.shift(), nearest{}, memory);
      }
      return;
    }
  }
  if constexpr (can_record<P>() && View::per_record != 0) {
    std::uint8_t* const to = q.plane(0) - P::layout::offsets[0];
    const std::uint64_t records = q.size() / P::layout::elements;
    launch.template run<fused_records<P, Source, Rounding>>(
        {x, to, extents(P::layout::elements), records, x.aligned() && is_aligned(to, 16), rounding, tables<P>::make()},
        (records + 31) / 32);
    return;
  }
  choose_level<P>(launch, x, q.shape(), here);
  quantize_parts(launch, q, here.chosen, memory);
  const bool follow = !P::rule::from_stored;
  const std::uint64_t groups = P::grouping::groups(q.shape()).size();
  encode_level(launch, x, q, rounding, follow ? here.chosen : chosen_arrays{}, follow && refits<P> ? groups : 0);
}

template <class L, class Source, class View, class Rounding>
void quantize_level(L& launch, const Source& x, const View& q, const Rounding& rounding, arena& memory) {
  using P = typename View::precision_type;
  if (q.size() == 0) return;
  clear_codes(launch, q);
  if constexpr (unscaled_precision<P>) {
    encode_level(launch, x, q, rounding, {}, 0);
  } else {
    const level_memory<P> here(q.shape(), memory);
    if constexpr (is_centered<P>) {
      const parts_of parts{q.size()};
      const bool whole = x.aligned() && parts.length() % octet == 0;
      launch.template run<sum_parts<Source>>({x, q.size(), parts.length(), whole, here.sums}, parts.count());
      const auto shift = q.shift();
      launch.template run<store_mean<std::remove_const_t<decltype(shift)>>>({here.sums, parts.count(), q.size(), shift},
                                                                            1);
      using center = std::remove_const_t<decltype(shift)>;
      quantize_scaled(launch, centered_input<Source, center>{x, shift}, q, rounding, here, memory);
    } else {
      quantize_scaled(launch, x, q, rounding, here, memory);
    }
  }
}

/// A whole quantized tensor; records that are not written in one piece are cleared first, since the packings of their
/// parts share bytes.
template <class L, class Source, class P, class Rounding>
void quantize_all(L& launch, const Source& x, const packed_view<P, std::uint8_t>& q, const Rounding& rounding,
                  std::uint8_t* workspace) {
  if constexpr (!is_planar<P> && !can_record<P>())
    launch.clear(q.plane(0) - P::layout::offsets[0], plane_bytes<P>(q.shape())[0]);
  arena memory{workspace, 0};
  quantize_level(launch, x, q, rounding, memory);
}

/// Only codes, by what q holds already.
template <class L, class Source, class P, class Rounding>
void encode_all(L& launch, const Source& x, const packed_view<P, std::uint8_t>& q, const Rounding& rounding) {
  clear_codes(launch, q);
  if constexpr (is_centered<P>) {
    const auto shift = q.shift();
    using center = std::remove_const_t<decltype(shift)>;
    encode_level(launch, centered_input<Source, center>{x, shift}, q, rounding, {}, 0);
  } else {
    encode_level(launch, x, q, rounding, {}, 0);
  }
}

template <bool Add, class L, class P, class T, std::size_t Rank>
void dequantize_all(L& launch, const packed_view<P, const std::uint8_t>& q, const tensor_view<T, Rank>& y) {
  using view = packed_view<P, const std::uint8_t>;
  using output = elements<T, Rank>;
  if (q.size() == 0) return;
  bool regular = false;
  geometry where = pieces_of<P>(q.shape(), regular);
  if (!regular) where = {1, q.size()};
  const output to = output::of(y);
  where.cut(warp_tile, warp_tile / (32 * octet), to.aligned() && octets<view>::aligned(q));
  const std::uint64_t tiles = where.pieces * where.tiles;
  if (regular)
    launch.template run<dequantize_tile<view, output, Add, true>>({q, to, where, tables<P>::make()}, tiles);
  else
    launch.template run<dequantize_tile<view, output, Add, false>>({q, to, where, tables<P>::make()}, tiles);
}

}  // namespace detent::inline v0::detail::gpu::inline DETENT_ISA

#endif

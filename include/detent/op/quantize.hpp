// SPDX-License-Identifier: MIT
//
// quantize, on views: the caller owns all memory, nothing is allocated.
//
//   quantize(backend, x, q);                            // x: tensor_view, q: packed_view of the same shape
//   quantize(backend, x, q, {.executor = pool});        // on the caller's threads
//   quantize(backend, x, q, stochastic{seed});          // rounding at random, reproducible
//   encode(backend, x, q);                              // with the scales that q already holds
#ifndef DETENT_OP_QUANTIZE_HPP
#define DETENT_OP_QUANTIZE_HPP

#include <cstddef>

#include "detent/op/check.hpp"
#include "detent/op/padding.hpp"
#include "detent/op/prepare.hpp"
#include "detent/op/window.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Calls f(first, end) for parts of the elements that can be encoded by themselves, as tasks of the executor.
template <is_precision P, class F>
constexpr void for_each_part(const extents& shape, const executor_ref& run, const F& f) {
  using G = typename P::grouping;
  if constexpr (unscaled_precision<P> || !G::in_order) {
    constexpr std::size_t whole =
        is_planar<P> ? codes_of_whole_bytes<typename P::packing, P::codec::bits> : P::layout::elements;
    for_each_share(shape.size(), whole, run, f);
  } else {
    // By groups, as many to a task as make its codes begin at a line: one that begins within writes parts of lines.
    const std::size_t groups = G::groups(shape).size();
    const std::size_t length = G::begin(shape, 1) - G::begin(shape, 0);
    const std::size_t most = task_elements / length;
    const std::size_t whole = most < cache_line ? 1 : cache_line;
    const std::size_t per_task = even_share(groups, most == 0 ? 1 : most - most % whole, whole);
    const std::size_t tasks = (groups + per_task - 1) / per_task;
    run(tasks, [&](std::size_t i) {
      const std::size_t group = task_boundary<P>(shape, i * per_task, groups);
      const std::size_t last = i + 1 == tasks ? groups : task_boundary<P>(shape, (i + 1) * per_task, groups);
      if (group < last) f(G::begin(shape, group), G::begin(shape, last));
    });
  }
}

template <bool Prepare, backend B, class Source, class View, class Rounding>
constexpr quantize_report quantize_source(const B& b, const Source& x, const View& q, const Rounding& rounding,
                                          const options& with);

/// True if something of the whole tensor (a mean) must be known before the scales can be stored, but not before the
/// elements are encoded, which follow the chosen scales.
template <class P>
inline constexpr bool stores_scales_last = [] {
  if constexpr (!scaled_precision<P>) {
    return false;
  } else {
    return P::grouping::in_order && !P::rule::from_stored && !has_shift<P> && !has_zero_point<P> && is_planar<P> &&
           needs_preparing<typename P::scale>();
  }
}();

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Bytes of `options::workspace` with which quantizing to P reads its source once; 0: it does anyway, or cannot.
template <is_precision P>
constexpr std::size_t host_workspace_bytes(const extents& shape) {
  if constexpr (detail::stores_scales_last<P>)
    return packed_bytes<fp32>(P::grouping::groups(shape));
  else
    return 0;
}

}  // namespace detent::inline v0::inline DETENT_ISA

namespace detent::inline v0::detail::inline DETENT_ISA {

/// P with the scales as they are chosen.
template <is_precision P>
struct with_chosen_scales : P {
  using scale = fp32;
};

/// Elements, with their scales to the workspace, and then the scales to where they belong: x is read once.
template <backend B, class Source, class View, class Rounding>
quantize_report quantize_scales_last(const B& b, const Source& x, const View& q, const Rounding& rounding,
                                     const options& with) {
  using P = typename View::precision_type;
  const packed_view<with_chosen_scales<P>, std::uint8_t> now(q.shape(), q.plane(0), with.workspace);
  const quantize_report elements = quantize_source<true>(b, x, now, rounding, with);
  quantize_source<true>(b, packed_source<packed_view<fp32, std::uint8_t>>{now.scale()}, q.scale(), to_nearest, with);
  quantize_report report{.nan = elements.nan, .infinite = elements.infinite};
  const std::size_t groups = now.scale().size();
  chosen_parameters chosen;
  tile_parameters stored;
  for (std::size_t group = 0; group < groups; group += tile_groups) {
    const std::size_t count = least(tile_groups, groups - group);
    decode_range(b, now.scale(), group, count, chosen.scale);
    decode_range(b, q.scale(), group, count, stored.factor);
    if (steps_of(b).ordinary(chosen.scale, count) && steps_of(b).ordinary(stored.factor, count)) continue;
    count_scales<P>(chosen, stored, count, report);
  }
  return report;
}

template <bool Prepare, backend B, class Source, class View, class Rounding>
constexpr quantize_report quantize_source(const B& b, const Source& x, const View& q, const Rounding& rounding,
                                          const options& with) {
  using P = typename View::precision_type;
  const float_environment same;
  quantize_report report;
  if (q.size() == 0) return report;
  if constexpr (Prepare && stores_scales_last<P>) {
    if (with.workspace != nullptr && with.workspace_bytes >= host_workspace_bytes<P>(q.shape()))
      return quantize_scales_last(b, x, q, rounding, with);
  }
  const bool stream = q.size() * sizeof(float) + packed_bytes<P>(q.shape()) >= with.stream_from;
  const asking asks = !lies_as_floats(x) ? asking::never : asks_near(b) ? asking::from_near : asking::from_far;
  clear_last_byte<Prepare>(q);
  if constexpr (Prepare && needs_preparing<P>()) prepare(b, x, q, with.executor, &report);
  for_each_part<P>(q.shape(), with.executor, [&](std::size_t first, std::size_t end) {
    const float_environment same_here;
    quantize_report part;
    const encoding<Rounding> how{rounding, &part, stream, asks};
    if constexpr (Prepare)
      encode_range(b, x, q, first, end, how);
    else
      with_center(b, x, q, [&](const auto& centered) { encode_prepared(b, centered, q, first, end, how); });
    if (stream) steps_of(b).fence();
    add_to(report.nan, part.nan);
    add_to(report.infinite, part.infinite);
    add_to(report.zero_groups, part.zero_groups);
    add_to(report.scale_overflows, part.scale_overflows);
    add_to(report.scale_underflows, part.scale_underflows);
  });
  encode_padding<Prepare>(q);
  return report;
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Quantizes x into q, which has the same shape. Writes every byte of q's planes. Returns what it met; refuses shapes
/// that differ, shapes that the precision cannot hold, and null pointers, with detent::error.
template <backend B, class T, std::size_t Rank, is_precision P>
constexpr quantize_report quantize(const B& b, const tensor_view<T, Rank>& x, const packed_view<P, std::uint8_t>& q,
                                   const options& with = {}) {
  detail::check_view("quantize", x);
  detail::check_packed("quantize", q);
  detail::check_same_shape("quantize", x.shape(), q.shape());
  return detail::quantize_source<true>(b, detail::tensor_source<T, Rank>{x}, q, nearest{}, with);
}

/// The same, but each code is one of the two around the value, at random: the mean of many is the value.
template <backend B, class T, std::size_t Rank, is_precision P>
constexpr quantize_report quantize(const B& b, const tensor_view<T, Rank>& x, const packed_view<P, std::uint8_t>& q,
                                   const stochastic& rounding, const options& with = {}) {
  detail::check_view("quantize", x);
  detail::check_packed("quantize", q);
  detail::check_same_shape("quantize", x.shape(), q.shape());
  return detail::quantize_source<true>(b, detail::tensor_source<T, Rank>{x}, q, rounding, with);
}

/// The same from a source of the caller's own: a file, another library's tensor.
template <backend B, element_source S, is_precision P>
constexpr quantize_report quantize(const B& b, const S& source, const packed_view<P, std::uint8_t>& q,
                                   const options& with = {}) {
  detail::check_packed("quantize", q);
  detail::check_same_shape("quantize", source.shape(), q.shape());
  return detail::quantize_source<true>(b, detail::read_source<S>{&source}, q, nearest{}, with);
}

/// Only the codes of x, with the scales, shifts and zero points that q already holds (calibrated, or given).
template <backend B, class T, std::size_t Rank, is_precision P>
constexpr quantize_report encode(const B& b, const tensor_view<T, Rank>& x, const packed_view<P, std::uint8_t>& q,
                                 const options& with = {}) {
  detail::check_view("encode", x);
  detail::check_packed("encode", q);
  detail::check_same_shape("encode", x.shape(), q.shape());
  return detail::quantize_source<false>(b, detail::tensor_source<T, Rank>{x}, q, nearest{}, with);
}

/// The mean of the scales that P's rule chooses for a source, as a centered scale stores it: known before anything is
/// quantized, for file formats that have it in their header.
template <is_precision P, backend B, element_source S>
constexpr float mean_of_scales(const B& b, const S& source, const options& with = {}) {
  static_assert(!detail::is_centered<P>, "the scales are chosen from elements whose mean is not known yet");
  using Source = detail::read_source<S>;
  detail::check_precision<P>("mean_of_scales", source.shape());
  const detail::float_environment same;
  return detail::mean_of(b, detail::chosen_source<P, detail::part::scale, Source>{Source{&source}}, with.executor);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

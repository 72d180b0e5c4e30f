// SPDX-License-Identifier: MIT
//
// How far an approximation is from a reference: sums in double precision over parts whose number depends on the size
// alone, added in a fixed order. The result is the same on every device and for every grid; it differs from the host's
// in the last digits, because the order is another.
#ifndef DETENT_CUDA_TOTALS_HPP
#define DETENT_CUDA_TOTALS_HPP

#include <cstddef>
#include <cstdint>

#include "detent/cuda/sources.hpp"
#include "detent/op/error.hpp"

namespace detent::inline v0 {

/// What measure_error leaves in device memory; `metrics` makes of a copy on the host what the host's gives.
struct error_totals {
  double reference = 0;
  double approximation = 0;
  double product = 0;
  double error = 0;
  double max = 0;
  std::uint64_t nan = 0;
  std::uint64_t infinite = 0;
  std::uint64_t lost = 0;
  std::uint64_t saturated = 0;
  std::uint64_t zero_groups = 0;

  DETENT_INLINE constexpr error_totals() {}

  DETENT_INLINE void add(float r, float a) {
    if (!detail::is_finite(r)) {
      nan += detail::is_nan(r) ? 1u : 0u;
      infinite += detail::is_nan(r) ? 0u : 1u;
    } else if (!detail::is_finite(a)) {
      ++lost;
    } else {
      const double x = detail::widen(r);
      const double y = detail::widen(a);
      const double difference = x - y;
      reference += detail::gpu::multiply_wide(x, x);
      approximation += detail::gpu::multiply_wide(y, y);
      product += detail::gpu::multiply_wide(x, y);
      error += detail::gpu::multiply_wide(difference, difference);
      const double distance = difference < 0 ? -difference : difference;
      max = distance > max ? distance : max;
    }
  }

  DETENT_INLINE void merge(const error_totals& later) {
    reference += later.reference;
    approximation += later.approximation;
    product += later.product;
    error += later.error;
    max = later.max > max ? later.max : max;
    nan += later.nan;
    infinite += later.infinite;
    lost += later.lost;
    saturated += later.saturated;
    zero_groups += later.zero_groups;
  }

  [[gnu::always_inline]] error_metrics metrics(std::size_t elements) const {
    detail::error_sums sums;
    sums.reference = reference;
    sums.approximation = approximation;
    sums.product = product;
    sums.error = error;
    sums.max = max;
    sums.nan = nan;
    sums.infinite = infinite;
    sums.lost = lost;
    error_metrics m = detail::metrics_of(sums, elements);
    m.saturated = saturated;
    m.zero_groups = zero_groups;
    return m;
  }
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::gpu {

/// The distance between the codec's last two values, where it says so.
template <class C>
DETENT_INLINE constexpr float last_step_of() {
  if constexpr (requires { C::last_step; }) return C::last_step;
  return 0;
}

/// Whether a group cannot take this value: it is beyond the last one by more than half of the last step.
template <class P>
DETENT_INLINE bool is_beyond(float x, const parameters& p) {
  using C = typename P::codec;
  const float unit = scaled_precision<P> ? multiply(P::rule::unit, p.factor) : P::rule::unit;
  const float shift =
      subtract(has_shift<P> ? p.shift : 0.0f, has_zero_point<P> ? multiply(static_cast<float>(p.zero), unit) : 0.0f);
  const float slack = multiply(multiply(last_step_of<C>() * 0.5f, magnitude(unit)), 1.001f);
  const float at_min = add(multiply(C::min, unit), shift);
  const float at_max = add(multiply(C::max, unit), shift);
  const float low = subtract(less(unit, 0) ? at_max : at_min, slack);
  const float high = add(less(unit, 0) ? at_min : at_max, slack);
  return is_finite(x) && (less(high, x) || less(x, low));
}

/// One part of the elements.
template <class Reference, class Approximation>
struct measure_parts {
  static constexpr unsigned width = 256;
  static constexpr std::size_t other_at = Reference::words;
  static constexpr std::size_t table_words = Reference::words + Approximation::words;
  static constexpr std::size_t shared_bytes = 8 * sizeof(error_totals);

  struct args {
    Reference reference;
    Approximation other;
    std::uint64_t elements;
    std::uint64_t part;
    error_totals* to;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.reference.copy(team, team.tables());
    a.other.copy(team, team.tables() + other_at);
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t part) {
    const std::uint64_t first = part * a.part;
    const std::uint64_t end = first + a.part < a.elements ? first + a.part : a.elements;
    typename Team::template lanes<error_totals> totals;
    team.each([&](unsigned lane) {
      const auto* const words = team.tables();
      const auto x = a.reference.bind(words);
      const auto y = a.other.bind(words + other_at);
      error_totals t;
      for (std::uint64_t at = first + lane * octet; at < end; at += width * octet) {
        const unsigned count = end - at < octet ? static_cast<unsigned>(end - at) : octet;
        float of_x[octet];
        float of_y[octet];
        x.template load<false>(at, count, of_x);
        y.template load<false>(at, count, of_y);
        for (unsigned j = 0; j < count; ++j) {
          t.add(entry_of<octet>(of_x, j), entry_of<octet>(of_y, j));
          if constexpr (requires { typename Approximation::P; }) {
            t.saturated += is_beyond<typename Approximation::P>(entry_of<octet>(of_x, j), y.group_of(at + j)) ? 1u : 0u;
          }
        }
      }
      totals[lane] = t;
    });
    merge_runs<width>(team, totals);
    team.each([&](unsigned lane) {
      if (lane == 0) a.to[part] = totals[lane];
    });
  }
};

/// One part of the groups: those whose scale is 0.
template <class View>
struct count_zero_groups {
  using P = typename View::precision_type;
  static constexpr unsigned width = 256;
  static constexpr std::size_t table_words = tables<P>::words;
  static constexpr std::size_t shared_bytes = 8 * sizeof(error_totals);

  struct args {
    View view;
    std::uint64_t groups;
    std::uint64_t part;
    error_totals* to;
    tables<P> table;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team& team, const args& a) {
    a.table.copy(team, team.tables());
  }

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t part) {
    const std::uint64_t first = part * a.part;
    const std::uint64_t end = first + a.part < a.groups ? first + a.part : a.groups;
    typename Team::template lanes<error_totals> totals;
    team.each([&](unsigned lane) {
      const auto* const words = team.tables();
      error_totals t;
      for (std::uint64_t g = first + lane; g < end; g += width) {
        t.zero_groups += is_zero(value_at(a.view.scale(), g, words + tables<P>::scale_at)) ? 1u : 0u;
      }
      totals[lane] = t;
    });
    merge_runs<width>(team, totals);
    team.each([&](unsigned lane) {
      if (lane == 0) a.to[part] = totals[lane];
    });
  }
};

/// Adds the parts in order.
struct merge_totals {
  static constexpr unsigned width = 32;
  static constexpr std::size_t table_words = 0;
  static constexpr std::size_t shared_bytes = 0;

  struct args {
    const error_totals* from;
    std::uint64_t parts;
    error_totals* to;
  };

  template <class Team>
  DETENT_INLINE static void begin(Team&, const args&) {}

  template <class Team>
  DETENT_INLINE static void run(Team& team, const args& a, std::uint64_t) {
    const std::uint64_t per_lane = (a.parts + width - 1) / width;
    typename Team::template lanes<error_totals> totals;
    team.each([&](unsigned lane) {
      error_totals t;
      for (std::uint64_t i = lane * per_lane; i < (lane + 1) * per_lane && i < a.parts; ++i) t.merge(a.from[i]);
      totals[lane] = t;
    });
    merge_runs<width>(team, totals);
    team.each([&](unsigned lane) {
      if (lane == 0) *a.to = totals[lane];
    });
  }
};

}  // namespace detent::inline v0::detail::gpu

namespace detent::inline v0::detail::gpu::inline DETENT_ISA {

inline constexpr std::uint64_t most_totals = 1024;

/// Parts of at least 8192, and at most 1024 of them.
inline constexpr std::uint64_t part_of(std::uint64_t count) {
  const std::uint64_t part = (count + most_totals - 1) / most_totals;
  return part < 8192 ? 8192 : (part + octet - 1) / octet * octet;
}

template <class L, class Reference, class Approximation>
std::uint64_t measure_elements(L& launch, const Reference& x, const Approximation& y, std::uint64_t elements,
                               error_totals* parts) {
  const std::uint64_t part = part_of(elements);
  const std::uint64_t count = (elements + part - 1) / part;
  launch.template run<measure_parts<Reference, Approximation>>({x, y, elements, part, parts}, count);
  return count;
}

/// Between two sources; `parts` has room for 2048.
template <class L, class Reference, class Approximation>
void measure_all(L& launch, const Reference& x, const Approximation& y, std::uint64_t elements, error_totals* parts,
                 error_totals* to) {
  const std::uint64_t count = measure_elements(launch, x, y, elements, parts);
  launch.template run<merge_totals>({parts, count, to}, 1);
}

/// Between a source and its quantized form.
template <class L, class Reference, class View>
void measure_packed(L& launch, const Reference& x, const View& q, error_totals* parts, error_totals* to) {
  using P = typename View::precision_type;
  const packed_input<View> y{q, tables<P>::make()};
  std::uint64_t count = measure_elements(launch, x, y, q.size(), parts);
  if constexpr (scaled_precision<P>) {
    const std::uint64_t groups = P::grouping::groups(q.shape()).size();
    const std::uint64_t part = part_of(groups);
    const std::uint64_t more = (groups + part - 1) / part;
    launch.template run<count_zero_groups<View>>({q, groups, part, parts + count, tables<P>::make()}, more);
    count += more;
  }
  launch.template run<merge_totals>({parts, count, to}, 1);
}

}  // namespace detent::inline v0::detail::gpu::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// How far an approximation is from a reference. Sums are in double precision, over parts of fixed length that are added
// in order: the result does not depend on the number of threads. Elements of the reference that are NaN or infinite are
// counted and left out of the sums.
#ifndef DETENT_OP_ERROR_HPP
#define DETENT_OP_ERROR_HPP

#include <cstddef>

#include "detent/op/check.hpp"
#include "detent/op/prepare.hpp"

namespace detent::inline v0 {

struct error_metrics {
  std::size_t elements = 0;
  std::size_t nan = 0;          ///< NaN in the reference
  std::size_t infinite = 0;     ///< infinities in the reference
  std::size_t lost = 0;         ///< finite in the reference, NaN or infinite in the approximation
  std::size_t saturated = 0;    ///< beyond the range of their group by more than half of its last step
  std::size_t zero_groups = 0;  ///< groups whose scale is 0
  double signal = 0;            ///< sum of squares of the reference
  double max = 0;               ///< greatest |reference - approximation|
  double rmse = 0;              ///< root of the mean square of the error
  double sqnr_db = 0;           ///< 10 · log10(sum of squares of the reference / sum of squares of the error)
  double cosine = 1;            ///< of the angle between the two
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

struct error_sums {
  double reference = 0;  // sum of squares
  double approximation = 0;
  double product = 0;
  double error = 0;
  double max = 0;
  std::size_t nan = 0;
  std::size_t infinite = 0;
  std::size_t lost = 0;

  constexpr void add(float r, float a) {
    if (!is_finite(r)) {
      nan += std::size_t{is_nan(r)};
      infinite += std::size_t{is_infinite(r)};
      return;
    }
    if (!is_finite(a)) {
      ++lost;
      return;
    }
    const double x = static_cast<double>(r);
    const double y = static_cast<double>(a);
    const double difference = x - y;
    reference += x * x;
    approximation += y * y;
    product += x * y;
    error += difference * difference;
    const double distance = difference < 0 ? -difference : difference;
    max = distance > max ? distance : max;
  }

  constexpr void merge(const error_sums& other) {
    reference += other.reference;
    approximation += other.approximation;
    product += other.product;
    error += other.error;
    max = other.max > max ? other.max : max;
    nan += other.nan;
    infinite += other.infinite;
    lost += other.lost;
  }
};

/// A sum of squares of infinite ratio: no error at all.
inline constexpr double no_error_db = 1e9;

inline error_metrics metrics_of(const error_sums& sums, std::size_t elements) {
  error_metrics m{.elements = elements, .nan = sums.nan, .infinite = sums.infinite, .lost = sums.lost};
  const std::size_t counted = elements - sums.nan - sums.infinite - sums.lost;
  m.max = sums.max;
  m.signal = sums.reference;
  if (counted == 0) return m;
  m.rmse = __builtin_sqrt(sums.error / static_cast<double>(counted));
  m.sqnr_db = sums.error == 0 ? no_error_db : 10 * __builtin_log10(sums.reference / sums.error);
  const double norms = __builtin_sqrt(sums.reference) * __builtin_sqrt(sums.approximation);
  m.cosine = norms == 0 ? (sums.error == 0 ? 1 : 0) : sums.product / norms;
  return m;
}

template <backend B, class Reference, class Approximation>
error_metrics measure(const B& b, const Reference& x, const Approximation& y, const executor_ref& run) {
  const parts_of parts{x.shape().size()};
  error_sums sums[parts_of::most] = {};
  run(parts.count(), [&](std::size_t i) {
    const float_environment same;
    alignas(cache_line) float of_x[tile_elements];
    alignas(cache_line) float of_y[tile_elements];
    for (std::size_t first = parts.begin(i); first < parts.begin(i + 1);) {
      const std::size_t n = least(tile_elements, parts.begin(i + 1) - first);
      const float* a = x.fetch(b, first, n, of_x);
      const float* c = y.fetch(b, first, n, of_y);
      for (std::size_t j = 0; j < n; ++j) sums[i].add(a[j], c[j]);
      first += n;
    }
  });
  for (std::size_t i = 1; i < parts.count(); ++i) sums[0].merge(sums[i]);
  return metrics_of(sums[0], parts.elements);
}

/// The distance between the codec's last two values, where it says so.
template <class C>
inline constexpr float last_step = 0;
template <class C>
  requires requires { C::last_step; }
inline constexpr float last_step<C> = C::last_step;

/// The least and the greatest value that a group can take, half of the last step included.
struct reach {
  float low;
  float high;
};

template <is_precision P>
constexpr reach reach_of(const group_factors& by, std::size_t g) {
  using C = typename P::codec;
  const float unit = by.unit * (scaled_precision<P> ? by.factor[g] : 1.0f);
  const float shift =
      (has_shift<P> ? by.shift[g] : 0.0f) - (has_zero_point<P> ? static_cast<float>(by.zero[g]) * unit : 0.0f);
  const float slack = last_step<C> * 0.5f * magnitude(unit) * 1.001f;  // a thousandth for the roundings on the way
  const float at_min = C::min * unit + shift;
  const float at_max = C::max * unit + shift;
  return unit < 0 ? reach{at_max - slack, at_min + slack} : reach{at_min - slack, at_max + slack};
}

/// Elements of x that q's codes cannot reach.
template <backend B, class Source, class View>
std::size_t count_saturated(const B& b, const Source& x, const View& q, const executor_ref& run) {
  using P = typename View::precision_type;
  const parts_of parts{q.size()};
  std::size_t counts[parts_of::most] = {};
  run(parts.count(), [&](std::size_t part) {
    const float_environment same;
    alignas(cache_line) float buffer[tile_elements];
    tile_parameters parameters;
    for (std::size_t first = parts.begin(part); first < parts.begin(part + 1);) {
      const tile t = tile_at<typename P::grouping>(q.shape(), first, parts.begin(part + 1));
      const float* values = x.fetch(b, t.first, t.length, buffer);
      const group_factors by = read_parameters(b, q, t.group, t.groups, parameters);
      for (std::size_t i = 0; i < t.length; ++i) {
        const reach r = reach_of<P>(by, i / t.size);
        counts[part] += std::size_t{is_finite(values[i]) && (values[i] > r.high || values[i] < r.low)};
      }
      first += t.length;
    }
  });
  std::size_t sum = 0;
  for (std::size_t part = 0; part < parts.count(); ++part) sum += counts[part];
  return sum;
}

/// Groups of q whose scale is 0.
template <backend B, class View>
std::size_t count_zero_groups(const B& b, const View& q) {
  using P = typename View::precision_type;
  std::size_t sum = 0;
  if constexpr (scaled_precision<P>) {
    const std::size_t groups = P::grouping::groups(q.shape()).size();
    float scales[tile_groups];
    for (std::size_t first = 0; first < groups; first += tile_groups) {
      const std::size_t count = least(tile_groups, groups - first);
      decode_range(b, q.scale(), first, count, scales);
      for (std::size_t g = 0; g < count; ++g) sum += std::size_t{scales[g] == 0};
    }
  }
  return sum;
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Between two tensors of the same shape, of any element types and strides.
template <backend B, class T, class U, std::size_t Rank>
error_metrics measure_error(const B& b, const tensor_view<T, Rank>& reference, const tensor_view<U, Rank>& x,
                            const options& with = {}) {
  detail::check_view("measure_error", reference);
  detail::check_view("measure_error", x);
  detail::check_same_shape("measure_error", reference.shape(), x.shape());
  const detail::float_environment same;
  return detail::measure(b, detail::tensor_source<T, Rank>{reference}, detail::tensor_source<U, Rank>{x},
                         with.executor);
}

/// Between two sources of the caller's own.
template <backend B, element_source R, element_source S>
error_metrics measure_error(const B& b, const R& reference, const S& x, const options& with = {}) {
  detail::check_same_shape("measure_error", reference.shape(), x.shape());
  const detail::float_environment same;
  return detail::measure(b, detail::read_source<R>{&reference}, detail::read_source<S>{&x}, with.executor);
}

/// Between a tensor and its quantized form, with the counts of saturated elements and zero groups.
template <backend B, class T, std::size_t Rank, is_precision P, class Byte>
error_metrics measure_error(const B& b, const tensor_view<T, Rank>& reference, const packed_view<P, Byte>& q,
                            const options& with = {}) {
  detail::check_view("measure_error", reference);
  detail::check_packed("measure_error", q);
  detail::check_same_shape("measure_error", reference.shape(), q.shape());
  const detail::float_environment same;
  const detail::tensor_source<T, Rank> x{reference};
  error_metrics m = detail::measure(b, x, detail::packed_source<packed_view<P, Byte>>{q}, with.executor);
  m.saturated = detail::count_saturated(b, x, q, with.executor);
  m.zero_groups = detail::count_zero_groups(b, q);
  return m;
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

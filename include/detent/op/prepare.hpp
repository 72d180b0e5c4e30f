// SPDX-License-Identifier: MIT
//
// What must be known of the whole tensor before its elements can be encoded: a scale per tensor or per channel, the
// mean that is subtracted first, and the same of the tensor of scales, whose elements are computed when asked for.
// Partial results are kept for a fixed number of parts, and combined in order: the number of threads does not matter.
#ifndef DETENT_OP_PREPARE_HPP
#define DETENT_OP_PREPARE_HPP

#include <cstddef>
#include <type_traits>

#include "detent/core/executor.hpp"
#include "detent/core/float_environment.hpp"
#include "detent/op/encode.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

template <class P>
constexpr bool needs_preparing() {
  if constexpr (!scaled_precision<P>) {
    return false;
  } else {
    return is_centered<P> || !P::grouping::in_order || needs_preparing<typename P::scale>() ||
           needs_preparing<typename P::shift>();
  }
}

/// Of several tasks at once, which mostly have nothing to add: then no line goes from one processor to another.
constexpr void add_to(std::size_t& sum, std::size_t count) {
  if (__builtin_is_constant_evaluated())
    sum += count;
  else if (count != 0)
    __atomic_fetch_add(&sum, count, __ATOMIC_RELAXED);
}

/// A source in equal parts: part i is [begin(i), begin(i + 1)).
struct parts_of {
  std::size_t elements;
  static constexpr std::size_t most = 64;

  constexpr std::size_t length() const { return least_multiple((elements + most - 1) / most); }
  constexpr std::size_t count() const { return elements == 0 ? 0 : (elements + length() - 1) / length(); }
  constexpr std::size_t begin(std::size_t i) const { return least(i * length(), elements); }

 private:
  /// Enough of them to be worth a task.
  static constexpr std::size_t least_multiple(std::size_t n) {
    constexpr std::size_t quantum = 16384;
    return n == 0 ? quantum : (n + quantum - 1) / quantum * quantum;
  }
};

/// A sum of floats in their order, in double precision. Where no addition rounds, the order does not matter.
class ordered_sum {
 public:
  constexpr double value() const { return sum_; }

  /// n more, at most tile_elements.
  template <backend B>
  constexpr void add(const B& b, const float* x, std::size_t n) {
    statistic::minmax known;
    b.template reduce<statistic::minmax>(x, n, n, &known);
    const int unit = known.finite && known.min > 0 ? least_int(unit_, unit_of(known.min)) : none;
    if (unit != none && magnitude() + static_cast<double>(n) * static_cast<double>(known.max) <= power(unit + 52)) {
      unit_ = unit;
      add_in_any_order(x, n);
      return;
    }
    for (std::size_t i = 0; i < n; ++i) sum_ += static_cast<double>(x[i]);
    unit_ = sum_ == 0 ? none : exponent() - 52;
  }

 private:
  static constexpr int none = 1024;
  static constexpr int least_int(int a, int b) { return a < b ? a : b; }
  static constexpr double power(int exponent) {
    return __builtin_bit_cast(double, static_cast<std::uint64_t>(exponent + 1023) << 52);
  }
  /// A positive float is a multiple of 2^unit.
  static constexpr int unit_of(float x) {
    const auto exponent = static_cast<int>(bits_of(x) >> 23);
    return (exponent == 0 ? 1 : exponent) - 150;
  }
  constexpr double magnitude() const { return sum_ < 0 ? -sum_ : sum_; }
  constexpr int exponent() const {
    return static_cast<int>(__builtin_bit_cast(std::uint64_t, sum_) >> 52 & 0x7FF) - 1023;
  }
  constexpr void add_in_any_order(const float* x, std::size_t n) {
    double a = 0, b = 0, c = 0, d = 0;
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      a += static_cast<double>(x[i]);
      b += static_cast<double>(x[i + 1]);
      c += static_cast<double>(x[i + 2]);
      d += static_cast<double>(x[i + 3]);
    }
    for (; i < n; ++i) a += static_cast<double>(x[i]);
    sum_ += a + b + (c + d);
  }

  double sum_ = 0;
  int unit_ = none;  // the sum is a multiple of 2^unit
};

/// The mean, summed in double precision.
template <backend B, class Source>
constexpr float mean_of(const B& b, const Source& x, const executor_ref& run) {
  const parts_of parts{x.shape().size()};
  ordered_sum sums[parts_of::most] = {};
  run(parts.count(), [&](std::size_t i) {
    const float_environment same;
    alignas(cache_line) float buffer[tile_elements];
    for (std::size_t first = parts.begin(i); first < parts.begin(i + 1);) {
      const std::size_t n = least(tile_elements, parts.begin(i + 1) - first);
      const float* values = x.fetch(b, first, n, buffer);
      sums[i].add(b, values, n);
      first += n;
    }
  });
  double sum = 0;
  for (std::size_t i = 0; i < parts.count(); ++i) sum += sums[i].value();
  return parts.elements == 0 ? 0 : static_cast<float>(sum / static_cast<double>(parts.elements));
}

/// The one group of a whole tensor.
template <is_precision P, backend B, class Source>
constexpr void choose_whole(const B& b, const Source& x, const executor_ref& run, chosen_parameters& to) {
  const parts_of parts{x.shape().size()};
  typename P::rule::statistic known[parts_of::most] = {};
  run(parts.count(), [&](std::size_t i) {
    const float_environment same;
    reduce_elements<P>(b, x, parts.begin(i), parts.begin(i + 1), 0, 1, known + i);
  });
  for (std::size_t i = 1; i < parts.count(); ++i) known[0].merge(known[i]);
  choose_one<P>(known[0], 0, to);
}

template <backend B, class Source, class View>
constexpr void prepare(const B& b, const Source& x, const View& q, const executor_ref& run, quantize_report* report);

/// The parameters of groups that do not lie in order.
template <backend B, class Source, class View>
constexpr void prepare_groups(const B& b, const Source& x, const View& q, const executor_ref& run,
                              quantize_report* report) {
  using P = typename View::precision_type;
  static_assert(P::rule::from_stored || std::same_as<typename P::scale, fp32>,
                "codes can follow the chosen scale only if groups lie in order or scales are stored exactly");
  static_assert(groups_in_quantum<P> <= tile_groups, "nested groups are too long");
  const std::size_t groups = P::grouping::groups(x.shape()).size();
  quantize_report counts[parts_of::most] = {};
  const auto window = [&](std::size_t group, std::size_t count, const executor_ref& inner, quantize_report& counted) {
    chosen_parameters chosen;
    tile_parameters stored;
    if (groups == 1)
      choose_whole<P>(b, x, inner, chosen);
    else
      choose<P>(b, x, group, count, chosen);
    store_parameters(b, chosen, q, group, count);
    read_parameters(b, q, group, count, stored);
    count_scales<P>(chosen, stored, count, counted);
  };
  if (groups == 1) {
    window(0, 1, run, counts[0]);
  } else {
    const std::size_t share = even_share(groups, (groups + parts_of::most - 1) / parts_of::most, tile_groups);
    const std::size_t tasks = (groups + share - 1) / share;
    run(tasks, [&](std::size_t task) {
      const float_environment same;
      const std::size_t end = parts_boundary<P>(x.shape(), (task + 1) * share, groups);
      for (std::size_t group = parts_boundary<P>(x.shape(), task * share, groups); group < end;) {
        const std::size_t last = window_end<P>(x.shape(), group, tile_groups, end);
        window(group, last - group, executor_ref{}, counts[task]);
        group = last;
      }
    });
  }
  if (report == nullptr) return;
  for (const quantize_report& part : counts) {
    report->zero_groups += part.zero_groups;
    report->scale_overflows += part.scale_overflows;
    report->scale_underflows += part.scale_underflows;
  }
}

/// Stores all of q's parameters that concern the whole source.
template <backend B, class Source, class View>
constexpr void prepare(const B& b, const Source& x, const View& q, const executor_ref& run, quantize_report* report) {
  using P = typename View::precision_type;
  if constexpr (is_centered<P>) {
    const float mean = mean_of(b, x, run);
    encode_range(b, array_source{&mean, 0, extents(1)}, q.shift(), 0, 1, plain_encoding);
  }
  with_center(b, x, q, [&](const auto& centered) {
    using Centered = std::remove_cvref_t<decltype(centered)>;
    if constexpr (needs_preparing<typename P::scale>()) {
      prepare(b, chosen_source<P, part::scale, Centered>{centered}, q.scale(), run, nullptr);
    }
    if constexpr (!is_centered<P> && needs_preparing<typename P::shift>()) {
      prepare(b, chosen_source<P, part::shift, Centered>{centered}, q.shift(), run, nullptr);
    }
    if constexpr (!P::grouping::in_order) prepare_groups(b, centered, q, run, report);
  });
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

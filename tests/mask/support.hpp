// SPDX-License-Identifier: MIT
//
// Pruning as its words say it: sorted lists and plain loops, against which masks are compared.
#ifndef DETENT_TESTS_MASK_SUPPORT_HPP
#define DETENT_TESTS_MASK_SUPPORT_HPP

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "detent/prune.hpp"
#include "support/data.hpp"

namespace test {

using bits = std::vector<bool>;

inline bits bits_of(const detent::const_mask_view& m) {
  bits b(m.size());
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = m[i];
  return b;
}
template <class M>
bits bits_of_any(const M& m) {
  detent::bit_mask stored(m.shape());
  detent::store_mask(m, stored.view());
  return bits_of(stored.view());
}

inline bits everything(std::size_t n) { return bits(n, true); }

inline std::string text(const bits& b) {
  std::string s;
  for (const bool bit : b) s += bit ? '1' : '0';
  return s;
}

/// What is less is pruned first; NaN is greater than all.
inline bool ranks_below(double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; }

/// Of the elements `in`, prunes the k of least score, among equals the last.
inline void prune_least(bits& keep, const std::vector<std::size_t>& in, const std::vector<double>& score,
                        std::size_t k) {
  std::vector<std::size_t> order = in;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (ranks_below(score[a], score[b])) return true;
    if (ranks_below(score[b], score[a])) return false;
    return a > b;
  });
  for (std::size_t i = 0; i < k; ++i) keep[order[i]] = false;
}

inline std::vector<double> magnitudes(const std::vector<float>& x) {
  std::vector<double> score;
  for (const float v : x) score.push_back(std::fabs(static_cast<double>(v)));
  return score;
}

/// An index along each axis.
inline std::vector<std::size_t> place(const detent::extents& shape, std::size_t i) {
  std::vector<std::size_t> at(shape.rank);
  for (std::size_t axis = shape.rank; axis-- > 0;) {
    at[axis] = i % shape[axis];
    i /= shape[axis];
  }
  return at;
}

/// The number of an element's brick.
inline std::size_t brick_of(const detent::extents& shape, const detent::extents& box, std::size_t i) {
  const auto at = place(shape, i);
  std::size_t number = 0;
  for (std::size_t axis = 0; axis < shape.rank; ++axis) {
    number = number * ((shape[axis] + box[axis] - 1) / box[axis]) + at[axis] / box[axis];
  }
  return number;
}

/// The rule of each criterion on live elements; `keep` is what is left. Returns what it keeps.
template <class Amount>
bits naive_ranked(const bits& live, const std::vector<double>& score, const Amount& how_many) {
  std::vector<std::size_t> in;
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (live[i]) in.push_back(i);
  }
  bits keep = live;
  prune_least(keep, in, score, detent::amount(how_many).of(in.size()));
  return keep;
}

template <class Amount>
bits naive_rows(const bits& live, const std::vector<double>& score, std::size_t cols, const Amount& how_many) {
  bits keep = live;
  for (std::size_t first = 0; first < live.size(); first += cols) {
    std::vector<std::size_t> in;
    for (std::size_t i = first; i < first + cols; ++i) {
      if (live[i]) in.push_back(i);
    }
    prune_least(keep, in, score, detent::amount(how_many).of(in.size()));
  }
  return keep;
}

template <class Amount>
bits naive_bricks(const bits& live, const std::vector<float>& x, const detent::extents& shape,
                  const detent::extents& box, detent::norm by, const Amount& how_many) {
  const std::size_t bricks = x.empty() ? 0 : brick_of(shape, box, x.size() - 1) + 1;
  std::vector<double> score(bricks, 0);
  bits in_play(bricks, false);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!live[i]) continue;
    const std::size_t b = brick_of(shape, box, i);
    const double a = std::fabs(static_cast<double>(x[i]));
    in_play[b] = true;
    if (by == detent::norm::max)
      score[b] = ranks_below(score[b], a) ? a : score[b];
    else
      score[b] += by == detent::norm::l2 ? a * a : a;
  }
  std::vector<std::size_t> in;
  for (std::size_t b = 0; b < bricks; ++b) {
    if (in_play[b]) in.push_back(b);
  }
  bits keep_brick(bricks, true), keep = live;
  prune_least(keep_brick, in, score, detent::amount(how_many).of(in.size()));
  for (std::size_t i = 0; i < x.size(); ++i) keep[i] = live[i] && keep_brick[brick_of(shape, box, i)];
  return keep;
}

inline bits naive_n_of_m(const bits& live, const std::vector<double>& score, const detent::extents& shape,
                         std::size_t axis, std::size_t n, std::size_t m) {
  bits keep = live;
  const std::size_t inner = shape.inner(axis);
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (place(shape, i)[axis] % m != 0) continue;
    std::vector<std::size_t> in;
    for (std::size_t j = 0; j < m && place(shape, i)[axis] + j < shape[axis]; ++j) {
      if (live[i + j * inner]) in.push_back(i + j * inner);
    }
    if (in.size() > n) prune_least(keep, in, score, in.size() - n);
  }
  return keep;
}

}  // namespace test

#endif

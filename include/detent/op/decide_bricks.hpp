// SPDX-License-Identifier: MIT
//
// Criteria that keep or prune whole bricks, decided: a word for each brick, in the workspace, first its score and then
// whether it is kept. Elements of a brick are added in double precision and row-major order, each part of a row that
// lies in one tile of 4096 in eight sums, which are added then: one order for every number of threads, and equal bricks
// have equal norms.
#ifndef DETENT_OP_DECIDE_BRICKS_HPP
#define DETENT_OP_DECIDE_BRICKS_HPP

#include <bit>
#include <cstddef>
#include <cstdint>

#include "detent/op/decide_rows.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Bricks of a shape. Axes that a brick fills wholly are joined with those before them, so that rows are long.
struct brick_grid {
  extents shape;
  extents box;
  extents count;

  constexpr brick_grid(const extents& whole, const extents& of) {
    for (std::size_t axis = 0; axis < whole.rank; ++axis) {
      if (axis != 0 && of[axis] >= whole[axis]) {
        shape.extent[shape.rank - 1] *= whole[axis];
        box.extent[shape.rank - 1] *= whole[axis];
      } else {
        shape.extent[shape.rank] = whole[axis];
        box.extent[shape.rank++] = of[axis];
      }
    }
    box.rank = count.rank = shape.rank;
    for (std::size_t axis = 0; axis < shape.rank; ++axis) {
      count.extent[axis] = (shape[axis] + box[axis] - 1) / box[axis];
    }
  }

  /// Of the first element of a row.
  constexpr std::size_t brick_of_row(std::size_t row) const {
    std::size_t brick = 0, stride = count.cols();
    for (std::size_t axis = shape.rank - 1; axis-- > 0;) {
      brick += row % shape[axis] / box[axis] * stride;
      row /= shape[axis];
      stride *= count[axis];
    }
    return brick;
  }

  /// Where a brick has one element of a row: calls f(brick, end) for the parts of rows in [first, end).
  template <class F>
  constexpr void each_row_part(std::size_t first, std::size_t end, const F& f) const {
    const std::size_t cols = shape.cols();
    while (first < end) {
      const std::size_t row = first / cols, stop = least(end, (row + 1) * cols);
      f(brick_of_row(row) + first % cols, stop);
      first = stop;
    }
  }

  /// Calls f(brick, first, end) for the elements [first, end) brick by brick, cut where tiles of their row begin.
  template <class F>
  constexpr void each(std::size_t first, std::size_t end, const F& f) const {
    const std::size_t cols = shape.cols(), width = box.cols();
    while (first < end) {
      const std::size_t row = first / cols, begin = row * cols;
      const std::size_t of_row = brick_of_row(row);
      const std::size_t stop = least(end, begin + cols);
      while (first < stop) {
        const std::size_t brick = (first - begin) / width;
        const std::size_t tile_end = begin + ((first - begin) / tile_elements + 1) * tile_elements;
        const std::size_t last = least(least(stop, begin + (brick + 1) * width), tile_end);
        f(of_row + brick, first, last);
        first = last;
      }
    }
  }

  /// The end of a piece of at most tile_elements that begins at `first`: cut between rows, or where a tile of the row
  /// begins, so that all rows are cut alike.
  constexpr std::size_t piece_end(std::size_t first, std::size_t end) const {
    const std::size_t cols = shape.cols(), begin = first / cols * cols;
    if (cols <= tile_elements) return least(end, begin + tile_elements / cols * cols);
    return least(least(end, begin + cols), begin + ((first - begin) / tile_elements + 1) * tile_elements);
  }

  /// Calls f(first, end) for every run of elements of the bricks [from, to) along the first axis that is cut.
  template <class F>
  constexpr void each_run(std::size_t from, std::size_t to, const F& f) const {
    const std::size_t axis = cut_axis(), inner = shape.inner(axis);
    const std::size_t whole = shape[axis] * inner;
    const std::size_t begin = from * box[axis] * inner, end = least(to * box[axis], shape[axis]) * inner;
    for (std::size_t outer = 0; outer < shape.size(); outer += whole) f(outer + begin, outer + end);
  }

  constexpr std::size_t cut_axis() const {
    std::size_t axis = 0;
    while (axis + 1 < count.rank && count[axis] == 1) ++axis;
    return axis;
  }
};

struct brick_mask {
  brick_grid grid;
  const std::uint64_t* keep;
  extents whole;

  constexpr const extents& shape() const { return whole; }

  constexpr void words(std::size_t first, std::size_t count, std::uint64_t* to) const {
    const std::size_t base = first * mask_word_bits;
    for (std::size_t w = 0; w < count; ++w) to[w] = 0;
    if (grid.box.cols() == 1) {
      std::size_t i = base;
      grid.each_row_part(base, least(base + count * mask_word_bits, whole.size()),
                         [&](std::size_t brick, std::size_t end) {
                           for (; i < end; ++i, ++brick)
                             to[(i - base) / mask_word_bits] |= keep[brick] << (i % mask_word_bits);
                         });
      return;
    }
    grid.each(base, least(base + count * mask_word_bits, whole.size()),
              [&](std::size_t brick, std::size_t from, std::size_t end) {
                if (keep[brick] != 0) set_run(to, from - base, end - base);
              });
  }
};

/// What a score is before an element of its brick was met that is left.
inline constexpr double no_score = -1;

inline constexpr double score_of(std::uint64_t word) { return std::bit_cast<double>(word); }
inline constexpr std::uint64_t word_of(double score) { return std::bit_cast<std::uint64_t>(score); }

/// The norm of n elements, less its root.
inline constexpr double norm_of(const float* x, std::size_t n, norm by) {
  if (n == 1) {
    const double a = static_cast<double>(magnitude(x[0]));
    return by == norm::l2 ? a * a : a;
  }
  double lane[8] = {};
  for (std::size_t i = 0; i < n; ++i) {
    const double a = static_cast<double>(magnitude(x[i]));
    double& sum = lane[i % 8];
    if (by == norm::max)
      sum = a > sum || a != a ? a : sum;
    else
      sum += by == norm::l2 ? a * a : a;
  }
  double all = 0;
  for (const double sum : lane) all = by == norm::max ? (sum > all || sum != sum ? sum : all) : all + sum;
  return all;
}

inline constexpr void add_score(std::uint64_t& score, double more, norm by) {
  const double before = score_of(score);
  const bool greater = more > before || more != more;
  score = word_of(before == no_score ? more : by != norm::max ? before + more : greater ? more : before);
}

/// Adds to the scores of bricks what elements [first, end) give.
template <backend B, class Source, mask M>
constexpr void score_run(const B& b, const Source& x, const M& now, const brick_grid& grid, std::size_t first,
                         std::size_t end, norm by, std::uint64_t* scores) {
  alignas(cache_line) float buffer[tile_elements], masked[tile_elements];
  std::uint64_t live[tile_elements / mask_word_bits + 1] = {};
  for (std::size_t stop = first; first < end; first = stop) {
    stop = grid.piece_end(first, end);
    const std::size_t word = first / mask_word_bits, base = word * mask_word_bits;
    now.words(word, (stop - base + mask_word_bits - 1) / mask_word_bits, live);
    const float* values = x.fetch(b, first, stop - first, buffer);
    for (std::size_t i = first; i < stop; ++i) masked[i - first] = kept(live, i - base) ? values[i - first] : 0.0f;
    if (grid.box.cols() == 1) {
      std::size_t i = first;
      grid.each_row_part(first, stop, [&](std::size_t brick, std::size_t end_of_row) {
        for (; i < end_of_row; ++i, ++brick) {
          if (kept(live, i - base)) add_score(scores[brick], norm_of(masked + (i - first), 1, by), by);
        }
      });
      continue;
    }
    grid.each(first, stop, [&](std::size_t brick, std::size_t from, std::size_t to) {
      bool left = false;
      for (std::size_t i = from; i < to && !left; ++i) left = kept(live, i - base);
      if (!left) return;
      add_score(scores[brick], norm_of(masked + (from - first), to - from, by), by);
    });
  }
}

/// Marks the bricks of which something is left.
template <mask M>
constexpr void find_left(const M& now, const brick_grid& grid, std::size_t first, std::size_t end,
                         std::uint64_t* scores) {
  each_live_tile(now, first, end, [&](std::size_t base, std::size_t n, const std::uint64_t* live) {
    grid.each(base < first ? first : base, base + n, [&](std::size_t brick, std::size_t begin, std::size_t stop) {
      for (std::size_t i = begin; i < stop && scores[brick] == word_of(no_score); ++i) {
        if (kept(live, i - base)) scores[brick] = word_of(0);
      }
    });
  });
}

/// The word of rank k among those that are not no_score, by eight bits at a time from the highest.
inline constexpr std::uint64_t word_of_rank(const std::uint64_t* words, std::size_t n, std::size_t k) {
  std::uint64_t found = 0, known = 0;
  for (int shift = 56; shift >= 0; shift -= 8) {
    std::size_t counts[256] = {};
    for (std::size_t i = 0; i < n; ++i) {
      if (words[i] != word_of(no_score) && (words[i] & known) == found) ++counts[words[i] >> shift & 255];
    }
    std::uint64_t digit = 0;
    while (k >= counts[digit]) k -= counts[digit++];
    found |= digit << shift;
    known |= std::uint64_t{255} << shift;
  }
  return found;
}

/// Scores become flags: the k least of those that are left are pruned, among equals the last.
inline constexpr void keep_greatest(std::uint64_t* scores, std::size_t n, std::size_t left, std::size_t k) {
  const std::uint64_t lowest = k == left ? ~std::uint64_t{0} : word_of_rank(scores, n, k);
  std::size_t pruned = 0;
  for (std::size_t i = 0; i < n; ++i) pruned += std::size_t{scores[i] != word_of(no_score) && scores[i] < lowest};
  for (std::size_t i = n; i-- > 0;) {
    const bool in_play = scores[i] != word_of(no_score);
    bool keep = in_play && scores[i] >= lowest;
    if (keep && scores[i] == lowest && pruned < k) {
      keep = false;
      ++pruned;
    }
    scores[i] = std::uint64_t{keep};
  }
}

/// Scores of all bricks, as tasks that have bricks of their own.
template <class C, backend B, class Source, mask M>
constexpr void score_bricks(const pruning<B>& p, const Source& x, const C& c, const M& now, const brick_grid& grid,
                            std::uint64_t* scores) {
  const std::size_t axis = grid.cut_axis(), along = grid.count[axis];
  const std::size_t elements = grid.shape.size() / along + 1;
  const std::size_t narrow = axis + 1 == grid.shape.rank ? 256 / grid.box[axis] + 1 : 1;
  const std::size_t of_task = elements * narrow > task_elements ? narrow : task_elements / elements + 1;
  p.with.executor((along + of_task - 1) / of_task, [&](std::size_t task) {
    const float_environment same;
    grid.each_run(task * of_task, least((task + 1) * of_task, along), [&](std::size_t first, std::size_t end) {
      if constexpr (measured_bricks<C>)
        score_run(p.b, x, now, grid, first, end, c.by, scores);
      else
        find_left(now, grid, first, end, scores);
    });
  });
}

template <backend B, class X, brick_criterion C, mask M>
constexpr auto decide(pruning<B>& p, const X& x, const C& c, const M& now) {
  const auto source = source_of(x);
  const extents shape = source.shape();
  const brick_grid grid(shape, c.box(shape));
  const std::size_t n = grid.count.size();
  std::uint64_t* const words = p.take(n);
  if constexpr (given_bricks<C>) {
    for (std::size_t i = 0; i < n; ++i) words[i] = std::uint64_t{!c.prunes(i)};
  } else {
    for (std::size_t i = 0; i < n; ++i) words[i] = word_of(no_score);
    score_bricks(p, source, c, now, grid, words);
    std::size_t left = 0, nan = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (words[i] == word_of(no_score)) continue;
      ++left;
      if constexpr (random_bricks<C>) words[i] = random_bits(c.seed, i);
      if (score_of(words[i]) != score_of(words[i])) {
        ++nan;
        words[i] = 0x7FF0000000000001u;  // one more than infinity: greater than all
      }
    }
    check_nan(p.with, nan, left);
    keep_greatest(words, n, left, c.how_many.of(left));
  }
  return brick_mask{grid, words, shape};
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

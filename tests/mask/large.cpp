// SPDX-License-Identifier: MIT
//
// Tensors of many tasks: the same bits for every backend and number of threads, where the range of keys is guessed from
// a sample, where the guess is wrong, and where nearly all keys are equal.
#include "detent/backend/native.hpp"
#include "detent/backend/scalar.hpp"
#include "detent/format/bf16.hpp"
#include "mask/support.hpp"
#include "support/executors.hpp"

namespace {

using namespace detent;
using test::bits;

constexpr std::size_t rows = 700, cols = 1003;  // 702,100 elements: three tasks, and rows that begin within words

std::vector<float> bell(std::uint32_t seed) { return test::vec(seed, rows * cols, 1); }

/// Rows of very different size, so that a sample says little of them.
std::vector<float> uneven() {
  std::vector<float> x = bell(3);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] *= i / cols == 123 ? 1e6f : 1e-3f;
  return x;
}

std::vector<float> coarse() {
  std::vector<float> x = bell(4);
  for (float& v : x) v = std::round(v * 4) / 4;
  return x;
}

template <class C>
bits by_all(const std::vector<float>& x, const extents& shape, const C& c) {
  const tensor_view<const float, 2> w(x.data(), shape);
  const bits first = test::bits_of(prune(scalar{}, w, c).view());
  const test::thread_executor threads{3};
  const test::shuffled_executor shuffled{5};
  REQUIRE(first == test::bits_of(prune(native{}, w, c).view()));
  REQUIRE(first == test::bits_of(prune(native{}, w, c, {.executor = threads}).view()));
  REQUIRE(first == test::bits_of(prune(scalar{}, w, c, {.executor = shuffled}).view()));
  return first;
}

}  // namespace

TEST_CASE("magnitude over many tasks") {
  const extents shape(rows, cols);
  for (const auto& x : {bell(1), uneven(), coarse(), std::vector<float>(rows * cols, 1.5f)}) {
    for (const double part : {0.0, 0.001, 0.3, 0.5, 0.999, 1.0}) {
      const bits keep = by_all(x, shape, magnitude(part));
      REQUIRE(keep == test::naive_ranked(test::everything(x.size()), test::magnitudes(x), part));
    }
    REQUIRE(by_all(x, shape, each_row(magnitude(0.5))) ==
            test::naive_rows(test::everything(x.size()), test::magnitudes(x), cols, 0.5));
  }
}

TEST_CASE("other criteria over many tasks") {
  const extents shape(rows, cols);
  const std::vector<float> x = coarse();
  const bits all = test::everything(x.size());
  for (const std::size_t axis : {std::size_t{0}, std::size_t{1}}) {
    for (const norm by : {norm::l1, norm::l2, norm::max}) {
      const channels c(axis, 0.4, by);
      REQUIRE(by_all(x, shape, c) == test::naive_bricks(all, x, shape, c.box(shape), by, 0.4));
    }
    REQUIRE(by_all(x, shape, n_of_m(2, 4, axis).padded()) ==
            test::naive_n_of_m(all, test::magnitudes(x), shape, axis, 2, 4));
  }
  const blocks c(16, 8, 0.4);
  REQUIRE(by_all(x, shape, c) == test::naive_bricks(all, x, shape, c.box(shape), norm::l1, 0.4));
  by_all(x, shape, random_elements(0.5, 3).then(magnitude(0.5)).then(n_of_m(2, 4).padded()));
  by_all(x, shape, (magnitude(0.5) | n_of_m(2, 4).padded()) & !random_channels(1, 0.2, 9));
}

TEST_CASE("N:M where slabs are longer than a tile") {
  const std::vector<float> x = test::vec(9, 6 * 5000, 1);
  const extents shape(std::size_t{6}, std::size_t{5000});
  for (const std::size_t m : {2u, 3u, 4u, 6u}) {
    REQUIRE(by_all(x, shape, n_of_m(1, m, 0).padded()) ==
            test::naive_n_of_m(test::everything(x.size()), test::magnitudes(x), shape, 0, 1, m));
  }
}

TEST_CASE("elements of sixteen bits, and strides") {
  const std::vector<float> x = bell(7);
  std::vector<element<bf16>> narrow;
  std::vector<float> widened;
  for (const float v : x) {
    narrow.emplace_back(v);
    widened.push_back(static_cast<float>(narrow.back()));
  }
  const auto expected = test::naive_ranked(test::everything(x.size()), test::magnitudes(widened), 0.5);
  const tensor_view<const element<bf16>, 2> w(narrow.data(), {rows, cols});
  REQUIRE(test::bits_of(prune(native{}, w, magnitude(0.5)).view()) == expected);
  const tensor_view<const element<bf16>, 2> turned(narrow.data(), {cols, rows}, {1, static_cast<std::ptrdiff_t>(cols)});
  const bits across = test::bits_of(prune(native{}, turned, channels(0, 0.5)).view());
  const bits along = test::bits_of(prune(native{}, w, channels(1, 0.5)).view());
  for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(across[i % cols * rows + i / cols] == along[i]);
}

TEST_CASE("several tensors ranked together") {
  const std::size_t sizes[] = {70000, 1, 300000, 0, 64, 9999};
  std::vector<std::vector<float>> data;
  std::vector<tensor_view<const float, 1>> xs;
  std::vector<bit_mask> owners;
  std::vector<mask_view> masks;
  std::vector<double> score;
  for (const std::size_t n : sizes) data.push_back(test::vec(static_cast<std::uint32_t>(n + 1), n, 1));
  for (auto& x : data) {
    for (float& v : x) v = std::round(v * 64) / 64;
    xs.emplace_back(x.data(), extents(x.size()));
    owners.emplace_back(extents(x.size()));
    for (const double s : test::magnitudes(x)) score.push_back(s);
  }
  for (auto& m : owners) masks.push_back(m.view());
  const test::thread_executor threads{3};
  bits live = test::everything(score.size());
  for (const double part : {0.0, 0.3, 0.5, 0.9, 1.0}) {
    live = test::naive_ranked(live, score, part);
    prune_together(native{}, xs, magnitude(part), masks, {.executor = threads});
    bits keep;
    for (const mask_view& m : masks) {
      for (const bool bit : test::bits_of(m)) keep.push_back(bit);
    }
    REQUIRE(keep == live);
  }
  for (auto& m : owners) store_mask(keep_all{m.shape()}, m.view());
  prune_together(scalar{}, xs, random_elements(0.5, 1), masks);
  std::size_t kept = 0;
  for (const mask_view& m : masks) kept += count_kept(m);
  REQUIRE(kept == score.size() - amount(0.5).of(score.size()));
  REQUIRE(test::bits_of(masks[0]) != test::bits_of(masks[2]));
}

// SPDX-License-Identifier: MIT
//
// What is refused, each with its sentence.
#include <limits>

#include "detent/backend/native.hpp"
#include "mask/support.hpp"

namespace {

using namespace detent;
using Catch::Equals;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

template <class C>
std::string refusal(const std::vector<float>& x, const extents& shape, const C& c, const prune_options& with = {}) {
  bit_mask m(shape);
  try {
    if (shape.rank == 1)
      prune(native{}, tensor_view<const float, 1>(x.data(), shape), c, m, with);
    else
      prune(native{}, tensor_view<const float, 2>(x.data(), shape), c, m, with);
  } catch (const error& e) {
    REQUIRE(test::bits_of(m.view()) == test::everything(shape.size()));
    return e.what();
  }
  return "not refused";
}

template <class C>
std::string refusal(const C& c) {
  return refusal(test::vec(1, 24, 1), extents(4, 6), c);
}

}  // namespace

TEST_CASE("amounts") {
  REQUIRE(refusal(magnitude(-1)) == "prune: the amount is a negative count");
  REQUIRE(refusal(magnitude(-0.25)) == "prune: the fraction -0.25 is not within 0 and 1");
  REQUIRE(refusal(magnitude(1.5)) == "prune: the fraction 1.5 is not within 0 and 1");
  REQUIRE(refusal(magnitude(static_cast<double>(not_a_number))) == "prune: the fraction NaN is not within 0 and 1");
  REQUIRE(refusal(magnitude(1e300)) == "prune: the fraction 10^15 or more is not within 0 and 1");
  REQUIRE(refusal(magnitude(25)) == "prune: 25 entries are to be pruned and 24 are left");
  REQUIRE(refusal(magnitude(20).then(magnitude(5))) == "prune: 5 entries are to be pruned and 4 are left");
  REQUIRE(refusal(channels(0, 5)) == "prune: 5 entries are to be pruned and 4 are left");
  REQUIRE(refusal(each_row(magnitude(7))) == "prune: 7 entries are to be pruned and 6 are left");
  REQUIRE(refusal(magnitude(1.0).then(magnitude(0.5))) == "not refused");
  REQUIRE(refusal(magnitude(1.0).then(magnitude(1))) == "prune: 1 entries are to be pruned and 0 are left");
}

TEST_CASE("shapes") {
  REQUIRE(refusal(n_of_m(2, 4)) ==
          "prune: 2:4 along axis 1 of the shape [4, 6], which 4 does not divide; say padded() to allow it");
  REQUIRE(refusal(n_of_m(2, 4).padded()) == "not refused");
  REQUIRE(refusal(n_of_m(2, 4, 2)) == "prune: 2:4 along axis 2, which the shape [4, 6] lacks");
  REQUIRE(refusal(n_of_m(5, 4)) == "prune: 5:4 is no pattern; 1 to M of every M are kept, and M is 64 at most");
  REQUIRE(refusal(n_of_m(0, 4)) == "prune: 0:4 is no pattern; 1 to M of every M are kept, and M is 64 at most");
  REQUIRE(refusal(n_of_m(1, 65)) == "prune: 1:65 is no pattern; 1 to M of every M are kept, and M is 64 at most");
  REQUIRE(refusal(channels(2, 1)) == "prune: channels along axis 2 need two axes at least, and the shape is [4, 6]");
  REQUIRE(refusal(test::vec(1, 6, 1), extents(6), channels(0, 1)) ==
          "prune: channels along axis 0 need two axes at least, and the shape is [6]");
  REQUIRE(refusal(blocks(0, 2, 1)) == "prune: blocks of 0 x 2 have no elements");
  REQUIRE(refusal(test::vec(1, 6, 1), extents(6), blocks(1, 2, 1)) ==
          "prune: blocks need two axes at least, and the shape is [6]");
  REQUIRE(refusal(heads(3, 0.5)) == "prune: 3 heads do not divide axis 0 of the shape [4, 6]");
  REQUIRE(refusal(heads(0, 0.5)) == "prune: 0 heads do not divide axis 0 of the shape [4, 6]");
  REQUIRE(refusal(heads(4, 0.5).grouped(3)) == "prune: groups of 3 heads do not divide 4 heads");
  REQUIRE(refusal(heads(2, 0.5, 2)) == "prune: heads along axis 2, which the shape [4, 6] lacks");
  REQUIRE(refusal({}, extents(0, 6), magnitude(0.5)) == "prune: the shape [0, 6] has no elements");
  const std::vector<std::size_t> four{4};
  REQUIRE_THROWS_WITH(given_heads(4, four), Equals("prune: there is no head 4 among 4"));
}

TEST_CASE("scores that are NaN") {
  std::vector<float> x = test::vec(1, 24, 1);
  x[3] = x[9] = not_a_number;
  const extents shape(4, 6);
  const std::string sentence = "prune: 2 of 24 scores are NaN; say nan_scores::keep to prune them last";
  REQUIRE(refusal(x, shape, magnitude(0.5)) == sentence);
  REQUIRE(refusal(x, shape, magnitude(0)) == sentence);
  REQUIRE(refusal(x, shape, threshold(0.5f)) == sentence);
  REQUIRE(refusal(x, shape, each_row(magnitude(0.5))) == sentence);
  REQUIRE(refusal(x, shape, n_of_m(1, 2)) == sentence);
  REQUIRE(refusal(x, shape, channels(0, 0.5)) ==
          "prune: 2 of 4 scores are NaN; say nan_scores::keep to prune them last");
  REQUIRE(refusal(x, shape, random_elements(0.5, 1)) == "not refused");
  REQUIRE(refusal(x, shape, random_channels(0, 0.5, 1)) == "not refused");
  for (const std::size_t k : {0u, 12u, 22u, 23u}) {
    const bit_mask m =
        prune(native{}, tensor_view<const float, 2>(x.data(), shape), magnitude(k), {.nan = nan_scores::keep});
    REQUIRE(count_kept(m.view()) == 24 - k);
    REQUIRE(m[3]);
    REQUIRE(m[9] == (k < 23));
  }
  std::vector<float> pruned_nan = x;
  bit_mask m(shape);
  m.data()[0] &= ~(std::uint64_t{1} << 3 | std::uint64_t{1} << 9);
  prune(native{}, tensor_view<const float, 2>(pruned_nan.data(), shape), magnitude(0.5), m);
  REQUIRE(count_kept(m.view()) == 11);
}

TEST_CASE("views") {
  const std::vector<float> x = test::vec(1, 24, 1);
  const tensor_view<const float, 2> w(x.data(), {4, 6});
  std::uint64_t words[1] = {};
  const mask_view m(words, {4, 6});
  REQUIRE_THROWS_WITH(prune(native{}, w, magnitude(1), mask_view(words, {6, 4})),
                      Equals("prune: the shapes [4, 6] and [6, 4] differ"));
  REQUIRE_THROWS_WITH(prune(native{}, tensor_view<const float, 2>(nullptr, {4, 6}), magnitude(1), m),
                      Equals("prune: the data of the tensor is a null pointer"));
  REQUIRE_THROWS_WITH(prune(native{}, w, channels(0, 1), m),
                      Equals("prune: the criterion needs 4 more words of workspace, and there are 0"));
  REQUIRE_THROWS_WITH(prune(native{}, w, n_of_m(1, 2) & magnitude(1), m, m),
                      Equals("prune: a composition with n_of_m cannot be written over the mask it starts from"));
  REQUIRE_THROWS_WITH(prune(native{}, w, given(keep_all{{6, 4}}), m),
                      Equals("prune: the shapes [4, 6] and [6, 4] differ"));
  const tensor_view<const float, 1> other(x.data(), extents(24));
  REQUIRE_THROWS_WITH(prune(native{}, w, scores(other, 1), m), Equals("prune: the shapes [4, 6] and [24] differ"));
  REQUIRE_THROWS_WITH(prune(native{}, w, threshold(-1), m), Equals("prune: the threshold -1 is not 0 or more"));
  REQUIRE_THROWS_WITH(mask_view(nullptr, {4, 6}), Equals("a mask of the shape [4, 6] was given a null pointer"));
  REQUIRE(workspace_words(channels(0, 1) & each_row(magnitude(1)), {4, 6}) == 4 + 2 * 4);
}

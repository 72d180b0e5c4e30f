// SPDX-License-Identifier: MIT
//
// Scores of Wanda and SparseGPT, and activations that stream.
#include "detent/backend/native.hpp"
#include "detent/backend/scalar.hpp"
#include "detent/format/fp16.hpp"
#include "mask/support.hpp"

namespace {
using namespace detent;
constexpr std::size_t outputs = 20, inputs = 5000;
}  // namespace

TEST_CASE("norms of columns do not depend on batches") {
  const std::vector<float> x = test::vec(5, 30 * inputs, 1);
  std::vector<double> once(inputs), twice(inputs);
  add_squares(native{}, tensor_view<const float, 2>(x.data(), {30, inputs}), once.data(), inputs);
  add_squares(scalar{}, tensor_view<const float, 2>(x.data(), {7, inputs}), twice.data(), inputs);
  add_squares(scalar{}, tensor_view<const float, 2>(x.data() + 7 * inputs, {23, inputs}), twice.data(), inputs);
  REQUIRE(once == twice);
  std::vector<float> norms(inputs);
  column_norms(once.data(), inputs, norms.data());
  for (std::size_t j = 0; j < inputs; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < 30; ++i) sum += std::pow(static_cast<double>(x[i * inputs + j]), 2);
    REQUIRE(norms[j] == static_cast<float>(std::sqrt(sum)));
  }
  REQUIRE_THROWS_WITH(add_squares(native{}, tensor_view<const float, 2>(x.data(), {30, 10}), once.data(), inputs),
                      Catch::Equals("add_squares: activations of the shape [30, 10] for 5000 inputs"));
}

TEST_CASE("Wanda prunes each row by weight and activation, SparseGPT's score by the inverse Hessian") {
  std::vector<element<fp16>> w;
  for (const float v : test::vec(6, outputs * inputs, 1)) w.emplace_back(v);
  std::vector<float> norms = test::vec(7, inputs, 1);
  for (float& n : norms) n = std::fabs(n) + 0.01f;
  const tensor_view<const element<fp16>, 2> view(w.data(), {outputs, inputs});
  std::vector<double> wanda, obs;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const float value = static_cast<float>(w[i]), by = norms[i % inputs];
    wanda.push_back(static_cast<double>(std::fabs(value) * by));
    obs.push_back(static_cast<double>((value / by) * (value / by)));
  }
  const auto by_wanda = wanda_scores(native{}, view, norms.data());
  const auto by_obs = obs_scores(scalar{}, view, norms.data());
  static_assert(element_source<decltype(by_wanda)>);
  const auto all = test::everything(w.size());
  REQUIRE(test::bits_of(prune(native{}, view, each_row(scores(by_wanda, 0.5))).view()) ==
          test::naive_rows(all, wanda, inputs, 0.5));
  REQUIRE(test::bits_of(prune(native{}, view, scores(by_obs, 0.5)).view()) == test::naive_ranked(all, obs, 0.5));
}

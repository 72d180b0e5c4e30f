// SPDX-License-Identifier: MIT
//
// Masks that torch.nn.utils.prune makes of sequences of steps.
#include <nlohmann/json.hpp>

#include "detent/backend/native.hpp"
#include "detent/backend/scalar.hpp"
#include "mask/support.hpp"

namespace {

using nlohmann::json;
using view = detent::tensor_view<const float, 2>;

detent::amount amount_of(const json& number) {
  if (number.is_number_integer()) return detent::amount(number.get<int>());
  return detent::amount(number.get<double>());
}

detent::norm norm_of(int n) { return n == 1 ? detent::norm::l1 : detent::norm::l2; }

template <class B>
test::bits by_steps(const B& b, const view& w, const json& steps) {
  detent::bit_mask m(w.shape());
  for (const json& step : steps) {
    const detent::amount pruned = amount_of(step[1]["amount"]);
    if (step[0] == "l1_unstructured") {
      detent::prune(b, w, detent::magnitude(pruned), m);
    } else {
      REQUIRE(step[0] == "ln_structured");
      detent::prune(b, w, detent::channels(step[1]["dim"].get<std::size_t>(), pruned, norm_of(step[1]["n"])), m);
    }
  }
  return test::bits_of(m.view());
}

}  // namespace

TEST_CASE("golden masks of torch") {
  const json golden = json::parse(test::read_file("prune_golden.json"));
  const std::vector<float> x = test::vec(13, 24, 1);
  const view w(x.data(), {4, 6});
  REQUIRE(golden["cases"].size() == 7);
  for (const json& c : golden["cases"]) {
    INFO(c["name"]);
    test::bits expected;
    for (const json& bit : c["mask"]) expected.push_back(bit.get<int>() == 1);
    REQUIRE(test::text(by_steps(detent::scalar{}, w, c["steps"])) == test::text(expected));
    REQUIRE(test::text(by_steps(detent::native{}, w, c["steps"])) == test::text(expected));
  }
}

TEST_CASE("golden masks, composed in one criterion") {
  const std::vector<float> x = test::vec(13, 24, 1);
  const view w(x.data(), {4, 6});
  const auto mask_of = [&](const auto& c) { return test::text(test::bits_of(prune(detent::native{}, w, c).view())); };
  using namespace detent;
  REQUIRE(mask_of(magnitude(0.5).then(magnitude(0.5))) == "000000000100100010110100");
  REQUIRE(mask_of(magnitude(5).then(magnitude(3))) == "100011000111111110110111");
  REQUIRE(mask_of(channels(0, 1).then(magnitude(0.25))) == "000000000111111111110111");
  REQUIRE(mask_of(magnitude(0.5).then(channels(0, 0.25, norm::l1))) == "000000000101111110110100");
}

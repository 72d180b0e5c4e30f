// SPDX-License-Identifier: MIT
//
// A name becomes a type; errors are one sentence; executors run every task once.
#include "detent/core/type_list.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "detent/format/fp16.hpp"
#include "detent/format/int8.hpp"
#include "detent/format/nf4.hpp"
#include "support/executors.hpp"

using Catch::Matchers::Equals;

namespace {

template <class F>
std::string refusal(const F& f) {
  try {
    f();
  } catch (const detent::error& e) {
    return e.what();
  }
  return "nothing was refused";
}

}  // namespace

TEST_CASE("a name visits its precision, and only that", "[core]") {
  using list = detent::type_list<detent::fp16, detent::int8, detent::nf4>;
  std::string seen;
  const auto visit = [&]<class P>() { seen += std::string(P::name) + ";"; };
  detent::visit_precision(list{}, "int8", visit);
  detent::visit_precision(list{}, std::string("nf4"), visit);
  detent::visit_precision<detent::fp16>(std::string_view("fp16 and more").substr(0, 4), visit);
  REQUIRE(seen == "int8;nf4;fp16;");
  REQUIRE(!detent::try_visit_precision<detent::fp16, detent::int8>("nf4", visit));
  REQUIRE(!detent::try_visit_precision<detent::fp16, detent::int8>("int", visit));
  REQUIRE(!detent::try_visit_precision<detent::fp16, detent::int8>("int88", visit));
  REQUIRE(!detent::try_visit_precision<detent::fp16, detent::int8>("", visit));
  REQUIRE(seen == "int8;nf4;fp16;");
}

TEST_CASE("an unknown name is refused with the known ones", "[core]") {
  using list = detent::type_list<detent::fp16, detent::int8, detent::nf4>;
  REQUIRE_THAT(refusal([] { detent::visit_precision(list{}, "fp32", []<class P>() {}); }),
               Equals("there is no precision \"fp32\"; choose one of fp16, int8, nf4"));
}

TEST_CASE("a list calls for every type, in order", "[core]") {
  std::string seen;
  detent::type_list<detent::fp16, detent::nf4>::for_each([&]<class P>() { seen += P::name; });
  REQUIRE(seen == "fp16nf4");
}

TEST_CASE("an error is a sentence of texts and numbers", "[core]") {
  REQUIRE_THAT(refusal([] {
                 detent::fail("a ", std::string("b "), -5, " ", std::size_t{0}, " ", INT64_MIN, " ", UINT64_MAX,
                              detent::extents(2, 3));
               }),
               Equals("a b -5 0 -9223372036854775808 18446744073709551615[2, 3]"));
  const std::string long_text(5000, 'x');
  REQUIRE(refusal([&] { detent::fail("", long_text); }) == std::string(1023, 'x'));
  const std::exception* base = nullptr;
  detent::error e;
  base = &e;
  REQUIRE(std::string(base->what()).empty());
}

TEST_CASE("executors run every task once", "[core]") {
  const auto count = [](const detent::executor_ref& run, std::size_t tasks) {
    std::vector<std::atomic<int>> ran(tasks + 1);
    run(tasks, [&](std::size_t i) { ++ran[i]; });
    for (std::size_t i = 0; i < tasks; ++i) REQUIRE(ran[i] == 1);
    REQUIRE(ran[tasks] == 0);
  };
  const test::shuffled_executor shuffled;
  const test::thread_executor threads;
  for (const std::size_t tasks : {0u, 1u, 2u, 100u}) {
    count({}, tasks);
    count(shuffled, tasks);
    count(threads, tasks);
  }
}

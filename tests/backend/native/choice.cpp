// SPDX-License-Identifier: MIT
//
// Which set native chooses. The environment variable DETENT_TEST_BEST_SET names the one that must be the best here: an
// emulator's models of processors are known (tests/backend/CMakeLists.txt).
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <string>
#include <type_traits>

#include "detent/backend/native.hpp"

namespace {

using detent::native;
using detent::detail::instruction_set_names;

int number_of(const char* name) { return detent::detail::instruction_set_number(name); }

}  // namespace

TEST_CASE("native chooses the best set of this processor") {
  native::limit("");
  std::string known;
  for (const char* name : instruction_set_names) known += std::string(" ") + name;
  INFO("of" << known << " it chose " << native::chosen());
  REQUIRE(number_of(native::chosen()) >= 0);
  if (const char* best = std::getenv("DETENT_TEST_BEST_SET")) CHECK(std::string(native::chosen()) == best);
#if defined(__x86_64__)
  CHECK(number_of(native::chosen()) >= number_of("sse2"));
#elif defined(__AARCH64EL__)
  CHECK(number_of(native::chosen()) >= number_of("neon"));
#endif
}

TEST_CASE("the choice begins as DETENT_ISA_LIMIT says", "[.][environment]") {
  const char* limited = std::getenv("DETENT_ISA_LIMIT");
  REQUIRE(limited != nullptr);
  const std::string first = native::chosen();
  const int most = number_of(limited);
  native::limit("");
  const int best = number_of(native::chosen());
  INFO("limited to " << limited << " it began with " << first);
  CHECK(number_of(first.c_str()) == (most < 0 || best < most ? best : most));
}

TEST_CASE("native is limited downwards only") {
  native::limit("");
  const int best = number_of(native::chosen());
  for (const char* name : instruction_set_names) {
    INFO("limited to " << name);
    CHECK(native::limit(name));
    CHECK(number_of(native::chosen()) <= number_of(name));
    CHECK(number_of(native::chosen()) <= best);
    if (number_of(name) >= best) CHECK(number_of(native::chosen()) == best);
  }
  CHECK(native::limit("scalar"));
  CHECK_FALSE(native::limit("no such set"));
  CHECK(std::strcmp(native::chosen(), "scalar") == 0);
  CHECK(native::limit(""));
  CHECK(number_of(native::chosen()) == best);
}

TEST_CASE("a table of sets finds the best that runs, also past one that does not") {
  struct absent : detent::detail::scalar_set {
    static bool runs() { return false; }
  };
  struct present : detent::detail::scalar_set {};
  using table = detent::detail::instruction_set_table<present, absent, present, absent>;
  CHECK(table::best(3) == 2);
  CHECK(table::best(2) == 2);
  CHECK(table::best(1) == 0);
  struct other : detent::detail::scalar_set {
    struct backend {};
  };
  using two = detent::detail::instruction_set_table<present, other>;
  const auto is_scalar = [](auto b) { return std::is_same_v<decltype(b), detent::scalar>; };
  CHECK(two::with(0, is_scalar));
  CHECK_FALSE(two::with(1, is_scalar));
}

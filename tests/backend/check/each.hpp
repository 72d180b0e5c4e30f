// SPDX-License-Identifier: MIT
//
// Walks all backends of the program; those that choose at run time once for each instruction set that they can choose.
#ifndef DETENT_TESTS_BACKEND_CHECK_EACH_HPP
#define DETENT_TESTS_BACKEND_CHECK_EACH_HPP

#include <catch2/catch.hpp>
#include <iostream>

#include "backend/check/kernels.hpp"

namespace checks {

inline const char* key_of(const kernel& k) { return k.format; }
inline const std::string& key_of(const packing& p) { return p.name; }
inline const char* key_of(const reduction& r) { return r.name; }
inline const std::string& key_of(const operation& o) { return o.format; }

/// Says once that nothing could be compared, at the start of a line: scripts/test lists it.
inline void say_skipped() {
  static bool said = false;
  if (!said) std::cout << "skipped: no backend of this program has kernels for this processor" << std::endl;
  said = true;
}

/// Calls f(scalar's, backend's) for everything of one sort that a backend has.
template <class T, class F>
void for_each_pair(std::vector<T> backend_under_test::* sort, const F& f) {
  const backend_under_test scalar = backend_named("scalar");
  std::size_t compared = 0;
  bool has_some = false;
  for (const backend_under_test& b : backends()) {
    if (b.name == "scalar") continue;
    has_some = has_some || !(b.*sort).empty();
    const std::vector<std::string> only{""};
    for (const std::string& set : b.select == nullptr ? only : b.instruction_sets) {
      if (b.select != nullptr && (set == "scalar" || !b.select(set.c_str()))) continue;
      for (const T& theirs : b.*sort) {
        const T* ours = nullptr;
        for (const T& candidate : scalar.*sort) {
          if (std::string(key_of(candidate)) == key_of(theirs)) ours = &candidate;
        }
        INFO(b.name << (set.empty() ? "" : " limited to ") << set << ", " << key_of(theirs));
        REQUIRE(ours != nullptr);
        f(*ours, theirs);
        ++compared;
      }
    }
    if (b.select != nullptr) b.select("");
  }
  if (compared == 0 && has_some) say_skipped();
  SUCCEED();
}

}  // namespace checks

#endif

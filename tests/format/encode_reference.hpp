// SPDX-License-Identifier: MIT
#ifndef DETENT_TESTS_FORMAT_ENCODE_REFERENCE_HPP
#define DETENT_TESTS_FORMAT_ENCODE_REFERENCE_HPP

#include <catch2/catch.hpp>

#include "support/reference_codec.hpp"

/// The codec against the reference on all trials; the first few that differ are named.
template <class Codec, class Reference>
void check_encoder(const char* name, const Reference& reference, const std::vector<float>& trials) {
  std::size_t wrong = 0;
  for (const float x : trials) {
    const std::uint32_t expected = reference.encode(x);
    const std::uint32_t actual = Codec::encode(x);
    if (expected == actual) continue;
    if (++wrong <= 3) {
      UNSCOPED_INFO(name << ": " << x << " (" << std::hex << test::as_bits(x) << ") expected " << expected << " actual "
                         << actual);
    }
  }
  INFO(name << ": " << trials.size() << " trials");
  CHECK(wrong == 0);
}

template <class Codec, class Reference>
void check_encoder(const char* name, const Reference& reference) {
  check_encoder<Codec>(name, reference, test::trials(reference.grid(), 100000));
}

#endif

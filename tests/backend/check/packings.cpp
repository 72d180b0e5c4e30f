// SPDX-License-Identifier: MIT
//
// Every backend's packings against the scalar ones: the same bytes, and no others touched.
#include <catch2/catch.hpp>

#include "backend/check/each.hpp"
#include "backend/check/inputs.hpp"

namespace checks {
namespace {

void same_bytes(const packing& scalar, const packing& p, const std::vector<std::uint8_t>& codes, std::size_t first,
                std::size_t n, std::size_t offset) {
  const std::size_t size = p.bytes(first + n);
  const exact_array<std::uint8_t> exact(codes.data(), n * p.code_size, 0);
  guarded_bytes a(size, offset);
  guarded_bytes b = a;
  scalar.pack(exact.data(), n, a.data(), first);
  p.pack(exact.data(), n, b.data(), first);
  INFO("first " << first << ", n = " << n << ", byte offset " << offset);
  if (!(a == b)) FAIL("other bytes");

  const exact_array<std::uint8_t> bytes(a.data(), size, 0);
  guarded_bytes c(n * p.code_size, 0);
  p.unpack(bytes.data(), first, n, c.data());
  if (n != 0 && std::memcmp(c.data(), codes.data(), n * p.code_size) != 0) FAIL("other codes");
  guarded_bytes d(n * p.code_size, 0);
  scalar.unpack(bytes.data(), first, n, d.data());
  if (!(c == d)) FAIL("codes beyond the last");
}

}  // namespace

TEST_CASE("packings write and read the bytes that the scalar ones do") {
  generator random;
  for_each_pair(&backend_under_test::packings, [&](const packing& scalar, const packing& p) {
    std::vector<std::uint8_t> codes;
    for (int i = 0; i < 1025; ++i) {
      const std::uint32_t code = random() & (p.bits == 32 ? ~0u : (1u << p.bits) - 1);
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(&code);
      codes.insert(codes.end(), bytes, bytes + p.code_size);
    }
    std::size_t offset = 0;
    for (std::size_t first :
         std::initializer_list<std::size_t>{0, 1, 2, 3, 5, 7, 8, 15, 16, 31, 32, 40, 63, 64, 100, 256}) {
      for (std::size_t n = 0; n <= 1025 && first + n <= p.most; n += n < 200 ? 1 : 55) {
        same_bytes(scalar, p, codes, first, n, offset);
        offset = (offset + 1) % 64;
      }
    }
  });
}

}  // namespace checks

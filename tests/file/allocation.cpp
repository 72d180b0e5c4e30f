// SPDX-License-Identifier: MIT
//
// A hostile file makes no allocation that is larger than itself. Counts with the program's own operator new, so not
// where a sanitizer has its own.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DETENT_TEST_HAS_OWN_NEW 0
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(DETENT_TEST_HAS_OWN_NEW)
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

#include "detent/file/safetensors_header.hpp"
#include "support.hpp"

namespace {

thread_local std::size_t largest = 0;

}  // namespace

// Not inlined: the compiler would see malloc meet delete.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  largest = std::max(largest, size);
  return std::malloc(size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

/// The largest single allocation that reading makes, in bytes of file.
double largest_part(const test::bytes& file) {
  largest = 0;
  test::refusal([&] { detent::parse_safetensors_header(file.data(), file.size(), "f.safetensors"); });
  return static_cast<double>(largest) / static_cast<double>(file.size());
}

std::string repeated(const std::string& text, std::size_t size) {
  std::string all;
  while (all.size() < size) all += text;
  return all;
}

}  // namespace

TEST_CASE("no allocation is larger than the file", "[file][safetensors][hostile]") {
  const std::size_t size = 4 << 20;
  const std::string tensor = R"({"t":{"dtype":"U8","data_offsets":[0,0],"shape":[)";
  const auto part = [](const std::string& header) { return largest_part(test::safetensors(header)); };
  CHECK(part("{\"" + std::string(size, 'x')) < 1);
  CHECK(part("{\"" + std::string(size, 'x') + "\":1}") < 1);
  CHECK(part("{\"" + std::string(size / 3, 'x') + "\":" + std::string(size / 3, '\xFF')) < 1);
  CHECK(part("{\"__metadata__\":{\"" + std::string(size, 'x') + "\":\"\"}}") < 1);
  CHECK(part("{" + std::string(size, '\t') + "x") < 1);
  CHECK(part("{" + repeated("\t{", size)) < 1);
  CHECK(part("{" + repeated("\"\":", size)) < 1);
  CHECK(part(tensor + repeated("1,", size)) < 1);
  CHECK(part(tensor + repeated("[", size)) < 1);
  CHECK(part(tensor + std::string(size, '1')) < 1);
  CHECK(part("{" + repeated(R"("":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)", size) +
             R"("":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})") < 1);
  CHECK(part("{\"__metadata__\":{" + repeated(R"("k":"",)", size)) < 1);
  CHECK(part(std::string("{}") + std::string(size, ' ')) < 1);
  test::bytes lie = test::safetensors("{}");
  lie[3] = 5;  // 83 MB
  CHECK(largest_part(lie) < 100);
}

#endif

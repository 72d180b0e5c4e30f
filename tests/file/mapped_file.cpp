// SPDX-License-Identifier: MIT
#include "detent/file/mapped_file.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <utility>

#include "support.hpp"

using Catch::Matchers::Contains;
using detent::mapped_file;

TEST_CASE("mapped_file gives a file's bytes", "[file][mapped_file]") {
  const test::folder folder;
  const std::string path = folder / "a file";
  test::bytes content(100'000);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::uint8_t>(i * 31);
  test::write_file(path, content);

  mapped_file file(path);
  REQUIRE(file.size() == content.size());
  CHECK(file.path() == path);
  CHECK(std::equal(content.begin(), content.end(), file.data()));

  SECTION("and again after a release") {
    file.advise_sequential();
    file.release(5000, 70'000);
    file.release(99'999, SIZE_MAX);
    file.release(SIZE_MAX, 1);
    CHECK(std::equal(content.begin(), content.end(), file.data()));
  }
  SECTION("and moves") {
    const std::uint8_t* const data = file.data();
    mapped_file moved(std::move(file));
    CHECK(moved.data() == data);
    mapped_file assigned;
    assigned = std::move(moved);
    CHECK(assigned.data() == data);
    CHECK(assigned.path() == path);
  }
}

TEST_CASE("mapped_file takes an empty file", "[file][mapped_file]") {
  const test::folder folder;
  test::write_text(folder / "empty", "");
  const mapped_file file(folder / "empty");
  CHECK(file.size() == 0);
  CHECK(file.data() == nullptr);
  file.advise_sequential();
  file.release(0, 1);
}

TEST_CASE("mapped_file refuses what is no file", "[file][mapped_file]") {
  const test::folder folder;
  const auto sentence = [](const std::string& path) { return test::refusal([&] { mapped_file{path}; }); };
  CHECK_THAT(sentence(folder / "missing"), Contains("missing") && Contains("No such file"));
  CHECK_THAT(sentence(folder / "."), Contains("is a directory"));
  CHECK_THAT(sentence("/dev/null"), Contains("/dev/null: is not a regular file"));
  CHECK_THAT(sentence(""), Contains("No such file"));
  CHECK_THAT(sentence(std::string("a\0b", 3)), Contains("zero byte"));
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THAT(sentence(folder / "pipe"), Contains("is not a regular file"));
}

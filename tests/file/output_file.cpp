// SPDX-License-Identifier: MIT
#include "detent/file/output_file.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <utility>

#include "support.hpp"

using Catch::Matchers::Contains;
using detent::output_file;

namespace {

const test::bytes old_content{'o', 'l', 'd'};

}  // namespace

TEST_CASE("output_file appears whole by commit", "[file][output_file]") {
  const test::folder folder;
  const std::string path = folder / "out";
  const bool existed = GENERATE(false, true);
  if (existed) {
    test::write_file(path, old_content);
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
  }
  output_file out(path, 10'000);
  REQUIRE(out.size() == 10'000);
  CHECK(std::filesystem::exists(path) == existed);
  CHECK_THAT(out.temporary_path(), Contains(path + ".tmp"));
  CHECK(std::filesystem::file_size(out.temporary_path()) == 10'000);
  CHECK(std::count(out.data(), out.data() + out.size(), 0) == 10'000);
  std::memset(out.data(), 7, out.size());
  out.release(0, 5000);
  CHECK(out.data()[0] == 7);
  output_file moved(std::move(out));
  CHECK(out.data() == nullptr);
  moved.commit();
  CHECK(test::bytes_of(path) == test::bytes(10'000, 7));
  CHECK(moved.temporary_path().empty());
  CHECK(folder.entries() == 1);
  if (existed) CHECK((std::filesystem::status(path).permissions() == std::filesystem::perms{0640}));
  CHECK_THAT(test::refusal([&] { moved.commit(); }), Contains("not open for writing"));
}

TEST_CASE("output_file of no bytes", "[file][output_file]") {
  const test::folder folder;
  output_file out(folder / "empty", 0);
  CHECK(out.data() == nullptr);
  out.commit();
  CHECK(std::filesystem::file_size(folder / "empty") == 0);
}

TEST_CASE("output_file without commit leaves the old file and nothing else", "[file][output_file]") {
  const test::folder folder;
  const std::string path = folder / "out";
  test::write_file(path, old_content);
  {
    output_file out(path, 100);
    out.data()[0] = 1;
    output_file other(path, 100);  // two writers at once do not meet
    CHECK(out.temporary_path() != other.temporary_path());
    CHECK(folder.entries() == 3);
    other = output_file();
    CHECK(folder.entries() == 2);
  }
  CHECK(test::bytes_of(path) == old_content);
  CHECK(folder.entries() == 1);
}

TEST_CASE("output_file follows a link", "[file][output_file]") {
  const test::folder folder;
  test::write_file(folder / "real", old_content);
  std::filesystem::create_symlink("real", folder / "link");
  std::filesystem::create_symlink("nowhere", folder / "dangling");
  output_file out(folder / "link", 1);
  out.commit();
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(test::bytes_of(folder / "real") == test::bytes{0});
  CHECK_THAT(test::refusal([&] { output_file(folder / "dangling", 1); }), Contains("link cannot be followed"));
}

TEST_CASE("output_file takes a bare name and a long name", "[file][output_file]") {
  const test::folder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder / ".");
  output_file out("bare", 1);
  CHECK_THAT(out.temporary_path(), Catch::Matchers::StartsWith("./bare.tmp"));
  out.commit();
  std::filesystem::current_path(before);
  CHECK(std::filesystem::exists(folder / "bare"));
  const std::string name(255, 'n');
  output_file(folder / name, 1).commit();
  CHECK(std::filesystem::exists(folder / name));
}

TEST_CASE("output_file refuses a target that is no file", "[file][output_file]") {
  const test::folder folder;
  const auto sentence = [](const std::string& path) { return test::refusal([&] { output_file(path, 1); }); };
  std::filesystem::create_directory(folder / "directory");
  CHECK_THAT(sentence(folder / "directory"), Contains("is a directory"));
  CHECK_THAT(sentence(folder / "directory/"), Contains("no name for an output file"));
  CHECK_THAT(sentence(""), Contains("no name for an output file"));
  CHECK_THAT(sentence("/dev/null"), Contains("not a regular file"));
  CHECK_THAT(sentence(folder / "no/such/folder/x"), Contains("No such file or directory"));
  CHECK_THAT(test::refusal([&] { output_file(folder / "x", UINT64_MAX); }), Contains("18446744073709551615 bytes"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("output_file: no room is a sentence and leaves nothing", "[file][output_file]") {
  const test::folder folder;
  test::write_file(folder / "out", old_content);
  struct rlimit old = {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small = {65536, old.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string sentence = test::refusal([&] { output_file(folder / "out", 1 << 20); });
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  CHECK_THAT(sentence, Contains("no room for the whole file") && Contains("1048576 bytes"));
  CHECK(test::bytes_of(folder / "out") == old_content);
  CHECK(folder.entries() == 1);
}

// SPDX-License-Identifier: MIT
//
// Folders, bytes and refusals for the tests of this room.
#ifndef DETENT_TESTS_FILE_SUPPORT_HPP
#define DETENT_TESTS_FILE_SUPPORT_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "support/refusal.hpp"

namespace test {

/// A fresh folder, removed with everything in it.
class folder {
 public:
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "detent-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

using bytes = std::vector<std::uint8_t>;

inline bytes bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return bytes(std::istreambuf_iterator<char>(in), {});
}

inline void write_file(const std::string& path, const bytes& content) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
}

inline void write_text(const std::string& path, std::string_view text) {
  write_file(path, bytes(text.begin(), text.end()));
}

/// A safetensors file: the header's length, the header, and `data_bytes` zeros.
inline bytes safetensors(std::string_view header, std::size_t data_bytes = 0) {
  bytes file;
  for (int i = 0; i < 8; ++i) file.push_back(static_cast<std::uint8_t>(std::uint64_t{header.size()} >> (8 * i)));
  file.insert(file.end(), header.begin(), header.end());
  file.resize(file.size() + data_bytes);
  return file;
}

}  // namespace test

#endif

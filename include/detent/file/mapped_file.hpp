// SPDX-License-Identifier: MIT
//
// A file as bytes in memory, for reading (POSIX). The pages are the file's own: nothing is copied and no anonymous
// memory is used. A file that someone else cuts shorter while it is mapped kills its reader (SIGBUS), as with every
// map.
#ifndef DETENT_FILE_MAPPED_FILE_HPP
#define DETENT_FILE_MAPPED_FILE_HPP

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "detent/core/error.hpp"
#include "detent/file/text.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Tells the system that the bytes [offset, offset + length) of a file's map are not needed now: they leave this
/// process's memory and come back from the file when touched. What was written to a shared map stays in the file.
inline void release_pages(const std::uint8_t* map, std::size_t size, std::size_t offset, std::size_t length) noexcept {
  if (offset >= size || length == 0) return;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t first = offset / page * page;
  const std::size_t last = offset + std::min(length, size - offset);
  ::madvise(const_cast<std::uint8_t*>(map) + first, last - first, MADV_DONTNEED);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// A read-only map of a whole regular file. Refuses what cannot be opened and what is no regular file.
class mapped_file {
 public:
  mapped_file() noexcept = default;
  explicit mapped_file(std::string path);
  mapped_file(mapped_file&& other) noexcept { swap(other); }
  mapped_file& operator=(mapped_file&& other) noexcept {
    mapped_file(std::move(other)).swap(*this);
    return *this;
  }
  ~mapped_file() {
    if (data_ != nullptr) ::munmap(const_cast<std::uint8_t*>(data_), size_);
  }

  /// Null when the file is empty.
  [[nodiscard]] const std::uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// The file will be read from front to back.
  void advise_sequential() const noexcept {
    if (data_ != nullptr) ::madvise(const_cast<std::uint8_t*>(data_), size_, MADV_SEQUENTIAL);
  }

  /// The bytes [offset, offset + length) are not needed now; they stay readable. Keeps the resident size of one pass
  /// over a big file small.
  void release(std::size_t offset, std::size_t length) const noexcept {
    detail::release_pages(data_, size_, offset, length);
  }

 private:
  void swap(mapped_file& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    path_.swap(other.path_);
  }

  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::string path_;
};

inline mapped_file::mapped_file(std::string path) : path_(std::move(path)) {
  const std::string name = detail::shortened(path_);
  if (path_.find('\0') != std::string::npos) fail(name, ": the name of the file holds a zero byte");
  // O_NONBLOCK: opening a pipe must be refused, not waited for.
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail(name, ": cannot be opened: ", detail::system_reason(errno));
  const auto refuse = [&](const char* what, const std::string& why) {
    ::close(descriptor);
    fail(name, what, why);
  };
  struct stat facts = {};
  if (::fstat(descriptor, &facts) != 0) refuse(": cannot be examined: ", detail::system_reason(errno));
  if (S_ISDIR(facts.st_mode)) refuse(": is a directory, not a file", "");
  if (!S_ISREG(facts.st_mode)) refuse(": is not a regular file", "");
  if (static_cast<std::uint64_t>(facts.st_size) > SIZE_MAX) refuse(": is larger than the address space", "");
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size != 0) {
    void* map = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (map == MAP_FAILED) refuse(": cannot be mapped: ", detail::system_reason(errno));
    data_ = static_cast<const std::uint8_t*>(map);
    size_ = size;
  }
  ::close(descriptor);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

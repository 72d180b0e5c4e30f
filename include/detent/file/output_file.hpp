// SPDX-License-Identifier: MIT
//
// A file that appears whole or not at all (POSIX): its bytes are written in place into a shared map of a temporary file
// beside the target; `commit` brings them to the disk, renames the temporary over the target and syncs the directory.
// Whatever ends earlier leaves the old target as it was. The space is reserved first: a full disk is a sentence, not a
// SIGBUS. A signal cannot run destructors; a program that wants to clean up unlinks `temporary_path()` in its handler.
#ifndef DETENT_FILE_OUTPUT_FILE_HPP
#define DETENT_FILE_OUTPUT_FILE_HPP

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

#include "detent/core/error.hpp"
#include "detent/file/mapped_file.hpp"
#include "detent/file/text.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// `size` writable bytes, all zero at first, that become the file at `path` by `commit`. A symbolic link is followed;
/// the mode of an old file is kept. Refuses a target that is no regular file, and whatever the system refuses.
class output_file {
 public:
  output_file() noexcept = default;
  output_file(std::string path, std::uint64_t size);
  output_file(output_file&& other) noexcept { swap(other); }
  output_file& operator=(output_file&& other) noexcept {
    output_file(std::move(other)).swap(*this);
    return *this;
  }
  ~output_file() { discard(); }

  /// Null when the size is zero, and after `commit`.
  [[nodiscard]] std::uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// The target, after links.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// What to unlink when a signal ends the program; empty when there is nothing.
  [[nodiscard]] const std::string& temporary_path() const noexcept { return temporary_; }

  /// The bytes [offset, offset + length) are written for now: they leave this process's memory, not the file.
  void release(std::size_t offset, std::size_t length) const noexcept {
    detail::release_pages(data_, size_, offset, length);
  }

  /// After it the file is on the disk under its own name. A refusal leaves the old target, except when only the sync
  /// of the directory failed, which the sentence says.
  void commit();

  /// Gives up: the temporary file is removed. Also done by the destructor.
  void discard() noexcept;

 private:
  void swap(output_file& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(descriptor_, other.descriptor_);
    path_.swap(other.path_);
    temporary_.swap(other.temporary_);
  }
  void resolve_target();
  void create_temporary();
  void reserve_space();
  [[noreturn]] void refuse(const char* what, int number);
  [[nodiscard]] std::string directory() const {
    const std::size_t slash = path_.rfind('/');
    return slash == std::string::npos ? "./" : path_.substr(0, slash + 1);
  }

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  int descriptor_ = -1;
  std::string path_;
  std::string temporary_;
};

// Delegates, so that the destructor runs when the rest refuses.
inline output_file::output_file(std::string path, std::uint64_t size) : output_file() {
  path_ = std::move(path);
  if (path_.empty() || path_.find('\0') != std::string::npos || path_.back() == '/') {
    fail(detail::quote(path_), " is no name for an output file");
  }
  if (size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()) || size > SIZE_MAX / 2) {
    fail(detail::shortened(path_), ": cannot hold ", size, " bytes on this system");
  }
  size_ = static_cast<std::size_t>(size);
  resolve_target();
  create_temporary();
  if (size_ == 0) return;
  reserve_space();
  void* map = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (map == MAP_FAILED) refuse("the temporary file cannot be mapped", errno);
  data_ = static_cast<std::uint8_t*>(map);
}

inline void output_file::resolve_target() {
  struct stat facts = {};
  if (::lstat(path_.c_str(), &facts) != 0) return;  // nothing there: what else is wrong, the temporary file will tell
  if (S_ISLNK(facts.st_mode)) {
    char* resolved = ::realpath(path_.c_str(), nullptr);
    if (resolved == nullptr) refuse("the link cannot be followed", errno);
    path_ = resolved;
    std::free(resolved);
    if (::stat(path_.c_str(), &facts) != 0) refuse("cannot be examined", errno);
  }
  if (S_ISDIR(facts.st_mode)) fail(detail::shortened(path_), ": is a directory, not a file");
  if (!S_ISREG(facts.st_mode)) fail(detail::shortened(path_), ": is not a regular file");
}

inline void output_file::create_temporary() {
  // 200 of the usual 255 bytes of a name, so that the suffix has room.
  const std::string stem =
      directory() + path_.substr(path_.rfind('/') + 1).substr(0, 200) + ".tmp" + std::to_string(::getpid());
  for (unsigned attempt = 0;; ++attempt) {
    std::string name = stem + "." + std::to_string(attempt);
    descriptor_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ >= 0) {
      temporary_ = std::move(name);
      break;
    }
    if (errno != EEXIST || attempt == 9999) refuse("a temporary file cannot be created beside it", errno);
  }
  struct stat old = {};
  if (::stat(path_.c_str(), &old) == 0 && ::fchmod(descriptor_, old.st_mode & 0777u) != 0) {
    refuse("the temporary file cannot be given the mode of the old file", errno);
  }
}

inline void output_file::reserve_space() {
  int number = 0;
  do number = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(size_));
  while (number == EINTR);
  if (number == 0) return;
  if (number != EOPNOTSUPP && number != ENOTSUP && number != EINVAL) refuse("no room for the whole file", number);
  const std::string zeros(std::min<std::size_t>(size_, 65536), '\0');
  for (std::size_t at = 0; at < size_;) {
    const std::size_t part = std::min(zeros.size(), size_ - at);
    const ssize_t done = ::pwrite(descriptor_, zeros.data(), part, static_cast<off_t>(at));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) refuse("no room for the whole file", done < 0 ? errno : ENOSPC);
    at += static_cast<std::size_t>(done);
  }
}

inline void output_file::commit() {
  if (descriptor_ < 0) fail(detail::quote(path_), " is not open for writing: it was committed or discarded before");
  if (data_ != nullptr && ::msync(data_, size_, MS_SYNC) != 0) refuse("the bytes cannot be written", errno);
  if (::fsync(descriptor_) != 0) refuse("the bytes cannot be written", errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) refuse("the temporary file cannot be renamed", errno);
  temporary_.clear();
  discard();
  const int folder = ::open(directory().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // EINVAL: a file system whose directories cannot be synced.
  const bool synced = folder >= 0 && (::fsync(folder) == 0 || errno == EINVAL);
  const int number = errno;
  if (folder >= 0) ::close(folder);
  if (!synced) refuse("was written, but its directory cannot be synced", number);
}

inline void output_file::discard() noexcept {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
  if (data_ != nullptr) ::munmap(data_, size_);
  data_ = nullptr;
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

inline void output_file::refuse(const char* what, int number) {
  discard();
  fail(detail::shortened(path_), ": ", what, ": ", detail::system_reason(number), " (", size_, " bytes)");
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

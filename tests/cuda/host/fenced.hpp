// SPDX-License-Identifier: MIT
//
// Memory between pages that nobody may touch: it ends, or begins, where such a page begins or ends.
#ifndef DETENT_TESTS_CUDA_HOST_FENCED_HPP
#define DETENT_TESTS_CUDA_HOST_FENCED_HPP

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace test {

class fenced {
 public:
  fenced(std::size_t size, bool at_end, std::uint8_t fill = 0xA5) : size_(size) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t inner = (size + page) / page * page;
    mapped_ = inner + 2 * page;
    map_ =
        static_cast<std::uint8_t*>(mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (map_ == MAP_FAILED) throw std::runtime_error("mmap failed");
    data_ = at_end ? map_ + page + inner - size : map_ + page;
    std::memset(map_ + page, 0x5C, inner);
    if (size != 0) std::memset(data_, fill, size);
    first_ = map_ + page;
    last_ = first_ + inner;
    mprotect(map_, page, PROT_NONE);
    mprotect(last_, page, PROT_NONE);
  }
  fenced(const fenced&) = delete;
  fenced& operator=(const fenced&) = delete;
  fenced(fenced&& other) noexcept { *this = static_cast<fenced&&>(other); }
  fenced& operator=(fenced&& other) noexcept {
    std::swap(map_, other.map_);
    std::swap(mapped_, other.mapped_);
    std::swap(size_, other.size_);
    std::swap(data_, other.data_);
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
    return *this;
  }
  ~fenced() {
    if (map_ != nullptr) munmap(map_, mapped_);
  }

  template <class T = std::uint8_t>
  T* data() const {
    return reinterpret_cast<T*>(data_);
  }
  std::size_t size() const { return size_; }

  /// What lies on the same pages is as it was.
  bool intact() const {
    for (const std::uint8_t* p = first_; p < last_; ++p) {
      if ((p < data_ || p >= data_ + size_) && *p != 0x5C) return false;
    }
    return true;
  }
  bool operator==(const fenced& other) const {
    return size_ == other.size_ && (size_ == 0 || std::memcmp(data_, other.data_, size_) == 0);
  }

 private:
  std::uint8_t* map_ = nullptr;
  std::size_t mapped_ = 0;
  std::size_t size_ = 0;
  std::uint8_t* data_ = nullptr;
  std::uint8_t* first_ = nullptr;
  std::uint8_t* last_ = nullptr;
};

}  // namespace test

#endif

// SPDX-License-Identifier: MIT
//
// Arrays that end where memory ends, or begin where it begins: touching one element more ends the program.
#ifndef DETENT_TESTS_SUPPORT_GUARDED_HPP
#define DETENT_TESTS_SUPPORT_GUARDED_HPP

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>

namespace test {

enum class guard { before, behind };

/// `size` elements, uninitialized. T may lie at any address: a page's end is aligned to its size.
template <class T>
class guarded {
 public:
  explicit guarded(std::size_t size, guard where = guard::behind) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t bytes = size * sizeof(T);
    const std::size_t inner = (bytes + page - 1) / page * page;
    length_ = inner + 2 * page;
    void* at = ::mmap(nullptr, length_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) std::abort();
    base_ = static_cast<char*>(at);
    if (inner != 0 && ::mprotect(base_ + page, inner, PROT_READ | PROT_WRITE) != 0) std::abort();
    data_ = reinterpret_cast<T*>(base_ + page + (where == guard::behind ? inner - bytes : 0));
  }
  guarded(const guarded&) = delete;
  guarded& operator=(const guarded&) = delete;
  ~guarded() { ::munmap(base_, length_); }

  [[nodiscard]] T* data() const { return data_; }

 private:
  char* base_ = nullptr;
  std::size_t length_ = 0;
  T* data_ = nullptr;
};

}  // namespace test

#endif

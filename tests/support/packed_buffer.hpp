// SPDX-License-Identifier: MIT
//
// Memory for one quantized tensor: planes of exactly as many bytes as the library says, between guards. Under the
// address sanitizer there are none: it guards better.
#ifndef DETENT_TESTS_SUPPORT_PACKED_BUFFER_HPP
#define DETENT_TESTS_SUPPORT_PACKED_BUFFER_HPP

#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "detent/core/packed.hpp"

namespace test {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DETENT_TEST_ADDRESS_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(DETENT_TEST_ADDRESS_SANITIZER)
inline constexpr std::size_t guard_bytes = 0;
#else
inline constexpr std::size_t guard_bytes = 64;
#endif

class guarded_bytes {
 public:
  explicit guarded_bytes(std::size_t size, std::uint8_t fill = 0xA5)
      : size_(size), memory_(new std::uint8_t[size + 2 * guard_bytes]) {
    std::memset(memory_.get(), 0x5C, size + 2 * guard_bytes);
    if (size != 0) std::memset(data(), fill, size);
  }

  std::uint8_t* data() const { return memory_.get() + guard_bytes; }
  std::size_t size() const { return size_; }

  bool intact() const {
    for (std::size_t i = 0; i < guard_bytes; ++i) {
      if (memory_[i] != 0x5C || memory_[guard_bytes + size_ + i] != 0x5C) return false;
    }
    return true;
  }

  bool operator==(const guarded_bytes& other) const {
    return size_ == other.size_ && (size_ == 0 || std::memcmp(data(), other.data(), size_) == 0);
  }

 private:
  std::size_t size_;
  std::unique_ptr<std::uint8_t[]> memory_;
};

template <class P>
class packed_buffer {
 public:
  explicit packed_buffer(const detent::extents& shape, std::uint8_t fill = 0xA5) : shape_(shape) {
    const auto sizes = detent::plane_bytes<P>(shape);
    for (std::size_t i = 0; i < sizes.size(); ++i) planes_.emplace_back(sizes[i], fill);
  }

  detent::packed_view<P, std::uint8_t> view() const {
    if constexpr (P::layout::elements == 0)
      return view_of(std::make_index_sequence<detent::detail::plane_count<P>>());
    else
      return {shape_, planes_[0].data()};
  }
  detent::packed_view<P, const std::uint8_t> read() const { return view(); }

  const guarded_bytes& plane(std::size_t i) const { return planes_[i]; }
  std::size_t planes() const { return planes_.size(); }

  bool intact() const {
    for (const guarded_bytes& p : planes_) {
      if (!p.intact()) return false;
    }
    return true;
  }

  bool operator==(const packed_buffer& other) const { return planes_ == other.planes_; }

 private:
  template <std::size_t... I>
  detent::packed_view<P, std::uint8_t> view_of(std::index_sequence<I...>) const {
    return {shape_, planes_[I].data()...};
  }

  detent::extents shape_;
  std::vector<guarded_bytes> planes_;
};

}  // namespace test

#endif

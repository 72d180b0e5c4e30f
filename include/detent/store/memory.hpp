// SPDX-License-Identifier: MIT
//
// Memory that owning tensors hold, from any allocator of bytes: std::allocator<std::uint8_t>, a polymorphic one, an
// arena of your own with allocate(n) and deallocate(p, n). What it returns need not be aligned.
#ifndef DETENT_STORE_MEMORY_HPP
#define DETENT_STORE_MEMORY_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>

#include "detent/core/config.hpp"

namespace detent::inline v0 {

template <class A>
concept byte_allocator = requires(A& allocator, std::uint8_t* p, std::size_t n) {
  { allocator.allocate(n) } -> std::same_as<std::uint8_t*>;
  allocator.deallocate(p, n);
};

/// Global operator new.
struct heap {
  DETENT_INLINE std::uint8_t* allocate(std::size_t n) const { return static_cast<std::uint8_t*>(::operator new(n)); }
  DETENT_INLINE void deallocate(std::uint8_t* p, std::size_t) const { ::operator delete(p); }
};

static_assert(byte_allocator<heap>);

namespace detail {

/// A cache line, and the widest vector.
inline constexpr std::size_t alignment = 64;

DETENT_INLINE constexpr std::size_t aligned_up(std::size_t n) { return (n + alignment - 1) / alignment * alignment; }

/// A block of bytes that starts at a multiple of `alignment`. It can be moved, not copied.
template <byte_allocator Allocator>
class memory {
 public:
  memory() = default;
  DETENT_INLINE memory(std::size_t size, const Allocator& allocator) : allocator_(allocator), size_(size) {
    if (size != 0) block_ = allocator_.allocate(size + alignment - 1);
  }
  DETENT_INLINE memory(memory&& other) noexcept
      : allocator_(static_cast<Allocator&&>(other.allocator_)), block_(other.block_), size_(other.size_) {
    other.block_ = nullptr;
    other.size_ = 0;
  }
  DETENT_INLINE memory& operator=(memory&& other) noexcept {
    if (this != &other) {
      release();
      // An allocator may be neither assignable nor equal to the other's: it is made anew, as the block's own.
      allocator_.~Allocator();
      ::new (static_cast<void*>(&allocator_)) Allocator(static_cast<Allocator&&>(other.allocator_));
      block_ = other.block_;
      size_ = other.size_;
      other.block_ = nullptr;
      other.size_ = 0;
    }
    return *this;
  }
  DETENT_INLINE ~memory() { release(); }

  DETENT_INLINE std::uint8_t* data() const {
    const auto address = reinterpret_cast<std::uintptr_t>(block_);
    return block_ == nullptr ? nullptr : block_ + (aligned_up(address) - address);
  }
  DETENT_INLINE std::size_t size() const { return size_; }

 private:
  DETENT_INLINE void release() {
    if (block_ != nullptr) allocator_.deallocate(block_, size_ + alignment - 1);
  }

  [[no_unique_address]] Allocator allocator_{};
  std::uint8_t* block_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace detail

}  // namespace detent::inline v0

#endif

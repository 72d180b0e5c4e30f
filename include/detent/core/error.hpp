// SPDX-License-Identifier: MIT
//
// How detent refuses: one sentence with the number that was wrong, thrown as `detent::error`. Where exceptions are off
// the sentence goes to DETENT_ERROR_HANDLER(const char*), which must not return; without a handler the program traps.
// The sentence is built in place: refusing allocates nothing.
#ifndef DETENT_CORE_ERROR_HPP
#define DETENT_CORE_ERROR_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>  // std::exception, at the least cost in lines

#include "detent/core/config.hpp"

namespace detent::inline v0 {

/// What every refusal is. `what()` is one sentence, cut at 511 characters.
class error : public std::exception {
 public:
  const char* what() const noexcept override { return text_; }

  DETENT_INLINE void append(const char* text, std::size_t length) noexcept {
    for (std::size_t i = 0; i < length && length_ + 1 < sizeof text_; ++i) text_[length_++] = text[i];
    text_[length_] = '\0';
  }

 private:
  char text_[512] = {};
  std::size_t length_ = 0;
};

}  // namespace detent::inline v0

namespace detent::inline v0::inline DETENT_ISA {
namespace detail {

/// A part of a sentence: text, anything with data() and size(), an integer, or several numbers with commas between.
inline void append(error& to, const char* text) {
  std::size_t length = 0;
  while (text[length] != '\0') ++length;
  to.append(text, length);
}

template <class Text>
  requires requires(const Text& t) {
    { t.data() } -> std::convertible_to<const char*>;
    { t.size() } -> std::convertible_to<std::size_t>;
  }
void append(error& to, const Text& text) {
  to.append(text.data(), text.size());
}

template <std::integral Integer>
void append(error& to, Integer number) {
  char digits[24];
  std::size_t at = sizeof digits;
  const bool negative = number < 0;
  std::uint64_t rest = negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  do {
    digits[--at] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (negative) digits[--at] = '-';
  to.append(digits + at, sizeof digits - at);
}

}  // namespace detail

/// Refuses with the sentence that the parts make.
template <class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail(const Parts&... parts) {
  error e;
  (detail::append(e, parts), ...);
#if defined(__cpp_exceptions)
  throw e;
#elif defined(DETENT_ERROR_HANDLER)
  DETENT_ERROR_HANDLER(e.what());
  __builtin_trap();
#else
  __builtin_trap();
#endif
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

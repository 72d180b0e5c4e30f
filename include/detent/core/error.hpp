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

/// What every refusal is. `what()` is one sentence, cut at 1023 characters.
class error : public std::exception {
 public:
  // Written out so that they are inlined: a copy of 1024 bytes is vector code, and would be a shared symbol.
  [[gnu::always_inline]] error() noexcept {}
  [[gnu::always_inline]] error(const error& other) noexcept : std::exception(other), length_(other.length_) {
    for (std::size_t i = 0; i <= length_; ++i) text_[i] = other.text_[i];
  }
  error& operator=(const error&) = delete;
  ~error() override = default;

  const char* what() const noexcept override { return text_; }

  [[gnu::always_inline]] void append(const char* text, std::size_t length) noexcept {
    for (std::size_t i = 0; i < length && length_ + 1 < sizeof text_; ++i) text_[length_++] = text[i];
    text_[length_] = '\0';
  }

 private:
  char text_[1024] = {};
  std::size_t length_ = 0;
};

}  // namespace detent::inline v0

namespace detent::inline v0::detail::inline DETENT_ISA {

/// A part of a sentence: text, anything with data() and size(), or an integer.
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
  bool negative = false;
  if constexpr (std::signed_integral<Integer>) negative = number < 0;
  std::uint64_t rest = negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  do {
    digits[--at] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (negative) digits[--at] = '-';
  to.append(digits + at, sizeof digits - at);
}

/// Anything that can describe itself.
template <class Part>
  requires requires(const Part& part, error& to) { part.describe(to); }
void append(error& to, const Part& part) {
  part.describe(to);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Refuses with this sentence.
[[noreturn, gnu::cold, gnu::noinline]] inline void fail(const error& e) {
#if defined(__cpp_exceptions)
  throw e;
#elif defined(DETENT_ERROR_HANDLER)
  DETENT_ERROR_HANDLER(e.what());
  __builtin_trap();
#else
  static_cast<void>(e);
  __builtin_trap();
#endif
}

/// Refuses with the sentence that the parts make.
template <class... Parts>
  requires(sizeof...(Parts) > 1 || (!std::same_as<Parts, error> && ...))
[[noreturn, gnu::cold, gnu::noinline]] void fail(const Parts&... parts) {
  error e;
  (detail::append(e, parts), ...);
  fail(e);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

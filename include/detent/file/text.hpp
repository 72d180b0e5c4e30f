// SPDX-License-Identifier: MIT
//
// Words from outside in a sentence of ours: names of tensors and files may be long or hold control characters, and a
// sentence goes to a terminal.
#ifndef DETENT_FILE_TEXT_HPP
#define DETENT_FILE_TEXT_HPP

#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include "detent/core/error.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// At most `limit` bytes of the text: head and tail, cut between UTF-8 characters; control characters become '?'.
inline std::string shortened(std::string_view text, std::size_t limit = 160) {
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u; };
  std::string out;
  if (text.size() <= limit) {
    out = text;
  } else {
    std::size_t head = limit / 2;
    std::size_t tail = text.size() - limit / 2;
    for (int i = 0; i < 3 && continues(head); ++i) --head;
    for (int i = 0; i < 3 && continues(tail); ++i) ++tail;
    out.append(text.substr(0, head)).append("...").append(text.substr(tail));
  }
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return out;
}

/// The parts one after another. (At -O3 g++ 12 warns of the standard library's own + of characters and a string.)
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string out;
  (out.append(parts), ...);
  return out;
}

inline std::string quote(std::string_view text) { return concat("'", shortened(text, 96), "'"); }

/// Numbers with a separator between them.
template <class Numbers>
std::string listed(const Numbers& numbers, const char* separator) {
  std::string out;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    out.append(i == 0 ? "" : separator).append(std::to_string(numbers[i]));
  return out;
}

/// The operating system's words for an errno.
inline std::string system_reason(int number) { return std::generic_category().message(number); }

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// JSON from outside, read as events: no tree is built, nothing recurses, and an event that its reader does not expect
// ends the reading with a sentence that has its byte offset. The parser's buffer holds one token and grows by doubling,
// so the length of a token is bounded first: a string by half the file (or 1 MiB), anything else by 4096 bytes.
#ifndef DETENT_FILE_JSON_EVENTS_HPP
#define DETENT_FILE_JSON_EVENTS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "detent/core/error.hpp"
#include "detent/file/text.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// A text, and where it comes from, for sentences.
struct json_source {
  std::string file;          ///< the file's name, fit for a sentence
  const char* title;         ///< "the header"
  const std::uint8_t* text;  ///< `size` bytes
  std::size_t size;          ///< of the text
  std::uint64_t offset;      ///< of the text in its file, in bytes
  std::uint64_t file_size;   ///< bounds what is allocated
  std::size_t consumed = 0;  ///< how far the parser has come
};

/// Iterates over the text and notes how far it came.
struct json_cursor {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  json_source* source;
  std::size_t at;

  char operator*() const noexcept { return static_cast<char>(source->text[at]); }
  json_cursor& operator++() noexcept {
    source->consumed = ++at;
    return *this;
  }
  bool operator==(const json_cursor& other) const noexcept { return at == other.at; }
  bool operator!=(const json_cursor& other) const noexcept { return at != other.at; }
};

/// The base of a reader. A reader overrides the events that it expects and defines
/// `void unexpected(const char* what)`, which refuses, for all others.
template <class Reader>
class json_events {
 public:
  explicit json_events(json_source source) : source_(std::move(source)) {}

  void read() {
    scan();
    nlohmann::json::sax_parse(json_cursor{&source_, 0}, json_cursor{&source_, source_.size},
                              static_cast<Reader*>(this));
  }

  bool null() { return no("null"); }
  bool boolean(bool) { return no("a boolean"); }
  bool number_integer(std::int64_t) { return no("a negative number"); }
  bool number_unsigned(std::uint64_t) { return no("a number"); }
  bool number_float(double, const std::string& digits) {
    return no(concat("the number ", shortened(digits, 40), ", which is no unsigned 64-bit integer").c_str());
  }
  bool string(const std::string&) { return no("a string"); }
  bool binary(const nlohmann::json::binary_t&) { return no("binary data"); }
  bool start_object(std::size_t) { return no("an object"); }
  bool start_array(std::size_t) { return no("an array"); }
  bool end_object() { return true; }
  bool end_array() { return true; }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& e) {
    std::string_view reason = e.what();  // "[…] parse error at …: syntax error while parsing … - REASON; last read: …"
    if (const std::size_t dash = reason.find(" - "); dash != reason.npos) reason.remove_prefix(dash + 3);
    reason = reason.substr(0, reason.find("; last read"));
    source_.consumed = std::min(position, source_.size);
    refuse(source_.title, " is not valid JSON: ", shortened(reason));
    return false;
  }

 protected:
  /// The offset in the file of the byte that was read last.
  [[nodiscard]] std::uint64_t byte() const noexcept {
    return source_.offset + (source_.consumed == 0 ? 0 : source_.consumed - 1);
  }
  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(source_.file, ": ", parts..., " (at byte ", byte(), ")");
  }
  [[nodiscard]] const json_source& source() const noexcept { return source_; }

 private:
  bool no(const char* what) {
    static_cast<Reader*>(this)->unexpected(what);
    return false;
  }
  /// Refuses what the parser would accept or hold: a zero byte (it takes it for the end of the text), a long token.
  void scan() {
    const std::uint64_t longest_string = std::max<std::uint64_t>(source_.file_size / 2, 1u << 20);
    bool in_string = false;
    std::size_t start = 0;
    for (std::size_t i = 0; i < source_.size; ++i) {
      const char c = static_cast<char>(source_.text[i]);
      if (c == '\0') {
        source_.consumed = i + 1;
        refuse(source_.title, " is not valid JSON: zero byte");
      }
      if (c == '"') {
        in_string = !in_string;
        start = i;
      } else if (in_string) {
        if (c == '\\') ++i;
      } else if (std::string_view("{}[]:,").find(c) != std::string_view::npos) {
        start = i;
      }
      if (i - start > (in_string ? longest_string : 4096)) {
        source_.consumed = start + 1;
        refuse(source_.title, in_string ? " has a string of more than " : " has a token of more than ",
               in_string ? longest_string : 4096, " bytes");
      }
    }
  }

  json_source source_;
};

/// The text as a JSON string with its quotes: only `"`, `\` and control characters are escaped (\b \f \n \r \t, else
/// \u00xx in lower case). Refuses text that is not UTF-8.
inline std::string json_string(std::string_view text, std::string_view file) {
  using on_error = nlohmann::json::error_handler_t;
  const nlohmann::json value(text);
  std::string written = value.dump(-1, ' ', false, on_error::ignore);
  if (written != value.dump(-1, ' ', false, on_error::replace)) fail(file, ": ", quote(text), " is not valid UTF-8");
  return written;
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

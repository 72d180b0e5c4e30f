// SPDX-License-Identifier: MIT
//
// Writes a safetensors file, byte for byte as the reference writer does: tensors sorted by type (widest first), then by
// name; JSON without spaces, metadata first; the header padded with spaces to a multiple of 8 bytes.
//
//   safetensors_writer out;
//   out.metadata("format", "pt");
//   out.add("weight", safetensors_dtype::f32, {2, 3});
//   out.begin("model.safetensors");
//   std::memcpy(out.data("weight"), source, out.bytes("weight"));
//   out.commit();
#ifndef DETENT_FILE_SAFETENSORS_WRITER_HPP
#define DETENT_FILE_SAFETENSORS_WRITER_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detent/file/json_events.hpp"
#include "detent/file/output_file.hpp"
#include "detent/file/safetensors_types.hpp"
#include "detent/file/text.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// First everything is declared, then `begin` reserves the whole file, then the bytes are written in place in any
/// order, then `commit` makes the file appear. Without `commit` nothing happens to the target. Bytes not written are
/// zero.
class safetensors_writer {
 public:
  void metadata(std::string key, std::string value) {
    require_declaring();
    const std::string shown = detail::quote(key);
    if (!metadata_.emplace(std::move(key), std::move(value)).second) fail("duplicate metadata key ", shown);
  }

  /// Refuses a name twice, `__metadata__`, and a shape whose bytes do not fit.
  void add(std::string name, safetensors_dtype dtype, std::vector<std::uint64_t> shape) {
    require_declaring();
    if (name == "__metadata__") fail("a tensor cannot have the name '__metadata__'");
    if (shape.size() > safetensors_rank_limit) {
      fail("tensor ", detail::quote(name), " has more than ", safetensors_rank_limit, " dimensions");
    }
    tensor_info info{name, dtype, std::move(shape)};
    info.end = detail::needed_bytes(info, "output");
    const auto [at, is_new] = tensors_.emplace(std::move(name), std::move(info));
    if (!is_new) fail("duplicate tensor ", detail::quote(at->first));
  }

  /// Lays out the file, reserves its space in a temporary file beside `path`, and writes the header.
  void begin(const std::string& path);

  /// The bytes of the file; known after `begin`.
  [[nodiscard]] std::uint64_t file_size() const noexcept { return out_.size(); }
  /// What to unlink when a signal ends the program; empty when there is nothing.
  [[nodiscard]] const std::string& temporary_path() const noexcept { return out_.temporary_path(); }

  /// The bytes of a declared tensor, writable between `begin` and `commit`, aligned to the size of its elements.
  [[nodiscard]] std::uint8_t* data(std::string_view name) const {
    const tensor_info& t = at(name);
    if (out_.data() == nullptr) fail("the bytes of tensor ", detail::quote(name), " are writable after begin only");
    return out_.data() + static_cast<std::size_t>(data_begin_ + t.begin);
  }
  [[nodiscard]] std::size_t bytes(std::string_view name) const { return static_cast<std::size_t>(at(name).bytes()); }

  /// `length` bytes of the tensor, from its byte `from` on, are written for now: they leave this process's memory.
  void release(std::string_view name, std::uint64_t from, std::uint64_t length) const {
    out_.release(static_cast<std::size_t>(data_begin_ + at(name).begin + from), static_cast<std::size_t>(length));
  }

  void commit() { out_.commit(); }
  void discard() noexcept { out_.discard(); }

 private:
  void require_declaring() const {
    if (data_begin_ != 0) fail("everything must be declared before begin");
  }
  [[nodiscard]] const tensor_info& at(std::string_view name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) fail("no tensor ", detail::quote(name), " was declared");
    return found->second;
  }
  std::uint64_t lay_out(std::vector<const tensor_info*>& order);
  [[nodiscard]] std::string header(const std::vector<const tensor_info*>& order, std::string_view file) const;

  std::map<std::string, std::string> metadata_;
  std::map<std::string, tensor_info, std::less<>> tensors_;
  std::uint64_t data_begin_ = 0;
  output_file out_;
};

inline void safetensors_writer::begin(const std::string& path) {
  require_declaring();
  std::vector<const tensor_info*> order;
  const std::uint64_t data_bytes = lay_out(order);
  const std::string text = header(order, detail::shortened(path));
  std::uint64_t size = 0;
  if (__builtin_add_overflow(data_bytes, std::uint64_t{8} + text.size(), &size)) {
    fail(detail::shortened(path), ": the tensors together have more bytes than fit 64 bits (overflow)");
  }
  out_ = output_file(path, size);
  for (int i = 0; i < 8; ++i) out_.data()[i] = static_cast<std::uint8_t>(text.size() >> (8 * i));
  std::memcpy(out_.data() + 8, text.data(), text.size());
  data_begin_ = 8 + text.size();
}

/// Sets begin and end of every tensor; `order` gets them as they follow each other in the file.
inline std::uint64_t safetensors_writer::lay_out(std::vector<const tensor_info*>& order) {
  std::vector<tensor_info*> sorted;
  for (auto& [name, info] : tensors_) sorted.push_back(&info);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return a->dtype != b->dtype ? a->dtype > b->dtype : a->name < b->name;
  });
  std::uint64_t end = 0;
  for (tensor_info* t : sorted) {
    const std::uint64_t bytes = t->bytes();
    t->begin = end;
    if (__builtin_add_overflow(end, bytes, &end)) {
      fail("the tensors together have more bytes than fit 64 bits (overflow)");
    }
    t->end = end;
    order.push_back(t);
  }
  return end;
}

inline std::string safetensors_writer::header(const std::vector<const tensor_info*>& order,
                                              std::string_view file) const {
  std::string text = "{";
  const auto comma = [&] { text += text.back() == '{' ? "" : ","; };
  if (!metadata_.empty()) {
    text += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata_) {
      comma();
      text.append(detail::json_string(key, file)).append(":").append(detail::json_string(value, file));
    }
    text += "}";
  }
  for (const tensor_info* t : order) {
    comma();
    text.append(detail::json_string(t->name, file)).append(":{\"dtype\":\"").append(facts_of(t->dtype).name);
    text.append("\",\"shape\":[").append(detail::listed(t->shape, ","));
    text.append("],\"data_offsets\":[").append(detail::listed(std::array{t->begin, t->end}, ",")).append("]}");
  }
  text += "}";
  text.append((8 - text.size() % 8) % 8, ' ');
  if (text.size() > safetensors_header_limit) {
    fail(file, ": the header would have ", text.size(), " bytes, more than ", safetensors_header_limit);
  }
  return text;
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

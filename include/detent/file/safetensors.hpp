// SPDX-License-Identifier: MIT
//
// A safetensors file, mapped: its tensors are views of the file's own pages. Their bytes need not be aligned.
#ifndef DETENT_FILE_SAFETENSORS_HPP
#define DETENT_FILE_SAFETENSORS_HPP

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "detent/file/mapped_file.hpp"
#include "detent/file/safetensors_header.hpp"
#include "detent/file/safetensors_types.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// An open file. References to its tensors stay valid when it is moved. Opening refuses every file that is not valid.
class safetensors_file {
 public:
  explicit safetensors_file(std::string path)
      : file_(std::move(path)), header_(parse_safetensors_header(file_.data(), file_.size(), file_.path())) {}

  [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }
  [[nodiscard]] const mapped_file& file() const noexcept { return file_; }
  /// In the order of their data.
  [[nodiscard]] const std::deque<tensor_info>& tensors() const noexcept { return header_.tensors; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const noexcept { return header_.metadata; }
  /// Null when there is no tensor of that name.
  [[nodiscard]] const tensor_info* find(std::string_view name) const noexcept { return header_.find(name); }

  /// Byte offset in the file of a tensor of this file.
  [[nodiscard]] std::uint64_t offset(const tensor_info& tensor) const noexcept {
    return header_.data_begin + tensor.begin;
  }
  /// The `tensor.bytes()` bytes of a tensor of this file.
  [[nodiscard]] const std::uint8_t* data(const tensor_info& tensor) const noexcept {
    return file_.data() + static_cast<std::size_t>(offset(tensor));
  }
  /// `length` bytes of the tensor, from its byte `from` on, are not needed now; they stay readable.
  void release(const tensor_info& tensor, std::uint64_t from, std::uint64_t length) const noexcept {
    file_.release(static_cast<std::size_t>(offset(tensor) + from), static_cast<std::size_t>(length));
  }

 private:
  mapped_file file_;
  safetensors_header header_;
};

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

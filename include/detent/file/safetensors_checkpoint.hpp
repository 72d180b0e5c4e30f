// SPDX-License-Identifier: MIT
//
// A checkpoint: one safetensors file, or many with an index beside them:
//
//   {"metadata": {…}, "weight_map": {"name of a tensor": "name of a file in the same folder", …}}
//
// The index and the files must agree on every tensor. `metadata` may hold anything and is not read: in the wild its
// total_size is often wrong.
#ifndef DETENT_FILE_SAFETENSORS_CHECKPOINT_HPP
#define DETENT_FILE_SAFETENSORS_CHECKPOINT_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detent/file/json_events.hpp"
#include "detent/file/mapped_file.hpp"
#include "detent/file/safetensors.hpp"
#include "detent/file/text.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Reads an index.
class safetensors_index_reader : public json_events<safetensors_index_reader> {
 public:
  using json_events::json_events;

  std::map<std::string, std::string> weight_map;

  bool null() { return value("null"); }
  bool boolean(bool) { return value("a boolean"); }
  bool number_integer(std::int64_t) { return value("a number"); }
  bool number_unsigned(std::uint64_t) { return value("a number"); }
  bool number_float(double, const std::string&) { return value("a number"); }
  bool start_array(std::size_t) { return value("an array") && deeper(); }
  bool end_array() { return end_object(); }
  bool end_object() {
    --depth_;
    return true;
  }

  bool start_object(std::size_t) {
    if (depth_ > 1 && section_ == "weight_map") unexpected("an object");
    return deeper();
  }

  bool key(const std::string& name) {
    key_ = name;
    if (depth_ == 1) {
      bool* has = name == "weight_map" ? &has_map_ : &has_metadata_;
      if (has == &has_metadata_ && name != "metadata") refuse("the index has the unknown key ", quote(name));
      if (*has) refuse("duplicate key ", quote(name));
      *has = true;
      section_ = name;
    } else if (section_ == "weight_map" && weight_map.count(name) != 0) {
      refuse("duplicate tensor ", quote(name), " in weight_map");
    }
    return true;
  }

  bool string(const std::string& file) {
    if (section_ != "weight_map") return value("a string");
    if (depth_ != 2) unexpected("a string");
    if (file.empty() || file == "." || file == ".." || file.find_first_of(std::string_view("/\\\0", 3)) != file.npos) {
      refuse("weight_map sends tensor ", quote(key_), " to ", quote(file), ", which is no name of a file beside it");
    }
    weight_map.emplace(key_, file);
    return true;
  }

  [[noreturn]] void unexpected(const char* what) const {
    if (depth_ == 0) refuse("the index must be an object, not ", what);
    if (depth_ == 1) refuse(section_, " must be an object, not ", what);
    refuse("weight_map ", quote(key_), " must be a string, not ", what);
  }

  void require_map() const {
    if (!has_map_) refuse("the index has no weight_map");
  }

 private:
  bool value(const char* what) {
    if (depth_ < 2 || section_ == "weight_map") unexpected(what);
    return true;
  }
  bool deeper() {
    if (++depth_ > 16) refuse("the metadata is nested deeper than 16 levels");
    return true;
  }

  int depth_ = 0;
  std::string section_;  ///< the key of the outer object
  std::string key_;
  bool has_map_ = false, has_metadata_ = false;
};

inline std::map<std::string, std::string> read_safetensors_index(const mapped_file& index) {
  const std::string name = shortened(index.path());
  if (index.size() > safetensors_header_limit) {
    fail(name, ": the index has ", index.size(), " bytes, too large: at most ", safetensors_header_limit);
  }
  if (index.size() == 0 || index.data()[0] != '{') fail(name, ": the index must begin with '{' at byte 0");
  safetensors_index_reader reader({name, "the index", index.data(), index.size(), 0, index.size()});
  reader.read();
  reader.require_map();
  return std::move(reader.weight_map);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// A tensor of a checkpoint: its description and its bytes, both owned by the checkpoint.
struct checkpoint_tensor {
  const tensor_info* info = nullptr;
  const safetensors_file* file = nullptr;

  [[nodiscard]] const std::uint8_t* data() const noexcept { return file->data(*info); }
};

/// All tensors of one file or of all files of an index: file by file (by file name), in the order of their data.
class safetensors_checkpoint {
 public:
  explicit safetensors_checkpoint(const std::string& path) {
    if (path.size() >= 5 && path.substr(path.size() - 5) == ".json") {
      open_index(path);
    } else {
      files_.emplace_back(path);
    }
    for (const safetensors_file& file : files_) {
      for (const tensor_info& info : file.tensors()) tensors_.push_back({&info, &file});
    }
  }
  safetensors_checkpoint(safetensors_checkpoint&&) noexcept = default;
  safetensors_checkpoint& operator=(safetensors_checkpoint&&) noexcept = default;
  ~safetensors_checkpoint() = default;

  [[nodiscard]] const std::vector<safetensors_file>& files() const noexcept { return files_; }
  [[nodiscard]] const std::vector<checkpoint_tensor>& tensors() const noexcept { return tensors_; }
  /// `info` is null when there is no tensor of that name.
  [[nodiscard]] checkpoint_tensor find(std::string_view name) const noexcept {
    for (const safetensors_file& file : files_) {
      if (const tensor_info* info = file.find(name)) return {info, &file};
    }
    return {};
  }

 private:
  void open_index(const std::string& path) {
    const auto weight_map = detail::read_safetensors_index(mapped_file(path));
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    std::map<std::string_view, std::size_t> opened;  // name of a file -> its number of tensors in the index
    for (const auto& [tensor, file] : weight_map) ++opened[file];
    for (const auto& [name, count] : opened) {
      const safetensors_file& file = files_.emplace_back(folder + std::string(name));
      for (const tensor_info& t : file.tensors()) check_mapped(weight_map, t.name, name, path);
      if (file.tensors().size() != count) refuse_missing(weight_map, file, name, path);
    }
  }

  static void check_mapped(const std::map<std::string, std::string>& weight_map, const std::string& tensor,
                           std::string_view file, std::string_view index) {
    const auto at = weight_map.find(tensor);
    if (at != weight_map.end() && at->second == file) return;
    fail(detail::shortened(index), ": tensor ", detail::quote(tensor), " is in file ", detail::quote(file),
         ", but weight_map ", at == weight_map.end() ? "does not name it" : "sends it to another file");
  }

  static void refuse_missing(const std::map<std::string, std::string>& weight_map, const safetensors_file& file,
                             std::string_view name, std::string_view index) {
    for (const auto& [tensor, where] : weight_map) {
      if (where != name || file.find(tensor) != nullptr) continue;
      fail(detail::shortened(index), ": tensor ", detail::quote(tensor), " is missing in file ", detail::quote(name));
    }
  }

  std::vector<safetensors_file> files_;
  std::vector<checkpoint_tensor> tensors_;
};

/// Opens a `.safetensors` file, or the index (`.json`) of a checkpoint in several files.
inline safetensors_checkpoint open_checkpoint(const std::string& path) { return safetensors_checkpoint(path); }

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

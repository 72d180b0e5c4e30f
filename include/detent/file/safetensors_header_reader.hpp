// SPDX-License-Identifier: MIT
//
// What the JSON of a safetensors header may say, event by event. The relations between tensors are checked afterwards.
#ifndef DETENT_FILE_SAFETENSORS_HEADER_READER_HPP
#define DETENT_FILE_SAFETENSORS_HEADER_READER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "detent/file/json_events.hpp"
#include "detent/file/safetensors_types.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

class safetensors_header_reader : public json_events<safetensors_header_reader> {
 public:
  using json_events::json_events;

  safetensors_header header;  ///< the tensors in the order of the text

  bool start_object(std::size_t) {
    if (place_ == place::outside) {
      place_ = place::top;
    } else if (place_ == place::top && key_ == "__metadata__") {
      if (has_metadata_) refuse("duplicate key '__metadata__'");
      has_metadata_ = true;
      place_ = place::metadata;
    } else if (place_ == place::top) {
      place_ = place::tensor;
      tensor_ = {};
      tensor_.name = key_;
      tensor_.described_at = key_at_;
      has_dtype_ = has_shape_ = has_offsets_ = false;
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool end_object() {
    if (place_ == place::tensor) {
      if (!has_dtype_) refuse("tensor ", quote(tensor_.name), " has no dtype");
      if (!has_shape_) refuse("tensor ", quote(tensor_.name), " has no shape");
      if (!has_offsets_) refuse("tensor ", quote(tensor_.name), " has no data_offsets");
      header.tensors.push_back(std::move(tensor_));
    }
    place_ = place_ == place::top ? place::outside : place::top;
    return true;
  }

  bool key(const std::string& name) {
    key_ = name;
    key_at_ = byte() - std::min<std::uint64_t>(byte(), name.size() + 1);
    if (place_ == place::metadata && header.metadata.count(name) != 0) {
      refuse("duplicate key ", quote(name), " in __metadata__");
    }
    if (place_ != place::tensor) return true;
    bool* has = name == "dtype" ? &has_dtype_ : name == "shape" ? &has_shape_ : &has_offsets_;
    if (has == &has_offsets_ && name != "data_offsets") {
      refuse("tensor ", quote(tensor_.name), " has the unknown key ", quote(name));
    }
    if (*has) refuse("tensor ", quote(tensor_.name), " has a duplicate key ", quote(name));
    *has = true;
    return true;
  }

  bool string(const std::string& text) {
    if (place_ == place::metadata) {
      header.metadata.emplace(key_, text);
      return true;
    }
    if (place_ != place::tensor || key_ != "dtype") unexpected("a string");
    for (std::size_t i = 0; i < std::size(safetensors_dtypes); ++i) {
      if (safetensors_dtypes[i].name == text) {
        tensor_.dtype = static_cast<safetensors_dtype>(i);
        return true;
      }
    }
    refuse("tensor ", quote(tensor_.name), " has the unknown dtype ", quote(text));
  }

  bool start_array(std::size_t) {
    if (place_ != place::tensor || key_ == "dtype") unexpected("an array");
    place_ = key_ == "shape" ? place::shape : place::offsets;
    numbers_.clear();
    return true;
  }

  bool number_unsigned(std::uint64_t number) {
    if (place_ != place::shape && place_ != place::offsets) unexpected("a number");
    if (place_ == place::shape && numbers_.size() == safetensors_rank_limit) {
      refuse("tensor ", quote(tensor_.name), " has more than ", safetensors_rank_limit, " dimensions");
    }
    if (place_ == place::offsets && numbers_.size() == 2) wrong_offsets(3);
    numbers_.push_back(number);
    return true;
  }

  bool end_array() {
    if (place_ == place::shape) {
      tensor_.shape.assign(numbers_.begin(), numbers_.end());
    } else {
      if (numbers_.size() != 2) wrong_offsets(numbers_.size());
      tensor_.begin = numbers_[0];
      tensor_.end = numbers_[1];
    }
    place_ = place::tensor;
    return true;
  }

  [[noreturn]] void unexpected(const char* what) const {
    switch (place_) {
      case place::outside:
        refuse("the header must be an object, not ", what);
      case place::top:
        if (key_ == "__metadata__") refuse("__metadata__ must be an object, not ", what);
        refuse("tensor ", quote(key_), " must be described by an object, not ", what);
      case place::metadata:
        refuse("__metadata__ ", quote(key_), " must be a string, not ", what);
      case place::tensor:
        refuse(key_, " of tensor ", quote(tensor_.name), " must be ", key_ == "dtype" ? "a string" : "an array",
               ", not ", what);
      case place::shape:
      case place::offsets:
        break;
    }
    refuse(key_, " of tensor ", quote(tensor_.name), " must hold unsigned 64-bit integers, not ", what);
  }

 private:
  enum class place { outside, top, metadata, tensor, shape, offsets };

  [[noreturn]] void wrong_offsets(std::size_t count) const {
    refuse("data_offsets of tensor ", quote(tensor_.name), " must be two numbers, not ", count,
           count > 2 ? " or more" : "");
  }

  place place_ = place::outside;
  std::string key_;  ///< the last key that was read, at whatever depth
  std::uint64_t key_at_ = 0;
  tensor_info tensor_;
  std::vector<std::uint64_t> numbers_;
  bool has_metadata_ = false, has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
};

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

// SPDX-License-Identifier: MIT
//
// bitsandbytes 0.50 in a safetensors file, as diffusers and transformers write it. For a weight NAME of n elements:
//
//   NAME                                    U8 [(n + 1) / 2, 1]    codes (or the same bytes as another type)
//   NAME.absmax                             F32 [B], or U8 [B] with double quantization
//   NAME.quant_map                          F32 [16]
//   NAME.nested_absmax, .nested_quant_map   F32 [(B + 255) / 256], F32 [256]: double quantization
//   NAME.quant_state.bitsandbytes__nf4      U8: a JSON object (…__fp4)
//
//   LLM.int8:  PREFIX.weight  I8 [out, in]    PREFIX.SCB  F32 [out]    PREFIX.weight_format  U8 scalar, 0
//
// Files carry their own maps, which differ in the last bits between releases of torch: reading uses the file's.
#ifndef DETENT_FILE_BITSANDBYTES_HPP
#define DETENT_FILE_BITSANDBYTES_HPP

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detent/file/json_events.hpp"
#include "detent/file/stored_tensor.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// The JSON object beside a 4-bit weight.
struct bitsandbytes_state {
  std::string quant_type = {};  ///< "nf4" or "fp4"
  std::uint64_t blocksize = 0;
  std::string dtype = {};                 ///< of the weight before: "float16", "bfloat16", "float32"
  std::vector<std::uint64_t> shape = {};  ///< of the weight
  std::uint64_t nested_blocksize = 0;     ///< 0: absmax is not quantized
  std::string nested_dtype = {};
  double nested_offset = 0;
};

}  // namespace detent::inline v0::inline DETENT_ISA

namespace detent::inline v0::detail::inline DETENT_ISA {

/// Reads the JSON object, strictly: known keys, once each, of the right type.
class bitsandbytes_state_reader : public json_events<bitsandbytes_state_reader> {
 public:
  using json_events::json_events;

  bitsandbytes_state state;

  bool start_object(std::size_t) {
    if (depth_++ != 0) unexpected("an object");
    return true;
  }
  bool key(const std::string& name) {
    if (has(name)) refuse("duplicate key ", quote(name));
    seen_.push_back(name);
    key_ = name;
    return true;
  }
  bool string(const std::string& text) {
    if (key_ == "quant_type")
      state.quant_type = text;
    else if (key_ == "dtype")
      state.dtype = text;
    else if (key_ == "nested_dtype")
      state.nested_dtype = text;
    else
      unexpected("a string");
    return true;
  }
  bool number_unsigned(std::uint64_t n) {
    if (in_shape_)
      state.shape.push_back(n);
    else if (key_ == "blocksize")
      state.blocksize = n;
    else if (key_ == "nested_blocksize")
      state.nested_blocksize = n;
    else if (key_ == "nested_offset")
      state.nested_offset = static_cast<double>(n);
    else
      unexpected("a number");
    return true;
  }
  bool number_float(double x, const std::string&) {
    if (key_ != "nested_offset") unexpected("a number with a fraction");
    state.nested_offset = x;
    return true;
  }
  bool number_integer(std::int64_t x) {
    if (key_ != "nested_offset") unexpected("a negative number");
    state.nested_offset = static_cast<double>(x);
    return true;
  }
  bool start_array(std::size_t) {
    if (key_ != "shape" || in_shape_) unexpected("an array");
    in_shape_ = true;
    return true;
  }
  bool end_array() {
    in_shape_ = false;
    key_.clear();
    return true;
  }

  [[noreturn]] void unexpected(const char* what) const {
    if (depth_ == 0) refuse("the quantization state must be an object, not ", what);
    refuse("the quantization state has ", what, " at ", quote(key_), ", which is not expected there");
  }

  /// What the rest of the reader relies on.
  void check() const {
    if (state.quant_type != "nf4" && state.quant_type != "fp4") {
      refuse("quant_type ", quote(state.quant_type), " is neither nf4 nor fp4");
    }
    const std::uint64_t b = state.blocksize;
    if (b < 32 || b > 4096 || (b & (b - 1)) != 0) refuse("blocksize ", b, " is no power of two from 32 to 4096");
    if (state.nested_blocksize > (1u << 20)) refuse("nested_blocksize ", state.nested_blocksize, " is too large");
    if (state.dtype != "float16" && state.dtype != "bfloat16" && state.dtype != "float32") {
      refuse("dtype ", quote(state.dtype), " is none of float16, bfloat16 and float32");
    }
    if (state.nested_blocksize != 0) {
      if (state.nested_dtype != "float32") refuse("nested_dtype ", quote(state.nested_dtype), " is not float32");
      if (!has("nested_offset")) refuse("nested_offset is missing");
      constexpr double greatest = static_cast<double>(std::numeric_limits<float>::max());
      if (state.nested_offset > greatest || state.nested_offset < -greatest) {
        refuse("nested_offset is beyond the range of float32");
      }
    }
    std::uint64_t elements = 1;
    for (const std::uint64_t extent : state.shape) {
      if (__builtin_mul_overflow(elements, extent, &elements) || elements > (std::uint64_t{1} << 48)) {
        refuse("shape ", shape_text(state.shape), " has too many elements");
      }
    }
    if (state.shape.empty()) refuse("shape is missing or empty");
  }

 private:
  [[nodiscard]] bool has(std::string_view name) const {
    return std::find(seen_.begin(), seen_.end(), name) != seen_.end();
  }

  int depth_ = 0;
  bool in_shape_ = false;
  std::string key_;
  std::vector<std::string> seen_;
};

/// The shortest decimal that reads back as the same double, as Python writes it.
inline std::string python_float(double x) {
  // An exponent below 1e-4 and from 1e16 on, else whole numbers end in ".0".
  const bool fixed = x == 0 || (std::fabs(x) >= 1e-4 && std::fabs(x) < 1e16);
  char text[40];
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  std::string s(text, std::to_chars(text, text + sizeof text, x, format).ptr);
  if (fixed && s.find('.') == s.npos) s += ".0";
  return s;
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

namespace detent::inline v0::inline DETENT_ISA {

/// Reads and checks the bytes of NAME.quant_state.bitsandbytes__….
inline bitsandbytes_state parse_bitsandbytes_state(const checkpoint_tensor& blob) {
  if (blob.info->dtype != safetensors_dtype::u8) {
    fail(detail::shortened(blob.file->path()), ": tensor ", detail::quote(blob.info->name), " must be U8");
  }
  const std::size_t size = static_cast<std::size_t>(blob.info->bytes());
  detail::bitsandbytes_state_reader reader({detail::shortened(blob.file->path()), "the quantization state", blob.data(),
                                            size, blob.file->offset(*blob.info), blob.file->file().size()});
  reader.read();
  reader.check();
  return std::move(reader.state);
}

/// The JSON text of a state, as bitsandbytes writes it: Python's separators, keys in the writer's order.
inline std::string bitsandbytes_state_text(const bitsandbytes_state& state) {
  std::string text =
      detail::concat(R"({"quant_type": ")", state.quant_type, R"(", "blocksize": )", std::to_string(state.blocksize),
                     R"(, "dtype": ")", state.dtype, R"(", "shape": [)", detail::listed(state.shape, ", "), "]");
  if (state.nested_blocksize != 0) {
    text +=
        detail::concat(R"(, "nested_blocksize": )", std::to_string(state.nested_blocksize),
                       R"(, "nested_dtype": "float32", "nested_offset": )", detail::python_float(state.nested_offset));
  }
  return text + "}";
}

/// Decodes a 4-bit weight with the maps of its file, for any block size.
class bitsandbytes_reader final : public tensor_reader {
 public:
  struct planes {
    const std::uint8_t* codes = nullptr;
    const std::uint8_t* absmax = nullptr;         ///< floats, or codes of the nested map
    const std::uint8_t* nested_absmax = nullptr;  ///< floats; null: absmax is not quantized
    const std::uint8_t* map = nullptr;
    const std::uint8_t* nested_map = nullptr;
  };

  bitsandbytes_reader(const planes& from, const bitsandbytes_state& state)
      : from_(from),
        blocksize_(static_cast<std::size_t>(state.blocksize)),
        nested_blocksize_(static_cast<std::size_t>(state.nested_blocksize)),
        offset_(static_cast<float>(state.nested_offset)) {
    for (std::size_t i = 0; i < 16; ++i) map_[i] = float_at(from.map, i);
    for (std::size_t i = 0; i < 256 && from.nested_map != nullptr; ++i) nested_map_[i] = float_at(from.nested_map, i);
  }

  void read(std::size_t first, std::size_t n, float* to) const override {
    for (std::size_t done = 0; done < n;) {
      const std::size_t block = (first + done) / blocksize_;
      const std::size_t in_block = blocksize_ - (first + done) % blocksize_;
      const std::size_t run = n - done < in_block ? n - done : in_block;
      const float absmax = absmax_of(block);
      for (std::size_t i = 0; i < run; ++i) {
        to[done + i] = map_[high_nibble_first::get<4>(from_.codes, first + done + i)] * absmax;
      }
      done += run;
    }
  }

 private:
  static float float_at(const std::uint8_t* floats, std::size_t i) {
    return fp32_codec::decode(low_bits_first::get<32>(floats, i));
  }

  [[nodiscard]] float absmax_of(std::size_t block) const {
    if (from_.nested_absmax == nullptr) return float_at(from_.absmax, block);
    const float nested = float_at(from_.nested_absmax, block / nested_blocksize_);
    return detail::rounded(nested_map_[from_.absmax[block]] * nested) + offset_;
  }

  planes from_;
  std::size_t blocksize_;
  std::size_t nested_blocksize_;
  float offset_;
  float map_[16] = {};
  float nested_map_[256] = {};
};

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

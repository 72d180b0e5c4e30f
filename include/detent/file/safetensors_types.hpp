// SPDX-License-Identifier: MIT
//
// The words of safetensors:
//
//   offset 0      N, the length of the header (64 bits, little-endian)
//   offset 8      N bytes of JSON: name -> {dtype, shape, data_offsets: [begin, end)}, `__metadata__` -> strings
//   offset 8 + N  the data: little-endian, dense, without holes, to the end of the file
//
// Source: huggingface/safetensors, safetensors/src/tensor.rs.
#ifndef DETENT_FILE_SAFETENSORS_TYPES_HPP
#define DETENT_FILE_SAFETENSORS_TYPES_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "detent/core/error.hpp"
#include "detent/file/text.hpp"

namespace detent::inline v0 {

/// In the order of the reference implementation: its writer sorts by it. `f8_e4m3` is the FN variant.
// clang-format off
enum class safetensors_dtype : std::uint8_t {
  boolean, f4, f6_e2m3, f6_e3m2, u8, i8, f8_e5m2, f8_e4m3, f8_e8m0, f8_e4m3fnuz, f8_e5m2fnuz,
  i16, u16, f16, bf16, i32, u32, f32, c64, f64, i64, u64,
};
// clang-format on

struct safetensors_dtype_facts {
  std::string_view name;
  unsigned bits;
};

/// Indexed by `safetensors_dtype`.
inline constexpr safetensors_dtype_facts safetensors_dtypes[] = {
    {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},          {"I8", 8},
    {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
    {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},        {"U32", 32},        {"F32", 32},
    {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64},
};

constexpr const safetensors_dtype_facts& facts_of(safetensors_dtype type) noexcept {
  return safetensors_dtypes[static_cast<std::size_t>(type)];
}

/// The header may have 100 MB: the limit of the reference.
inline constexpr std::uint64_t safetensors_header_limit = 100'000'000;

/// Ours: bounds the memory that a list of dimensions takes.
inline constexpr std::size_t safetensors_rank_limit = 64;

static_assert(std::size(safetensors_dtypes) == 22);
static_assert(facts_of(safetensors_dtype::u64).name == "U64");
static_assert(facts_of(safetensors_dtype::f8_e5m2fnuz).name == "F8_E5M2FNUZ");

}  // namespace detent::inline v0

namespace detent::inline v0::inline DETENT_ISA {

/// One tensor as the header describes it. Dimensions may be zero; no dimensions are one element.
struct tensor_info {
  std::string name;
  safetensors_dtype dtype = safetensors_dtype::boolean;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0;  ///< bytes from the start of the data
  std::uint64_t end = 0;
  std::uint64_t described_at = 0;  ///< byte offset in the file where its name was read

  [[nodiscard]] std::uint64_t bytes() const noexcept { return end - begin; }
};

/// The header of a file. The tensors are in the order of their data. A deque: a hostile header then makes no single
/// allocation that is larger than itself.
struct safetensors_header {
  std::deque<tensor_info> tensors;
  std::map<std::string, std::string> metadata;
  std::uint64_t data_begin = 0;        ///< byte offset of the data in the file: 8 + N
  std::vector<std::uint32_t> by_name;  ///< indices of `tensors`, sorted by name

  /// Null when there is no tensor of that name.
  [[nodiscard]] const tensor_info* find(std::string_view name) const noexcept {
    const auto at = std::lower_bound(by_name.begin(), by_name.end(), name,
                                     [&](std::uint32_t i, std::string_view n) { return tensors[i].name < n; });
    return at != by_name.end() && tensors[*at].name == name ? &tensors[*at] : nullptr;
  }
};

}  // namespace detent::inline v0::inline DETENT_ISA

namespace detent::inline v0::detail::inline DETENT_ISA {

/// The shape as "[2, 3]".
inline std::string whole_shape_text(const std::vector<std::uint64_t>& shape) {
  return concat("[", listed(shape, ", "), "]");
}

/// In a sentence.
inline std::string shape_text(const std::vector<std::uint64_t>& shape) {
  return shortened(whole_shape_text(shape), 96);
}

/// The bytes that the tensor's shape and type need. Refuses what does not fit 64 bits or is no whole number of bytes.
inline std::uint64_t needed_bytes(const tensor_info& tensor, std::string_view file) {
  std::uint64_t bits = 1;
  bool fits = true;
  for (const std::uint64_t extent : tensor.shape) fits = fits && !__builtin_mul_overflow(bits, extent, &bits);
  const auto refuse = [&](const char* why) {
    fail(file, ": tensor ", quote(tensor.name), ": shape ", shape_text(tensor.shape), " of ",
         facts_of(tensor.dtype).name, why);
  };
  if (!fits) refuse(" has more elements than fit 64 bits (overflow)");
  if (__builtin_mul_overflow(bits, std::uint64_t{facts_of(tensor.dtype).bits}, &bits)) {
    refuse(" has more bits than fit 64 bits (overflow)");
  }
  if (bits % 8 != 0) refuse(" is not a whole number of bytes (misaligned slice)");
  return bits / 8;
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

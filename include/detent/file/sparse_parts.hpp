// SPDX-License-Identifier: MIT
//
// What the files of sparse matrices have in common: parts beside one another, integers in little-endian order, and the
// part that names rows and columns. Refusals name file and tensor.
#ifndef DETENT_FILE_SPARSE_PARTS_HPP
#define DETENT_FILE_SPARSE_PARTS_HPP

#include <cstddef>
#include <cstdint>
#include <string>

#include "detent/core/extents.hpp"
#include "detent/file/safetensors_checkpoint.hpp"
#include "detent/file/text.hpp"

namespace detent::inline v0::detail::inline DETENT_ISA {

inline std::string name_of_part(const checkpoint_tensor& t) {
  return shortened(t.file->path()) + ": tensor " + quote(t.info->name);
}

template <class... Parts>
[[noreturn]] void refuse_part(const checkpoint_tensor& t, const Parts&... parts) {
  fail(name_of_part(t), parts...);
}

/// The part of this name. `beside` is one that was found before, or none yet.
inline checkpoint_tensor find_part(const safetensors_checkpoint& from, const std::string& name,
                                   const checkpoint_tensor& beside) {
  const checkpoint_tensor t = from.find(name);
  if (t.info == nullptr) {
    if (beside.info != nullptr) refuse_part(beside, " has no ", quote(name), " beside it");
    fail("no tensor ", quote(name));
  }
  return t;
}

/// Integer i of a part whose integers have so many bytes.
template <std::size_t Bytes>
std::uint64_t number_at(const checkpoint_tensor& t, std::size_t i) {
  std::uint64_t number = 0;
  for (std::size_t b = Bytes; b-- > 0;) number = number << 8 | t.data()[Bytes * i + b];
  return number;
}

template <std::size_t Bytes>
void put_number(std::uint8_t* to, std::uint64_t number) {
  for (std::size_t b = 0; b < Bytes; ++b) to[b] = static_cast<std::uint8_t>(number >> (8 * b));
}

/// Rows and columns, from a part of two integers of 64 bits.
inline extents read_matrix_shape(const checkpoint_tensor& t) {
  const std::uint64_t rows = number_at<8>(t, 0), cols = number_at<8>(t, 1);
  constexpr std::uint64_t most = std::uint64_t{1} << 48;
  if (rows > most || cols > most || (cols != 0 && rows > most / cols)) {
    refuse_part(t, " names ", rows, " x ", cols, " elements, more than 2^48");
  }
  return extents(static_cast<std::size_t>(rows), static_cast<std::size_t>(cols));
}

inline void put_matrix_shape(std::uint8_t* to, const extents& shape) {
  put_number<8>(to, shape[0]);
  put_number<8>(to + 8, shape[1]);
}

}  // namespace detent::inline v0::detail::inline DETENT_ISA

#endif

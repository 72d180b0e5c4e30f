// SPDX-License-Identifier: MIT
//
// Compressed rows in a safetensors file, with the names of torch's sparse tensors. For the matrix PREFIX.weight
// [rows, cols]:
//
//   PREFIX.crow     I64 [rows + 1]        survivors before each row, and all of them
//   PREFIX.col      I32 or I64 [stored]   columns, ascending within a row; written as I32
//   PREFIX.values   [stored]              survivors, row by row
//   PREFIX.shape    I64 [2]               rows, cols
#ifndef DETENT_FILE_SPARSE_CSR_HPP
#define DETENT_FILE_SPARSE_CSR_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "detent/file/safetensors_writer.hpp"
#include "detent/file/scheme.hpp"
#include "detent/file/sparse_parts.hpp"
#include "detent/file/stored_tensor.hpp"
#include "detent/op/check_sparse.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// The parts of a matrix in compressed rows, checked; they lie in the file, which must outlive them.
class mapped_csr {
 public:
  /// Refuses parts that are missing, of another type or shape than the others say, and an index that contradicts them.
  mapped_csr(const safetensors_checkpoint& from, const std::string& prefix) : prefix_(prefix) {
    rows_ = part(from, ".crow", safetensors_dtype::i64);
    values_ = part(from, ".values");
    columns_ = part(from, ".col", safetensors_dtype::i64, safetensors_dtype::i32);
    size_ = part(from, ".shape", safetensors_dtype::i64);
    require_shape(size_, {2});
    shape_ = detail::read_matrix_shape(size_);
    require_shape(rows_, {std::uint64_t{shape_[0]} + 1});
    const std::uint64_t stored = row_begin(shape_[0]);
    require_shape(columns_, {stored});
    require_shape(values_, {stored});
    check_index(stored);
  }

  [[nodiscard]] const extents& shape() const { return shape_; }
  [[nodiscard]] std::size_t row_begin(std::size_t row) const {
    return static_cast<std::size_t>(detail::number_at<8>(rows_, row));
  }
  [[nodiscard]] std::uint64_t column(std::size_t at) const {
    return columns_.info->dtype == safetensors_dtype::i64 ? detail::number_at<8>(columns_, at)
                                                          : detail::number_at<4>(columns_, at);
  }
  [[nodiscard]] const std::uint8_t* values() const { return values_.data(); }

  /// The tensors of the file, the survivors first.
  [[nodiscard]] std::vector<checkpoint_tensor> parts() const { return {values_, rows_, columns_, size_}; }

 private:
  /// Of one of the types, if any is said.
  template <class... Types>
  checkpoint_tensor part(const safetensors_checkpoint& from, const char* suffix, const Types&... types) const {
    const checkpoint_tensor t = detail::find_part(from, prefix_ + suffix, rows_);
    if (sizeof...(types) != 0 && ((t.info->dtype != types) && ...)) {
      detail::refuse_part(t, " is ", facts_of(t.info->dtype).name, ", no type of an index");
    }
    return t;
  }

  void require_shape(const checkpoint_tensor& t, const std::vector<std::uint64_t>& needed) const {
    if (t.info->shape != needed) {
      detail::refuse_part(t, " has the shape ", detail::shape_text(t.info->shape), " where ", detail::quote(prefix_),
                          " needs ", detail::shape_text(needed));
    }
  }

  void check_index(std::uint64_t stored) const {
    if (row_begin(0) != 0) detail::refuse_part(rows_, ": row 0 begins at ", row_begin(0), ", not at 0");
    for (std::size_t row = 0; row < shape_[0]; ++row) {
      const std::uint64_t first = row_begin(row), end = row_begin(row + 1);
      if (end < first || end > stored)
        detail::refuse_part(rows_, ": row ", row, " is [", first, ", ", end, ") of ", stored);
      for (std::size_t at = static_cast<std::size_t>(first); at < end; ++at) {
        if (column(at) >= shape_[1])
          detail::refuse_part(columns_, ": row ", row, " has column ", column(at), " of ", shape_[1]);
        if (at != first && column(at) <= column(at - 1)) {
          detail::refuse_part(columns_, ": row ", row, " has column ", column(at), " behind column ", column(at - 1));
        }
      }
    }
  }

  std::string prefix_;
  checkpoint_tensor rows_, columns_, values_, size_;
  extents shape_;
};

/// Reads a matrix in compressed rows as floats, any run of them.
template <backend B, is_precision P>
class csr_reader final : public tensor_reader {
 public:
  explicit csr_reader(const mapped_csr& from)
      : from_(from), values_(extents(from.row_begin(from.shape()[0])), from.values()) {}

  void read(std::size_t first, std::size_t n, float* to) const override {
    const std::size_t cols = from_.shape()[1];
    for (std::size_t i = 0; i < n; ++i) to[i] = 0;
    for (std::size_t done = 0; done < n;) {
      const std::size_t row = (first + done) / cols, col = (first + done) % cols;
      const std::size_t run = detail::least(cols - col, n - done);
      read_row(row, col, run, to + done);
      done += run;
    }
  }

 private:
  /// Columns [col, col + n) of a row, whose zeros are there.
  void read_row(std::size_t row, std::size_t col, std::size_t n, float* to) const {
    std::size_t at = from_.row_begin(row), end = from_.row_begin(row + 1);
    for (std::size_t above = end; at < above;) {  // the first that is not left of col
      const std::size_t middle = at + (above - at) / 2;
      if (from_.column(middle) < col)
        at = middle + 1;
      else
        above = middle;
    }
    alignas(cache_line) float values[tile_elements];
    while (at < end && from_.column(at) < col + n) {
      const std::size_t some = detail::least(tile_elements, end - at);
      dequantize_range(B{}, values_, at, some, values);
      for (std::size_t i = 0; i < some && from_.column(at + i) < col + n; ++i)
        to[from_.column(at + i) - col] = values[i];
      at += some;
    }
  }

  mapped_csr from_;
  packed_view<P, const std::uint8_t> values_;
};

/// Declares the tensors of PREFIX.weight in compressed rows.
template <class L, is_precision P>
  requires(is_plain<P> && std::same_as<L, csr<>>)
void declare_sparse(safetensors_writer& out, const std::string& prefix, const extents& shape, std::size_t stored) {
  if (shape.rank != 2) fail("tensor ", detail::quote(prefix), ": only matrices are stored sparse, not ", shape);
  if (shape[1] > std::uint64_t{1} << 31) {
    fail("tensor ", detail::quote(prefix), ": ", shape[1], " columns; 2^31 are stored sparse at most");
  }
  out.add(prefix + ".crow", safetensors_dtype::i64, {std::uint64_t{shape[0]} + 1});
  out.add(prefix + ".col", safetensors_dtype::i32, {stored});
  out.add(prefix + ".values", safetensors_type_of<typename P::codec>::value, {stored});
  out.add(prefix + ".shape", safetensors_dtype::i64, {2});
}

/// Writes the bytes that declare_sparse declared.
template <is_precision P, class Byte>
void fill_sparse(const safetensors_writer& out, const std::string& prefix, const sparse_view<csr<>, P, Byte>& s) {
  detail::put_matrix_shape(out.data(prefix + ".shape"), s.shape);
  std::uint8_t* rows = out.data(prefix + ".crow");
  for (std::size_t r = 0; r <= s.shape.rows(); ++r) detail::put_number<8>(rows + 8 * r, s.index.row_offsets[r]);
  std::uint8_t* columns = out.data(prefix + ".col");
  for (std::size_t i = 0; i < s.stored; ++i) detail::put_number<4>(columns + 4 * i, s.index.columns[i]);
  if (s.stored != 0) std::memcpy(out.data(prefix + ".values"), s.plane[0], s.stored * P::codec::bits / 8);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

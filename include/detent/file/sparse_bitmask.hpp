// SPDX-License-Identifier: MIT
//
// compressed-tensors' sparse layouts in a safetensors file. For the matrix PREFIX.weight [rows, cols]:
//
//   sparse-bitmask       PREFIX.shape        I64 [2]                   rows, cols
//                        PREFIX.compressed   [stored]                  survivors, row by row
//                        PREFIX.bitmask      U8 [rows, ceil(cols / 8)] least bit first
//                        PREFIX.row_offsets  I64 [rows]                survivors before each row
//   sparse-24-bitmask    the same without row_offsets; shape I64 [2, 1], compressed [rows, cols / 2], and two of every
//                        four are kept
//
// Both are read as either sparse layout that they fit. Source: neuralmagic/compressed-tensors, sparse_compressors.
#ifndef DETENT_FILE_SPARSE_BITMASK_HPP
#define DETENT_FILE_SPARSE_BITMASK_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "detent/file/safetensors_writer.hpp"
#include "detent/file/scheme.hpp"
#include "detent/file/sparse_parts.hpp"
#include "detent/file/stored_tensor.hpp"
#include "detent/op/expand.hpp"

namespace detent::inline v0::inline DETENT_ISA {

/// A sparse tensor of a file: its survivors and bits lie in the file, which must outlive it, the rest here.
template <class L, is_precision P>
class mapped_sparse {
 public:
  /// Refuses parts that are missing, of another type or shape than the others say, and bits that contradict them.
  mapped_sparse(const safetensors_checkpoint& from, const std::string& prefix) : prefix_(prefix) {
    bits_ = part(from, ".bitmask", safetensors_dtype::u8);
    shape_part_ = part(from, ".shape", safetensors_dtype::i64);
    values_ = part(from, ".compressed", safetensors_type_of<typename P::codec>::value);
    offsets_ = from.find(prefix + ".row_offsets");
    read_shape();
    check_shapes();
    index_rows();
    validate(detail::name_of_part(bits_).c_str(), view());
  }

  [[nodiscard]] sparse_view<L, P, const std::uint8_t> view() const {
    sparse_view<L, P, const std::uint8_t> to{shape_, stored_, {}, {values_.data()}};
    if constexpr (std::same_as<L, bitmask>)
      to.index = {bits_.data(), row_offsets_.data()};
    else
      to.index = {metadata_.data()};
    return to;
  }

  /// The tensors of the file, the survivors first.
  [[nodiscard]] std::vector<checkpoint_tensor> parts() const {
    std::vector<checkpoint_tensor> all = {values_, bits_, shape_part_};
    if (offsets_.info != nullptr) all.push_back(offsets_);
    return all;
  }

 private:
  checkpoint_tensor part(const safetensors_checkpoint& from, const char* suffix, safetensors_dtype type) const {
    const checkpoint_tensor t = detail::find_part(from, prefix_ + suffix, bits_);
    require_type(t, type);
    return t;
  }
  static void require_type(const checkpoint_tensor& t, safetensors_dtype type) {
    if (t.info->dtype != type) {
      detail::refuse_part(t, " is ", facts_of(t.info->dtype).name, ", not ", facts_of(type).name);
    }
  }

  void read_shape() {
    const auto& dimensions = shape_part_.info->shape;
    if (dimensions != std::vector<std::uint64_t>{2} && dimensions != std::vector<std::uint64_t>{2, 1}) {
      detail::refuse_part(shape_part_, " has the shape ", detail::shape_text(dimensions),
                          ", not [2]: only matrices are sparse");
    }
    shape_ = detail::read_matrix_shape(shape_part_);
  }

  void require_shape(const checkpoint_tensor& t, const std::vector<std::uint64_t>& needed) const {
    if (t.info->shape != needed) {
      detail::refuse_part(t, " has the shape ", detail::shape_text(t.info->shape), " where a matrix ", shape_,
                          " needs ", detail::shape_text(needed));
    }
  }

  void check_shapes() {
    require_shape(bits_, {shape_[0], detail::bytes_of_bits(shape_[1])});
    if (offsets_.info == nullptr) {
      if (shape_[1] % 4 != 0)
        detail::refuse_part(bits_, " has no row_offsets, and rows of ", shape_[1], ", no multiple of 4");
      require_shape(values_, {shape_[0], shape_[1] / 2});
    } else {
      require_type(offsets_, safetensors_dtype::i64);
      require_shape(offsets_, {shape_[0]});
      if (values_.info->shape.size() != 1) require_shape(values_, {values_.info->bytes() / sizeof_element()});
    }
    stored_ = static_cast<std::size_t>(values_.info->bytes()) / sizeof_element();
  }
  static constexpr std::size_t sizeof_element() { return P::codec::bits / 8; }

  /// What the view needs and the file has not as it is.
  void index_rows() {
    const std::size_t rows = shape_.rows(), bytes = detail::bytes_of_bits(shape_.cols());
    const std::uint8_t* bits = bits_.data();
    for (std::size_t b = 0; (offsets_.info == nullptr || std::same_as<L, two_of_four>) && b < rows * bytes; ++b) {
      const std::uint8_t low = detail::code_of_group[bits[b] & 15u], high = detail::code_of_group[bits[b] >> 4];
      const bool half = shape_.cols() % 8 != 0 && b % bytes == bytes - 1;
      if (low == 0 || (half ? bits[b] >> 4 != 0 : high == 0)) {
        detail::refuse_part(bits_, ": a group of four in row ", b / bytes, " keeps another number than two");
      }
      if constexpr (std::same_as<L, two_of_four>) metadata_.push_back(static_cast<std::uint8_t>(low | high << 4));
    }
    if constexpr (std::same_as<L, bitmask>) {
      for (std::size_t row = 0; row < rows; ++row) {
        row_offsets_.push_back(offsets_.info != nullptr ? detail::number_at<8>(offsets_, row)
                                                        : row * (shape_.cols() / 2));
      }
    }
  }

  std::string prefix_;
  checkpoint_tensor bits_, shape_part_, values_, offsets_;
  extents shape_;
  std::size_t stored_ = 0;
  std::vector<std::uint64_t> row_offsets_;
  std::vector<std::uint8_t> metadata_;
};

/// Reads a sparse tensor of a file as floats, any run of them.
template <backend B, is_precision P>
class sparse_reader final : public tensor_reader {
 public:
  explicit sparse_reader(mapped_sparse<bitmask, P> from) : from_(std::move(from)) {}

  void read(std::size_t first, std::size_t n, float* to) const override {
    const auto s = from_.view();
    const std::size_t cols = s.shape.cols();
    std::size_t done = 0;
    while (done < n) {
      const std::size_t row = (first + done) / cols;
      detail::decode_sparse_rows(B{}, s, row, row + 1, [&](std::size_t flat, std::size_t count, const float* values) {
        if (done == n || first + done >= flat + count) return;
        const std::size_t skip = first + done - flat;
        const std::size_t run = detail::least(count - skip, n - done);
        std::memcpy(to + done, values + skip, run * sizeof(float));
        done += run;
      });
    }
  }

 private:
  mapped_sparse<bitmask, P> from_;
};

/// Declares the tensors of PREFIX.weight: sparse-bitmask for the layout `bitmask`, sparse-24-bitmask for two_of_four.
template <class L, is_precision P>
  requires(is_plain<P> && (std::same_as<L, bitmask> || std::same_as<L, two_of_four>))
void declare_sparse(safetensors_writer& out, const std::string& prefix, const extents& shape, std::size_t stored) {
  detail::check_layout_shape<L>("declare_sparse", shape);
  if (shape.rank != 2) fail("tensor ", detail::quote(prefix), ": only matrices are stored sparse, not ", shape);
  constexpr safetensors_dtype type = safetensors_type_of<typename P::codec>::value;
  const std::uint64_t rows = shape[0], cols = shape[1];
  out.add(prefix + ".bitmask", safetensors_dtype::u8, {rows, detail::bytes_of_bits(cols)});
  if constexpr (std::same_as<L, bitmask>) {
    out.add(prefix + ".shape", safetensors_dtype::i64, {2});
    out.add(prefix + ".compressed", type, {stored});
    out.add(prefix + ".row_offsets", safetensors_dtype::i64, {rows});
  } else {
    out.add(prefix + ".shape", safetensors_dtype::i64, {2, 1});
    out.add(prefix + ".compressed", type, {rows, cols / 2});
  }
}

template <class L, is_precision P, class Byte>
void declare_sparse(safetensors_writer& out, const std::string& prefix, const sparse_view<L, P, Byte>& s) {
  detail::check_sparse("declare_sparse", s);
  declare_sparse<L, P>(out, prefix, s.shape, s.stored);
}

/// Writes the bytes that declare_sparse declared.
template <class L, is_precision P, class Byte>
void fill_sparse(const safetensors_writer& out, const std::string& prefix, const sparse_view<L, P, Byte>& s) {
  detail::put_matrix_shape(out.data(prefix + ".shape"), s.shape);
  const std::size_t rows = s.shape.rows(), bytes = rows * detail::bytes_of_bits(s.shape.cols());
  std::uint8_t* bits = out.data(prefix + ".bitmask");
  if constexpr (std::same_as<L, bitmask>) {
    if (bytes != 0) std::memcpy(bits, s.index.bits, bytes);
    std::uint8_t* offsets = out.data(prefix + ".row_offsets");
    for (std::size_t r = 0; r < rows; ++r) detail::put_number<8>(offsets + 8 * r, s.index.row_offsets[r]);
  } else {
    for (std::size_t b = 0; b < bytes; ++b) bits[b] = detail::kept_by_metadata[s.index.metadata[b]];
  }
  if (s.stored != 0) std::memcpy(out.data(prefix + ".compressed"), s.plane[0], s.stored * P::codec::bits / 8);
}

}  // namespace detent::inline v0::inline DETENT_ISA

#endif

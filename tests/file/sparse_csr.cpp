// SPDX-License-Identifier: MIT
//
// Compressed rows of a file: written, and read back in runs of any length.
#include "detent/file/sparse_csr.hpp"

#include <catch2/catch.hpp>

#include "detent/backend/native.hpp"
#include "detent/file/catalog.hpp"
#include "detent/formats.hpp"
#include "detent/op/compress.hpp"
#include "detent/op/quantize.hpp"
#include "detent/store/bit_mask.hpp"
#include "detent/store/packed_tensor.hpp"
#include "detent/store/sparse_tensor.hpp"
#include "stored_support.hpp"

using namespace detent;

TEST_CASE("runs of compressed rows are those of the dense matrix") {
  constexpr std::size_t rows = 7, cols = 2600;  // rows of more survivors than a tile, and one of none
  std::vector<float> dense(rows * cols);
  bit_mask keep(extents(rows, cols));
  for (std::size_t i = 0; i < dense.size(); ++i) {
    const bool kept = i / cols != 3 && i * 7 % 11 < 6;
    dense[i] = kept ? static_cast<float>(i + 1) : 0.0f;
    if (!kept) keep.data()[i / 64] &= ~(std::uint64_t{1} << (i % 64));
  }
  packed_tensor<fp32> q({rows, cols});
  quantize(scalar{}, tensor_view<const float, 2>(dense.data(), {rows, cols}), q.view());
  const auto s = compress<csr<>>(scalar{}, std::as_const(q).view(), std::as_const(keep).view());

  const test::folder f;
  safetensors_writer out;
  declare_sparse<csr<>, fp32>(out, "w", s.shape(), s.stored());
  out.begin(f / "t.safetensors");
  fill_sparse(out, "w", s.view());
  out.commit();

  const safetensors_checkpoint from(f / "t.safetensors");
  const auto tensors = stored_tensors<type_list<fp32, fp16>>(scalar{}, from);
  REQUIRE(tensors.size() == 1);
  REQUIRE(tensors[0].name == "w.weight");
  REQUIRE(tensors[0].dimensions == std::vector<std::uint64_t>{rows, cols});
  std::vector<float> run(dense.size());
  for (const std::size_t n : {std::size_t{1}, std::size_t{63}, std::size_t{2599}, std::size_t{6001}, dense.size()}) {
    for (std::size_t first = 0; first + n <= dense.size(); first += n == 1 ? 97 : n / 3) {
      tensors[0].read(first, n, run.data());
      const bool same = std::equal(run.begin(), run.begin() + static_cast<std::ptrdiff_t>(n),
                                   dense.begin() + static_cast<std::ptrdiff_t>(first));
      INFO(n << " elements from " << first);
      REQUIRE(same);
    }
  }
}

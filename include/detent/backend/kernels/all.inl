// SPDX-License-Identifier: MIT
//
// All kernels, inside the namespace of an instruction set: lanes go in, a backend comes out.
namespace kernels {
#include "detent/backend/kernels/tile.inl"

#include "detent/backend/kernels/bins.inl"
#include "detent/backend/kernels/bit_bins.inl"
#include "detent/backend/kernels/grades.inl"
#include "detent/backend/kernels/reduce.inl"

#include "detent/backend/kernels/choose.inl"
#include "detent/backend/kernels/decode_fast.inl"

#include "detent/backend/kernels/decode.inl"
#include "detent/backend/kernels/encode_fast.inl"

#include "detent/backend/kernels/encode.inl"

#include "detent/backend/kernels/decode_to_halves.inl"
#include "detent/backend/kernels/encode_at_random.inl"

#include "detent/backend/kernels/survivors.inl"

#include "detent/backend/kernels/mask.inl"

#include "detent/backend/kernels/product.inl"

#include "detent/backend/kernels/pack.inl"

#include "detent/backend/kernels/decode_pairs.inl"
}  // namespace kernels

#include "detent/backend/kernels/backend.inl"

// SPDX-License-Identifier: MIT
//
// All kernels, inside the namespace of an instruction set: lanes go in, a backend comes out.
namespace kernels {
#include "detent/backend/kernels/tile.inl"

#include "detent/backend/kernels/decode.inl"
#include "detent/backend/kernels/encode.inl"
#include "detent/backend/kernels/pack.inl"
#include "detent/backend/kernels/reduce.inl"
}  // namespace kernels

#include "detent/backend/kernels/backend.inl"

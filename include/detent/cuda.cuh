// SPDX-License-Identifier: MIT
//
// The operations on a CUDA device, with the bytes of the host's. It needs nvcc and no flags; formats are included by
// themselves. What the device computes, the host's kernels compute too: see docs/cuda.md.
#ifndef DETENT_CUDA_CUH
#define DETENT_CUDA_CUH

#include "detent/cuda/convert.cuh"
#include "detent/cuda/dequantize.cuh"
#include "detent/cuda/error.cuh"
#include "detent/cuda/mask.cuh"
#include "detent/cuda/quantize.cuh"

#endif

// SPDX-License-Identifier: MIT
//
// All host parts that need neither xsimd, Eigen, files nor CUDA, on the `scalar` backend. Formats are included one by
// one (detent/format/…), or all at once (detent/formats.hpp). For speed, include detent/native.hpp too.
#ifndef DETENT_DETENT_HPP
#define DETENT_DETENT_HPP

#include "detent/backend/scalar.hpp"
#include "detent/core/type_list.hpp"
#include "detent/op/convert.hpp"
#include "detent/op/count.hpp"
#include "detent/op/dequantize.hpp"
#include "detent/op/error.hpp"
#include "detent/op/quantize.hpp"
#include "detent/store/packed_tensor.hpp"

#endif

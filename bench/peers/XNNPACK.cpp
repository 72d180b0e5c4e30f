// SPDX-License-Identifier: MIT
//
// The peer "XNNPACK": its conversions, on its own threads. The operator is made once, before the measurement; that its
// pointers are set counts, which is nothing beside a row.
#include <pthreadpool.h>
#include <xnnpack.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "peer.hpp"

namespace {

using bench::request;
using bench::peer::bytes;
using bench::peer::copies;
using bench::peer::floats;

constexpr float given_scale = 0.005f;

void check(xnn_status status) {
  if (status == xnn_status_success) return;
  std::fprintf(stderr, "XNNPACK refused: %d\n", static_cast<int>(status));
  std::exit(1);
}

struct destroyed {
  void operator()(xnn_operator* made) const { xnn_delete_operator(made); }
};
struct joined {
  void operator()(pthreadpool* pool) const { pthreadpool_destroy(pool); }
};
struct state {
  std::unique_ptr<pthreadpool, joined> threads;  // null: the caller's
  std::unique_ptr<xnn_operator, destroyed> prepared;
};
state& here() {
  static state one;
  return one;
}
xnn_operator_t prepared() { return here().prepared.get(); }
pthreadpool_t threads() { return here().threads.get(); }

/// create(columns, the operator).
template <class F>
void prepare(const request& r, const F& create) {
  bench::peer::take_threads(r);
  check(xnn_initialize(nullptr));
  here().threads.reset(r.threads > 1 ? pthreadpool_create(static_cast<std::size_t>(r.threads)) : nullptr);
  xnn_operator_t made = nullptr;
  check(create(r.cols, &made));
  here().prepared.reset(made);
}

void prepare_quantize_int8(const request& r) {
  prepare(r, [](std::size_t cols, xnn_operator_t* made) {
    return xnn_create_convert_nc_f32_qs8(cols, cols, cols, given_scale, 0, -127, 127, 0, made);
  });
}
void prepare_dequantize_int8(const request& r) {
  prepare(r, [](std::size_t cols, xnn_operator_t* made) {
    return xnn_create_convert_nc_qs8_f32(cols, cols, cols, given_scale, 0, 0, made);
  });
}
void prepare_quantize_fp16(const request& r) {
  prepare(r, [](std::size_t cols, xnn_operator_t* made) {
    return xnn_create_convert_nc_f32_f16(cols, cols, cols, 0, made);
  });
}
void prepare_dequantize_fp16(const request& r) {
  prepare(r, [](std::size_t cols, xnn_operator_t* made) {
    return xnn_create_convert_nc_f16_f32(cols, cols, cols, 0, made);
  });
}

void run() { check(xnn_run_operator(prepared(), threads())); }

void quantize_int8(const request& r) {
  check(xnn_setup_convert_nc_f32_qs8(prepared(), r.rows, floats(r), static_cast<std::int8_t*>(r.to), threads()));
  run();
}
void dequantize_int8(const request& r) {
  check(xnn_setup_convert_nc_qs8_f32(prepared(), r.rows, static_cast<const std::int8_t*>(r.from),
                                     static_cast<float*>(r.to), threads()));
  run();
}
void quantize_fp16(const request& r) {
  check(xnn_setup_convert_nc_f32_f16(prepared(), r.rows, floats(r), r.to, threads()));
  run();
}
void dequantize_fp16(const request& r) {
  check(xnn_setup_convert_nc_f16_f32(prepared(), r.rows, r.from, static_cast<float*>(r.to), threads()));
  run();
}

const bench::kernel kernels[] = {
    {"quantize", "int8_given", "XNNPACK", nullptr, bytes<8, 0, true>, quantize_int8, prepare_quantize_int8, copies},
    {"quantize", "fp16", "XNNPACK", nullptr, bytes<16, 0, true>, quantize_fp16, prepare_quantize_fp16, copies},
    {"dequantize", "int8", "XNNPACK", "int8", bytes<8, 0, false>, dequantize_int8, prepare_dequantize_int8, copies},
    {"dequantize", "fp16", "XNNPACK", "fp16", bytes<16, 0, false>, dequantize_fp16, prepare_dequantize_fp16, copies},
};
const bench::registration registered{kernels, sizeof kernels / sizeof *kernels};

}  // namespace

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The kernels of torch and bitsandbytes on the jobs of device/bench.cu, where the packages are installed.

One JSON line for each job, as device/bench.cu prints them. Exit code 77: there is nothing to compare with, and why.
"""
import json
import sys

ROWS, COLS = 8192, 4096
REPEATS = 30


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


try:
    import torch
except ImportError:
    skip("torch is not installed")
if not torch.cuda.is_available():
    skip("torch sees no CUDA device")
try:
    import bitsandbytes.functional as bnb
except ImportError:
    bnb = None


def median_time(call, buffers):
    for i in range(buffers):
        call(i)
    times = []
    for i in range(REPEATS):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        call(i % buffers)
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) / 1000)
    return sorted(times)[REPEATS // 2]


def report(job, by, read, written, seconds):
    print(json.dumps({"job": job, "by": by, "bytes_read": read, "bytes_written": written,
                      "microseconds": round(seconds * 1e6, 2), "tb_per_s": round((read + written) / seconds * 1e-12, 3)}),
          flush=True)


def main():
    n = ROWS * COLS
    count = 8
    halves = [torch.randn(ROWS, COLS, device="cuda", dtype=torch.bfloat16) for _ in range(count)]
    floats = [x.float() for x in halves[:4]]
    targets = [torch.empty_like(x) for x in halves]
    report("copy of bf16", "torch", 2 * n, 2 * n, median_time(lambda i: targets[i].copy_(halves[i]), count))
    narrow = [torch.empty(ROWS, COLS, device="cuda", dtype=torch.bfloat16) for _ in range(4)]
    report("fp32 to bf16", "torch", 4 * n, 2 * n, median_time(lambda i: narrow[i].copy_(floats[i]), 4))
    if hasattr(torch, "float8_e4m3fn"):
        bytes8 = [torch.empty(ROWS, COLS, device="cuda", dtype=torch.float8_e4m3fn) for _ in range(count)]
        report("bf16 to fp8_e4m3fn", "torch", 2 * n, n, median_time(lambda i: bytes8[i].copy_(halves[i]), count))
    if bnb is None:
        print("skipped: bitsandbytes is not installed")
        return
    scales = n // 64 * 4
    report("fp32 to bnb::nf4", "bitsandbytes", 4 * n, n // 2 + scales,
           median_time(lambda i: bnb.quantize_4bit(floats[i], blocksize=64, quant_type="nf4"), 4))
    report("bf16 to bnb::nf4", "bitsandbytes", 2 * n, n // 2 + scales,
           median_time(lambda i: bnb.quantize_4bit(halves[i], blocksize=64, quant_type="nf4"), count))
    packed = [bnb.quantize_4bit(x, blocksize=64, quant_type="nf4") for x in halves]
    report("bnb::nf4 to bf16", "bitsandbytes", n // 2 + scales, 2 * n,
           median_time(lambda i: bnb.dequantize_4bit(*packed[i], out=targets[i]), count))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The kernels of torch and bitsandbytes on the jobs of device/bench.cu, where the packages are installed.

One JSON line for each job, as device/bench.cu prints them. Exit code 77: there is nothing to compare with, and why.
"""
import json
import sys

ROWS, COLS = 16384, 4096
REPEATS, CALLS = 30, 8


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
    """Seconds of one call; a sample is eight that wait in the stream behind a product, so that Python's time is not in it."""
    busy = torch.randn(4096, 4096, device="cuda", dtype=torch.bfloat16)
    for i in range(2 * buffers):
        call(i % buffers)
    times, n = [], 0
    for _ in range(REPEATS):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        for _ in range(4):
            busy @ busy
        begin.record()
        for _ in range(CALLS):
            call(n % buffers)
            n += 1
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) / 1000 / CALLS)
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
    if hasattr(bnb, "int8_vectorwise_quant"):
        fp16 = [x.half() for x in halves]
        report("fp16 to int8_rows", "bitsandbytes", 2 * n, n + ROWS * 4,
               median_time(lambda i: bnb.int8_vectorwise_quant(fp16[i]), count))
    packed = [bnb.quantize_4bit(x, blocksize=64, quant_type="nf4") for x in halves]
    report("bnb::nf4 to bf16", "bitsandbytes", n // 2 + scales, 2 * n,
           median_time(lambda i: bnb.dequantize_4bit(*packed[i], out=targets[i]), count))


if __name__ == "__main__":
    main()

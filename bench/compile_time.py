#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What including detent costs: preprocessed lines (-E -P) and seconds to compile (-O2 -c), the median of several runs.

    python3 bench/compile_time.py [--compiler c++ …] [--runs 7] [--json FILE]

The sets with a limit are those of cmake/budgets.txt. `use` is a file that also quantizes and dequantizes a tensor of
that format; `xsimd` and `Eigen` are those libraries alone, to compare with.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

USE = """
using format = detent::{format};
void use(const float* x, unsigned char* codes, unsigned char* scales, float* y, std::size_t rows, std::size_t cols) {{
  const detent::packed_view<format, unsigned char> q(detent::extents(rows, cols), codes, scales);
  detent::quantize({backend}{{}}, detent::tensor_view<const float, 2>{{x, {{rows, cols}}}}, q);
  detent::dequantize({backend}{{}}, q, detent::tensor_view<float, 2>{{y, {{rows, cols}}}});
}}
"""
AVX2_ALONE = ["-DDETENT_NATIVE_WITHOUT_SSE", "-DDETENT_NATIVE_WITHOUT_AVX512"]
OPERATIONS = ["detent/format/nf4.hpp", "detent/op/quantize.hpp", "detent/op/dequantize.hpp"]


def budgets():
    """Header sets of cmake/budgets.txt, with their limits."""
    for line in (ROOT / "cmake/budgets.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            limit, *headers = line.split()
            yield " + ".join(h.removeprefix("detent/") for h in headers), headers, "", [], int(limit)


def sets():
    yield from budgets()
    for name, header, backend, flags in (
        ("scalar", "detent/backend/scalar.hpp", "detent::scalar", []),
        ("native", "detent/backend/native.hpp", "detent::native", []),
        ("native, AVX2 alone", "detent/backend/native.hpp", "detent::native", AVX2_ALONE),
        ("simd, AVX2", "detent/backend/simd.hpp", "detent::simd<>", ["-mavx2", "-mf16c"]),
    ):
        body = USE.format(format="nf4", backend=backend)
        yield f"use: nf4, {name}", [*OPERATIONS, header], body, flags, None
    yield "detent.hpp + native.hpp", ["detent/detent.hpp", "detent/native.hpp"], "", [], None
    yield "detent.hpp + formats.hpp", ["detent/detent.hpp", "detent/formats.hpp"], "", [], None
    yield "xsimd, AVX2", ["xsimd/xsimd.hpp"], "", ["-mavx2", "-mf16c"], None
    yield "Eigen/Core", ["Eigen/Core"], "", [], None
    yield "interop/eigen.hpp", ["detent/interop/eigen.hpp"], "", [], None


def measured(compiler, headers, body, flags, runs):
    """(lines, seconds), or None where a header is not installed."""
    text = "".join(f"#include <{h}>\n" for h in headers) + body
    command = [compiler, "-std=c++20", f"-I{ROOT / 'include'}", "-I/usr/include/eigen3", *flags]
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "use.cpp")
        source.write_text(text)
        seen = subprocess.run([*command, "-E", "-P", str(source)], capture_output=True, text=True)
        if seen.returncode != 0:
            return None
        seconds = []
        for _ in range(runs):
            started = time.perf_counter()
            subprocess.run([*command, "-O2", "-c", str(source), "-o", str(source) + ".o"], check=True)
            seconds.append(time.perf_counter() - started)
    lines = sum(1 for line in seen.stdout.splitlines() if line.strip())
    return lines, statistics.median(seconds)


def version(compiler):
    return subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--compiler", nargs="+", default=["c++"])
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--json", type=pathlib.Path)
    given = options.parse_args()
    rows = []
    for compiler in given.compiler:
        print(version(compiler))
        for name, headers, body, flags, limit in sets():
            found = measured(compiler, headers, body, flags, given.runs)
            if found is None:
                print(f"  {name:55} skipped: a header of it is not installed")
                continue
            lines, seconds = found
            rows.append({"compiler": version(compiler), "set": name, "headers": headers, "flags": flags, "lines": lines,
                         "limit": limit, "seconds": round(seconds, 3)})
            print(f"  {name:55} {lines:7} lines{f' of {limit}' if limit else '':10} {seconds:6.2f} s")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()

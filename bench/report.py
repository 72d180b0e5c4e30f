#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes one JSON, one table and one picture of what the benches wrote.

    python3 bench/report.py RESULTS FOLDER [--name NAME]

RESULTS holds PROGRAM-NAME.json of Google Benchmark and compile_time.json. All figures are fractions of the fastest copy
of the same bytes in the same buffers, measured in turns with the operation; medians.
"""
import argparse
import datetime
import json
import pathlib
import platform
import re
import subprocess
import sys

BACKENDS = ("native", "native, avx2", "simd", "scalar")
PLACES = ("L2", "DRAM")

# What is aimed at: (operation, precisions) -> (L2, DRAM), as fractions of the best copy.
ELEMENTS = ("fp16", "bf16")
FOUR_BITS = ("int4", "nf4", "bnb::nf4", "bnb::nf4_double_quant", "fp4", "bnb::fp4", "mxfp4")
TARGETS = [
    ("quantize", ELEMENTS, (0.95, 0.95)),
    ("dequantize", ELEMENTS, (0.95, 0.95)),
    ("quantize", ("int8_given", "fp8_e4m3fn_given", "fp8_e5m2_given"), (0.95, 0.95)),
    ("dequantize", ("int8", "int8_rows", "int8_blocks", "fp8_e4m3fn", "fp8_e5m2"), (0.95, 0.95)),
    ("quantize", ("int8_blocks", "int8_rows", "ggml::q8_0"), (0.80, 0.95)),
    ("dequantize", FOUR_BITS, (0.85, 0.95)),
    ("quantize", FOUR_BITS, (0.40, 0.90)),
    ("prune_apply", ("fp32_50", "fp32_90"), (None, 0.70)),
    ("prune_compress", ("fp32_50", "fp32_90"), (None, 0.70)),
    ("prune_expand", ("fp32_50", "fp32_90"), (None, 0.70)),
    ("prune_mask", ("magnitude",), (None, 0.25)),
    ("quantize", ("int8_stochastic", "int8_blocks_stochastic", "int4_stochastic", "fp8_e4m3fn_stochastic"),
     (0.30, 0.80)),
]


def target(operation, precision):
    for of, precisions, fractions in TARGETS:
        if of == operation and precision in precisions:
            return {place: f for place, f in zip(PLACES, fractions) if f is not None}
    return {}


def processor():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
        return re.search(r"model name\s*:\s*(.*)", text).group(1)
    except (OSError, AttributeError):
        return platform.machine()


def read(results):
    """[(operation, precision, backend, place, threads, counters)], and what the programs say of themselves."""
    rows, context = [], {}
    for path in sorted(results.glob("*-*.json")):
        limited = path.stem.split("-", 1)[1]
        text = path.read_text()
        seen = json.loads(text) if text.strip() else {}
        if not seen.get("benchmarks"):  # no name matched the filter
            print(f"report: {path.name} is left out: nothing was measured")
            continue
        if limited == "best":
            context = seen["context"]
        for b in seen["benchmarks"]:
            if "copy_fraction" not in b:
                continue
            operation, precision, backend, place, threads = b["name"].split("/")[:5]
            if limited != "best":
                backend = f"{backend}, {limited}"
            rows.append({"operation": operation, "precision": precision, "backend": backend, "place": place,
                         "threads": int(threads), "copy_fraction": round(b["copy_fraction"], 3),
                         "items_per_second": round(b["items_per_second"]),
                         "bytes_per_second": round(b["bytes_per_second"]), "copy": b.get("label", "")})
    return rows, context


class Figures:
    def __init__(self, rows):
        self.by = {(r["operation"], r["precision"], r["backend"], r["place"], r["threads"]): r for r in rows}
        self.backends = sorted({r["backend"] for r in rows})
        self.peers = [b for b in self.backends if b not in BACKENDS]
        self.jobs = list(dict.fromkeys((r["operation"], r["precision"]) for r in rows))

    def fraction(self, job, backend, place, threads=1):
        found = self.by.get((*job, backend, place, threads))
        return found and found["copy_fraction"]

    def speed(self, job, backend, place, threads):
        found = self.by.get((*job, backend, place, threads))
        return found and found["items_per_second"]


def number(x):
    return "" if x is None else f"{x:.2f}".lstrip("0") if x < 1 else f"{x:.2f}"


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join("---" for _ in head) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def fractions(figures, operation):
    """One line for each precision: every backend, the peers, and the target."""
    backends = [b for b in BACKENDS if b in figures.backends]
    head = ["precision"] + [f"{b}, {p}" for b in backends for p in PLACES] + ["peers, L2", "peers, DRAM", "target"]
    rows = []
    for job in figures.jobs:
        if job[0] != operation:
            continue
        cells = [f"`{job[1]}`"] + [number(figures.fraction(job, b, p)) for b in backends for p in PLACES]
        for place in PLACES:
            peers = [(figures.fraction(job, b, place), b) for b in figures.peers]
            cells.append(", ".join(f"{b} {number(f)}" for f, b in peers if f is not None))
        aim = target(*job)
        reached = [figures.fraction(job, "native", p) is not None and figures.fraction(job, "native", p) >= aim[p]
                   for p in aim]
        where = "" if len(aim) == len(PLACES) else "".join(f"{p} " for p in aim)
        cells.append(where + " / ".join(f"{number(aim[p])}{' ✓' if ok else ''}" for p, ok in zip(aim, reached)))
        rows.append(cells)
    return table(head, rows)


def two_threads(figures):
    rows = []
    for job in figures.jobs:
        one, two = (figures.speed(job, "native", "L2", n) for n in (1, 2))
        if one and two and job[0] in ("quantize", "dequantize"):
            rows.append((job, two / one))
    if not rows:
        return
    rows.sort(key=lambda row: row[1])
    middle = rows[len(rows) // 2][1]
    yield f"Two threads in L2 do {rows[0][1]:.2f} ({rows[0][0][0]} `{rows[0][0][1]}`) to {rows[-1][1]:.2f} times as much " \
          f"as one; the median of {len(rows)} is {middle:.2f}. Aimed at: 1.9."


PRODUCTS = {"prune_vector": "vector, fp32", "prune_vector_int8": "vector, int8", "prune_matrix": "matrix of 64, fp32",
            "prune_matrix_int8": "matrix of 64, int8"}


def sparse_gains(figures):
    """The sparse product's speed over the dense one's: above 1 sparse wins."""
    names = list(dict.fromkeys(job[1] for job in figures.jobs if job[0] in PRODUCTS and job[1] != "dense_0"))
    rows = []
    for operation, text in PRODUCTS.items():
        for place in PLACES:
            dense = figures.speed((operation, "dense_0"), "native", place, 1)
            sparse = [figures.speed((operation, name), "native", place, 1) for name in names]
            if dense and any(sparse):
                rows.append([text, place] + [f"{s / dense:.2f}" if s else "" for s in sparse])
    return table(["product with a", "place"] + [f"`{name}`" for name in names], rows) if rows else []


def compile_times(rows):
    head = ["compiler", "what is included", "lines", "limit", "seconds"]
    return table(head, [[r["compiler"], f"`{r['set']}`", str(r["lines"]), str(r["limit"] or ""), f"{r['seconds']:.2f}"]
                        for r in rows])


def facts(context, rows, where):
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"), "processor": where or processor(),
            "native": context["native"], "l2": context["l2"], "last_level_cache": context["last_level_cache"],
            "footprint_l2": context["footprint_l2"], "footprint_dram": context["footprint_dram"],
            "compiler": context["compiler"], "flags": context["flags"], "simd_flags": context["simd_flags"],
            "figures": len(rows)}


def document(said, figures, compiled, picture):
    yield f"# {said['native']}, {said['date']}"
    yield ""
    yield f"Written by `scripts/bench`; do not edit. {said['processor']}; L2 {said['l2']}, last level " \
          f"{said['last_level_cache']}. {said['compiler']}, flags `{said['flags']}`; `simd` with `{said['simd_flags']}`; " \
          f"`native` and `scalar` with no `-m` flags. Footprints: {said['footprint_l2']} in L2, " \
          f"{said['footprint_dram']} in DRAM."
    yield ""
    yield "Figures are fractions of the fastest copy of the same bytes in the same buffers, measured in turns with the " \
          "operation: medians, one thread. Targets are L2 / DRAM; ✓: `native` reaches it."
    yield ""
    if picture:
        yield f"![fractions of the speed of a copy]({picture})"
        yield ""
    for operation in dict.fromkeys(job[0] for job in figures.jobs if job[0] not in PRODUCTS):
        yield f"## {operation}"
        yield ""
        yield from fractions(figures, operation)
        yield ""
    gains = list(sparse_gains(figures))
    if gains:
        yield "## Sparse products"
        yield ""
        yield "Speed over the dense product's, one thread; names end in what is pruned, in percent. Above 1 sparse wins."
        yield ""
        yield from gains
        yield ""
    threads = list(two_threads(figures))
    if threads:
        yield "## Two threads"
        yield ""
        yield from threads
        yield ""
    if compiled:
        yield "## Compile time"
        yield ""
        yield from compile_times(compiled)


def draw(figures, to):
    """Bars of native in L2, and the best peer as a mark, by gnuplot. False if there is none."""
    lines = []
    for operation in ("quantize", "dequantize"):
        for job in figures.jobs:
            ours = figures.fraction(job, "native", "L2")
            if job[0] == operation and ours is not None:
                peers = [f for f in (figures.fraction(job, b, "L2") for b in figures.peers) if f is not None]
                aim = target(*job).get("L2")
                lines.append((operation, job[1], ours, max(peers, default=None), aim))
    plots = []
    for operation in ("quantize", "dequantize"):
        block = [line for line in lines if line[0] == operation]
        if block:
            plots.append((operation, block))
    if not plots:
        return False
    script = [f"set terminal svg size 1200,{420 * len(plots)} font 'sans,11' background 'white'",
              f"set output '{to}'", f"set multiplot layout {len(plots)},1", "set style fill solid 0.8 noborder",
              "set boxwidth 0.7", "set yrange [0:1.05]", "set grid ytics", "set xtics rotate by -40 noenhanced",
              "set ylabel 'fraction of the best copy'", "set key outside top right horizontal", "set bmargin 9"]
    for operation, block in plots:
        script.append(f"$data << EOD\n" + "\n".join(
            f'{i} "{name}" {ours} {"NaN" if peer is None else peer} {"NaN" if aim is None else aim}'
            for i, (_, name, ours, peer, aim) in enumerate(block)) + "\nEOD")
        script.append(f"set title '{operation}, in L2, one thread'")
        script.append("plot $data using 1:3:xtic(2) with boxes lc rgb '#4C78A8' title 'native', "
                      "$data using 1:4 with points pt 7 ps 0.9 lc rgb '#E45756' title 'best peer', "
                      "$data using 1:5 with points pt 2 ps 0.9 lc rgb '#333333' title 'target'")
    try:
        subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("results", type=pathlib.Path)
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--name")
    options.add_argument("--processor", help="if the results were not made on this machine")
    given = options.parse_args()
    rows, context = read(given.results)
    if not context:
        print("report: nothing was measured; nothing is written")
        return 1
    said = facts(context, rows, given.processor)
    name = given.name or f"{said['date']}-{said['native']}"
    compile_file = given.results / "compile_time.json"
    compiled = json.loads(compile_file.read_text()) if compile_file.exists() else []
    figures = Figures(rows)
    drawn = draw(figures, given.folder / f"{name}.svg")
    (given.folder / f"{name}.json").write_text(
        json.dumps({**said, "rows": rows, "compile_time": compiled}, indent=1) + "\n")
    text = "\n".join(document(said, figures, compiled, f"{name}.svg" if drawn else None))
    (given.folder / f"{name}.md").write_text(text.rstrip() + "\n")
    print(f"report: {given.folder / name}.json, .md" + (", .svg" if drawn else " (no picture: gnuplot is not there)"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

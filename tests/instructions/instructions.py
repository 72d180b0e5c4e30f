#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions per element, counted by callgrind and held against a table: speed without noise.

    instructions.py --program FILE --compiler NAME --work FOLDER [--write]

The program runs every operation on two sizes; the difference is what the elements cost, without what a call costs.
valgrind knows no AVX-512, so that the kernels are AVX2's. `--write` writes the table anew:

    cmake --build --preset dev --target detent_write_instructions

Exit code 0: all within 2 %. 1: some are not, or the table has other rows. 77: cannot be counted here, and why.
"""
import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

TABLE = Path(__file__).with_name("table.txt")
TOLERANCE = 0.02
KERNELS = "avx2"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def counts(program, work):
    """{operation: instructions per element}, from one run."""
    valgrind = shutil.which("valgrind") or skip("valgrind is not installed")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    done = subprocess.run(
        [valgrind, "--tool=callgrind", f"--callgrind-out-file={work}/count", "--combine-dumps=no", program],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"failed: {program} under valgrind\n{done.stderr[-2000:]}")
    chosen = done.stdout.split()[0]
    if chosen != KERNELS:
        skip(f"under valgrind this processor has the kernels {chosen}; the table is of {KERNELS}")
    sizes = {}
    for dump in work.glob("count.*"):
        text = dump.read_text()
        trigger = re.search(r"^desc: Trigger: Client Request: (\S+) (\d+)$", text, re.M)
        if trigger:
            total = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
            sizes.setdefault(trigger.group(1), {})[int(trigger.group(2))] = int(total.group(1))
    result = {}
    for name, by_size in sizes.items():
        (few, less), (many, more) = sorted(by_size.items())
        result[name] = (more - less) / (many - few)
    return result


def read_table():
    head, rows = {}, {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            key, value = line.split(maxsplit=1)
            if "/" in key:
                rows[key] = float(value)
            else:
                head[key] = value
    return head, rows


def write_table(compiler, measured):
    lines = ["# Instructions per element, counted by callgrind (instructions.py --write).",
             f"compiler {compiler}", f"kernels {KERNELS}"]
    lines += [f"{name:<40}{value:9.3f}" for name, value in sorted(measured.items())]
    TABLE.write_text("\n".join(lines) + "\n")
    print(f"{TABLE.name}: {len(measured)} rows")


def compare(measured, rows):
    wrong = [f"{name}: not in table.txt" for name in sorted(measured.keys() - rows.keys())]
    wrong += [f"{name}: no longer counted" for name in sorted(rows.keys() - measured.keys())]
    for name in sorted(measured.keys() & rows.keys()):
        ratio = measured[name] / rows[name]
        print(f"{name:<40}{measured[name]:9.3f} of {rows[name]:9.3f}")
        if abs(ratio - 1) > TOLERANCE:
            kind = "more" if ratio > 1 else "fewer"
            wrong.append(f"{name}: {measured[name]:.3f} instructions per element, {rows[name]:.3f} in the table: "
                         f"{abs(ratio - 1):.1%} {kind}")
    return wrong


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--compiler", required=True, help="its name, version and flags, as the table has them")
    arguments.add_argument("--work", type=Path, required=True, help="folder for callgrind's files")
    arguments.add_argument("--write", action="store_true", help="write the table anew")
    chosen = arguments.parse_args()
    if chosen.write:
        write_table(chosen.compiler, counts(chosen.program, chosen.work))
        return
    head, rows = read_table()
    if head["compiler"] != chosen.compiler:
        skip(f"the table is of {head['compiler']}; this is {chosen.compiler}")
    wrong = compare(counts(chosen.program, chosen.work), rows)
    for line in wrong:
        print(f"instructions: {line}")
    if wrong:
        print("If that is meant: cmake --build --preset dev --target detent_write_instructions")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

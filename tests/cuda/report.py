#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes docs/performance/cuda-DATE-DEVICE.json of what scripts/gpu left in its folder."""
import argparse
import datetime
import json
import os
import re
import subprocess
from pathlib import Path

import kernels

ROOT = Path(__file__).resolve().parents[2]


def lines_of(path):
    return path.read_text(errors="replace").splitlines() if path.is_file() else []


def objects(path):
    found = []
    for line in lines_of(path):
        if line.startswith("{"):
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                pass
    return found


def device():
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.max.sm", "--format=csv,noheader"]
    try:
        return subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def commit():
    """Of the sources; DETENT_COMMIT where they were brought without their history."""
    given = os.environ.get("DETENT_COMMIT")
    if given:
        return given
    try:
        return subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True,
                              check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def instruction_counts(path):
    """Instructions of each kernel's SASS, by name; those that touch local memory apart."""
    counts, name = {}, None
    for line in lines_of(path):
        if found := re.search(r"Function\s*:\s*(\S+)", line):
            name = found.group(1)
            counts[name] = {"instructions": 0, "local_memory": 0}
        elif name and (found := re.search(r"/\*[0-9a-f]{4,5}\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9.]*)", line)):
            counts[name]["instructions"] += 1
            counts[name]["local_memory"] += found.group(1).startswith(("LDL", "STL"))
    return {kernels.plain(kernels.demangled(n)).strip(): c for n, c in counts.items()} if counts else {}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", type=Path, required=True)
    arguments.add_argument("--arch", required=True)
    arguments.add_argument("--to", type=Path, default=ROOT / "docs/performance")
    given = arguments.parse_args()
    date = datetime.date.today().isoformat()
    steps = [line.split("\t") for line in lines_of(given.build / "steps.txt")]
    hash_lines = [line for line in lines_of(given.build / "hash.txt") if line.startswith("kernels ")]
    _, release, kernel_hash = hash_lines[0].split()
    report = {
        "date": date,
        "device": device(),
        "arch": given.arch,
        "commit": commit(),
        "nvcc": release,
        "kernel_hash": kernel_hash,
        "steps": [{"name": n, "result": r, "seconds": int(s)} for n, r, s in steps],
        "checks": [line for line in lines_of(given.build / "check.txt") if line],
        "bandwidth": objects(given.build / "bench.txt"),
        "peers": objects(given.build / "peers.txt"),
        "sass": instruction_counts(given.build / "sass.txt"),
    }
    given.to.mkdir(parents=True, exist_ok=True)
    model = re.search(r"[A-Z]+\d+\w*|$", report["device"]).group().lower() or "device"
    target = given.to / f"cuda-{date}-{model}.json"
    target.write_text(json.dumps(report, indent=1) + "\n")
    print(f"gpu: {target} written")


if __name__ == "__main__":
    main()

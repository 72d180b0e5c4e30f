#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What nvcc makes of the kernels, without a device.

    kernels.py CASE [--nvcc FILE] [--work FOLDER]      CASE is one of the functions below that are marked @case
    kernels.py write                                   writes device/registers.txt anew

Exit code 0: all is well. 1: something is not, one line each. 77: cannot be checked here, and why.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEVICE = Path(__file__).resolve().parent / "device"
TABLE = DEVICE / "registers.txt"
RESULTS = ROOT / "docs/performance"
ALL = ["sm_80", "sm_89", "sm_90", "sm_90a", "sm_100", "sm_120"]
USUAL = "sm_90"
WARNINGS = ["-Werror", "all-warnings", "-Xcompiler", "-Wall,-Wextra,-Wconversion,-Wshadow,-Werror"]
# Flags of users that change arithmetic, and must not change ours; the second has the third in it.
USERS_FLAGS = [[], ["--use_fast_math"], ["-ftz=true"]]

# Of the command line; others who use this module have these.
OPTIONS = argparse.Namespace(nvcc=None, arch=None)
WORK = ROOT / "build/cuda"

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def nvcc():
    found = OPTIONS.nvcc or os.environ.get("NVCC") or shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    if not Path(found).is_file():
        skip("nvcc was not found; the kernels are tested on the processor only")
    return found


def compile_with(*options, source):
    WORK.mkdir(parents=True, exist_ok=True)
    command = [nvcc(), "-std=c++20", "-I", ROOT / "include", *WARNINGS, *options, source]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"failed: {' '.join(map(str, command))}\n{(done.stdout + done.stderr)[:4000]}")
        sys.exit(1)
    return done.stdout + done.stderr


def plain(name):
    """A kernel's name without what says nothing: namespaces, and the instruction set of the host."""
    name = re.sub(r"detent::v0::|detail::gpu::|x86_\d+::|arm_\d+::|portable::|\(anonymous namespace\)::", "", name)
    name = name.split(">(")[0].replace("void kernel<", "")
    name = re.sub(r"(?<=\d)u?l?\b", "", name).replace("unsigned char", "byte").replace("element<bf16>", "bf16")
    return re.sub(r"\s+", " ", re.sub(r" ?const\b", "", name)).strip()


def demangled(text):
    return subprocess.run(["c++filt"], input=text, capture_output=True, text=True, check=True).stdout


def resources(arch, source):
    """(name, registers, bytes of stack, bytes spilled) of every kernel."""
    log = demangled(compile_with(f"-arch={arch}", "-Xptxas", "-v", "-cubin", "-o", WORK / f"{source.stem}_{arch}.cubin",
                                 source=source))
    rows, name, stack, spilled = [], None, 0, 0
    for line in log.splitlines():
        if found := re.search(r"Compiling entry function '(.*?)' for", line):
            name = plain(found.group(1))
        elif found := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores", line):
            stack, spilled = int(found.group(1)), int(found.group(2))
        elif found := re.search(r"Used (\d+) registers", line):
            rows.append((name, int(found.group(1)), stack, spilled))
    return sorted(rows)


def frames(arch, rows):
    for name, _, stack, spilled in rows:
        if stack or spilled:
            yield f"{arch}: {stack} bytes of stack, {spilled} spilled: {name}"


def committed():
    """{(arch, name): registers}"""
    table = {}
    for line in TABLE.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            arch, registers, name = line.split(None, 2)
            table[arch, name] = int(registers)
    return table


def held(arch):
    rows = resources(arch, DEVICE / "hot.cu")
    if len(rows) < 10:
        yield f"{arch}: only {len(rows)} kernels were found"
    yield from frames(arch, rows)
    table = committed()
    for name, registers, *_ in rows:
        allowed = table.get((arch, name))
        if allowed is None:
            yield f"{arch}: not in device/registers.txt: {name}"
        elif registers > allowed:
            yield f"{arch}: {registers} registers, {allowed} at most: {name}"
    print(f"{arch}: {len(rows)} kernels, {min(r[1] for r in rows)} to {max(r[1] for r in rows)} registers")


@case
def registers():
    """The tuned kernels: no stack, no spills, no more registers than the table says."""
    yield from held(USUAL)


@case
def registers_everywhere():
    """The same for every architecture."""
    for arch in ALL:
        yield from held(arch)


@case
def every_format():
    """Every precision compiles for every architecture, without a warning, and keeps everything in registers."""
    for arch in OPTIONS.arch or ALL:
        rows = resources(arch, DEVICE / "all.cu")
        print(f"{arch}: {len(rows)} kernels, {max(r[1] for r in rows)} registers at most")
        yield from frames(arch, rows)


def same_instructions(sets):
    texts = []
    for flags in sets:
        target = WORK / f"hot{'_'.join(flags).replace('-', '').replace('=', '')}.ptx"
        compile_with("-arch=" + USUAL, "-ptx", *flags, "-o", target, source=DEVICE / "hot.cu")
        text = target.read_text()
        what = " ".join(flags) or "no flags"
        spelled_out = False  # written in the sources as it stands
        for number, line in enumerate(text.splitlines(), 1):
            if re.match(r"\s*//", line):
                spelled_out = "begin inline asm" in line or (spelled_out and "end inline asm" not in line)
                continue
            if spelled_out and re.match(r"\s*fma\.rn\.f32 ", line):
                continue
            if found := re.search(r"\.approx\b|\.ftz\b|\bfma\.(?:rn\.)?f\d+|\bmad\.f\d+|\b(?:add|mul|sub)\.f32\b", line):
                yield f"{what}: {target.name}:{number}: {found.group()}: {line.strip()}"
        kernels = re.findall(r"\.entry\s+(\S+?)\((.*?)\n}", text, flags=re.S)
        if len(kernels) < 10:
            yield f"{what}: only {len(kernels)} kernels were found"
        for name, body in kernels:
            if re.search(r"5fused|dequantize_tile.*Lb1EEE", name) and not re.search(r"\b(?:ld|st)(?:\.[\w:]+)*\.v[24]\.[bu](?:32|64)", body):
                yield f"{what}: memory is not moved by vectors in {plain(demangled(name))}"
        texts.append(re.findall(r"^\s+(?:@%?!?\w+ )?(\w+\.[\w.:]*f(?:32|64|16x?2?)\b.*;)$", text, flags=re.M))
    if not texts[0] or any(text != texts[0] for text in texts):
        yield "the floating-point instructions are not the same with every flag"
    print(f"{len(texts[0])} floating-point instructions, the same with {len(sets)} sets of flags")


@case
def instructions():
    """Text of the PTX: arithmetic is spelled out whatever the user's flags; memory is moved 16 bytes at a time."""
    yield from same_instructions(USERS_FLAGS[:2])


@case
def instructions_with_every_flag():
    """The same with all sets of flags."""
    yield from same_instructions(USERS_FLAGS)


@case
def example():
    """The example compiles without a warning; it runs where there is a device."""
    target = WORK / "example_cuda"
    compile_with("-arch=" + USUAL, "-o", target, source=ROOT / "examples/10_cuda.cu")
    done = subprocess.run([str(target)], capture_output=True, text=True, check=False)
    print(done.stdout.strip())
    if done.returncode not in (0, 77):
        yield f"the example ended with {done.returncode}"


def nvcc_release():
    text = subprocess.run([nvcc(), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"release ([0-9.]+)", text)
    return found.group(1) if found else "unknown"


def kernel_hash():
    """Of the tuned kernels as nvcc makes them: a result measured with another is of other kernels."""
    target = WORK / "hash.ptx"
    compile_with("-arch=" + USUAL, "-ptx", "-o", target, source=DEVICE / "hot.cu")
    lines = (line.strip() for line in target.read_text().splitlines())
    text = "\n".join(line for line in lines if line and not line.startswith("//"))
    return hashlib.sha256(text.encode()).hexdigest()


@case
def results():
    """The measurements in docs/performance are of these kernels."""
    files = sorted(RESULTS.glob("cuda-*.json")) if RESULTS.is_dir() else []
    if not files:
        skip("no device has been measured yet: docs/performance has no cuda-DATE-DEVICE.json (scripts/gpu writes one)")
    newest = json.loads(files[-1].read_text())
    of_that_day = [json.loads(f.read_text()) for f in files if newest["date"] in f.name]
    if newest["nvcc"] != nvcc_release():
        skip(f"{files[-1].name} is of nvcc {newest['nvcc']}, this is {nvcc_release()}: kernels cannot be compared")
    if kernel_hash() not in [r.get("kernel_hash") for r in of_that_day]:
        yield f"{files[-1].relative_to(ROOT)} is stale: the kernels have changed since; run scripts/gpu again"


@case
def hash_of_kernels():
    """Prints nvcc's release and the hash, for scripts/gpu."""
    print(f"kernels {nvcc_release()} {kernel_hash()}")
    return []


def write():
    lines = ["# SPDX-License-Identifier: MIT", "#",
             "# Registers of the tuned kernels (device/hot.cu), at most; by nvcc 13.0. Architecture, registers, kernel.",
             "# Written by `python3 tests/cuda/kernels.py write`."]
    for arch in ALL:
        for name, registers_used, stack, spilled in resources(arch, DEVICE / "hot.cu"):
            if stack or spilled:
                print(f"{arch}: {stack} bytes of stack, {spilled} spilled: {name}")
            lines.append(f"{arch:8} {registers_used:3} {name}")
    TABLE.write_text("\n".join(lines) + "\n")


def main():
    global OPTIONS, WORK
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("case", choices=[*CASES, "write"])
    arguments.add_argument("--nvcc", help="the compiler, if it is not on the path")
    arguments.add_argument("--arch", action="append", help="for every_format: these architectures alone")
    arguments.add_argument("--work", type=Path, default=WORK, help="folder for what is compiled")
    OPTIONS = arguments.parse_args()
    WORK = OPTIONS.work
    if OPTIONS.case == "write":
        write()
        return
    offences = list(CASES[OPTIONS.case]())
    print("\n".join(offences[:40]) if offences else "all is well")
    sys.exit(1 if offences else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The laws of the house (docs/design.md, section 4), as tests over the text of the headers.

    laws.py LAW [--work FOLDER]     LAW is one of the functions below that are marked @law, or `all`

Exit code 0: kept. 1: broken, one line each. 77: cannot be checked here, and why.
Every exception stands in a table of this file, with its reason.
"""
import argparse
import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"
HOME = INCLUDE / "detent"

# Which rooms a room sees, besides itself. Floor 1 never looks sideways; floor 2 sees no format and no backend.
DOWN = {
    "core": [],
    "scale": ["core"],
    "mask": ["core"],
    "backend": ["core"],
    "format": ["core", "scale"],
    "op": ["core", "scale", "mask"],
    "store": ["core", "scale", "mask", "op"],
    "calibrate": ["core", "scale", "mask", "op", "store"],
    "cuda": ["core", "scale", "mask", "op", "store"],
    "interop": ["core", "scale", "mask", "op", "store"],
    "file": ["core", "scale", "mask", "op", "store", "format"],  # it maps the names of foreign conventions to types
}
TOP = ["algorithm", "train", ""]  # floor 3, and the headers that stand in no room, meet everything

# (file, what it includes) -> reason.
DIRECTION_EXCEPTIONS = {
    ("interop/eigen.hpp", "format/bf16.hpp"): "Eigen::bfloat16 is this format",
    ("interop/eigen.hpp", "format/fp16.hpp"): "Eigen::half is this format",
}

# A header's name -> the files that alone may include it, for a reason of weight, of purity or of both.
FORBIDDEN = {
    "xsimd/*": ["backend/simd.hpp", "backend/simd/*"],
    "*intrin.h": ["backend/x86/*"],
    "arm_*.h": ["backend/arm/*"],
    "nlohmann/*": ["file/*"],
    "Eigen/*": ["interop/eigen.hpp"],
    "cuda*": ["cuda/*"],
    "tbb/*": ["interop/onetbb.hpp"],
    "oneapi/*": ["interop/onetbb.hpp"],
    "iostream": [],
    "thread": ["interop/thread_pool.hpp"],
    "mutex": ["interop/thread_pool.hpp"],
    "condition_variable": ["interop/thread_pool.hpp"],
    "stop_token": ["interop/thread_pool.hpp"],
    "random": [],
    "regex": [],
    "functional": [],
    "execution": [],
}

# Names of formats that the backends and the operations may use: fp32 is what they compute in.
COMMON_NAMES = {"fp32"}

# Where the preprocessor may choose, and why.
CONDITIONS = {
    "core/config.hpp": "refuses flags that change bytes; names the compiler's word for always inlined",
    "core/isa.hpp": "makes the name of the instruction set",
    "core/error.hpp": "exceptions may be off",
    "core/bits.hpp": "the register that a barrier names differs between processors",
    "core/arithmetic.hpp": "device code spells out its rounding, which operators leave to the user's flags",
    "format/family/ggml_parts.hpp": "a function is called on both sides, and nvcc is told that this is meant",
    "cuda/machine.hpp": "what the device does in one instruction, the host does in several",
    "cuda/bytes.hpp": "so with bytes that change their places",
    "core/float_environment.hpp": "so does the register that holds the rounding mode",
    "backend/x86/*.hpp": "there is no immintrin.h elsewhere; the two compilers write regions differently",
    "backend/arm/*.hpp": "there is no arm_neon.h elsewhere",
    "backend/choice.hpp": "each family of processors has its own table of instruction sets",
    "backend/processor.hpp": "the makers of processors are asked for in a way of each family",
    "backend/simd/intrinsics.hpp": "what xsimd lacks is written in the intrinsics of the file's instruction set",
    "interop/openmp.hpp": "without the compiler's OpenMP the pragma would be a warning",
}

LONGEST_HEADER = 300
LONGEST_FUNCTION = 60

LAWS = {}


def law(function):
    LAWS[function.__name__] = function
    return function


def headers():
    return sorted(p for p in HOME.rglob("*") if p.suffix in (".hpp", ".inl", ".cuh"))


def inside(path):
    """The path below include/detent, as the tables above write it."""
    return path.relative_to(HOME).as_posix()


def room(name):
    return name.split("/")[0] if "/" in name else ""


def bare(text):
    """The text without comments and literals, its lines kept."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, lambda m: "\n" * m.group().count("\n") or " ", text, flags=re.S)


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if found:
            yield number, found.group(1)


def matches(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


@law
def directions():
    """Includes go down only, and always name the file from the root of the tree."""
    for path in headers():
        name = inside(path)
        for number, included in includes(path):
            if not included.startswith("detent/"):
                if (path.parent / included).exists():
                    yield f"{name}:{number}: write detent/… instead of {included}"
                continue
            target = included.removeprefix("detent/")
            if not (HOME / target).exists():
                yield f"{name}:{number}: {included} does not exist"
            here, there = room(name), room(target)
            if here in TOP or here == there or there in DOWN.get(here, []):
                continue
            if any(fnmatch.fnmatch(name, a) and fnmatch.fnmatch(target, b) for a, b in DIRECTION_EXCEPTIONS):
                continue
            yield f"{name}:{number}: {here or 'a top header'} must not include {included}"


@law
def forbidden():
    """Heavy or impure headers stay in the one place that needs them."""
    for path in headers():
        for number, included in includes(path):
            for pattern, places in FORBIDDEN.items():
                if fnmatch.fnmatch(included, pattern) and not matches(inside(path), places):
                    where = " or ".join(places) or "nowhere"
                    yield f"{inside(path)}:{number}: <{included}> is allowed in {where}"


def format_names():
    """Every type that a header in format/ defines; neither families nor templates, which name no format."""
    names = {}
    for path in sorted((HOME / "format").glob("*.hpp")):
        # Types inside of a type, or private to the room, are no names of formats.
        text = re.sub(r"namespace detail \{.*?\n\}  // namespace detail", "", bare(path.read_text()), flags=re.S)
        for found in re.finditer(r"(?<!>\n)^(?:struct|using)\s+(\w+)\s*(?:final\s*)?[:={]", text, flags=re.M):
            names.setdefault(found.group(1), set()).add(path.name)
    return names


@law
def names():
    """Backends and operations know kinds, never the names of formats."""
    forbidden_names = set(format_names()) - COMMON_NAMES
    for path in headers():
        if room(inside(path)) not in ("backend", "op", "cuda"):
            continue
        for number, line in enumerate(bare(path.read_text()).splitlines(), 1):
            if line.lstrip().startswith("#"):
                continue
            for word in sorted(set(re.findall(r"\b[A-Za-z_]\w*\b", line)) & forbidden_names):
                yield f"{inside(path)}:{number}: names the format {word}"


def functions(text):
    """(line, lines, heading) of every function body, by counting braces in text without comments and literals."""
    text = "\n".join("" if line.lstrip().startswith("#") else line for line in text.splitlines())
    start, depth_open, heading_from = [], [], 0
    for at, character in enumerate(text):
        if character == "{":
            start.append((at, " ".join(text[heading_from:at].split())))
            heading_from = at + 1
        elif character == "}":
            if start:
                opened, heading = start.pop()
                control = re.match(r"(if|for|while|switch|else|do|try|catch|return|namespace|class|struct|union|enum)\b",
                                   re.sub(r"^(template\s*<.*?>|requires.*?\))\s*", "", heading))
                if "(" in heading and not control and not start_is_function(start):
                    first = text.count("\n", 0, opened) + 1
                    yield first, text.count("\n", opened, at) + 1, heading
            heading_from = at + 1
        elif character == ";":
            heading_from = at + 1


def start_is_function(stack):
    """Whether a body stands inside of another function's, which is measured as a whole."""
    return any("(" in heading and not re.match(r"(namespace|class|struct|union|enum|extern)\b", heading)
               and not re.search(r"\b(class|struct|union|enum|namespace)\s+\w+[^()]*$", heading) for _, heading in stack)


@law
def form():
    """Licence line, guard, length of headers and functions, no notes to self."""
    for path in headers():
        name, text = inside(path), path.read_text()
        lines = text.splitlines()
        if not lines or lines[0] != "// SPDX-License-Identifier: MIT":
            yield f"{name}:1: the first line is not the licence"
        if len(lines) > LONGEST_HEADER:
            yield f"{name}: {len(lines)} lines; {LONGEST_HEADER} at most"
        if path.suffix == ".hpp":
            guard = re.sub(r"\W", "_", f"detent/{name}").upper()
            directives = [line for line in lines if line.startswith("#")]
            if directives[:2] != [f"#ifndef {guard}", f"#define {guard}"] or directives[-1] != "#endif":
                yield f"{name}: the include guard is not {guard}"
        for number, length, heading in functions(bare(text)):
            if length > LONGEST_FUNCTION:
                yield f"{name}:{number}: a function of {length} lines; {LONGEST_FUNCTION} at most: {heading[-60:]}"


@law
def conditions():
    """No ladder of #if chooses an implementation."""
    for path in headers():
        name = inside(path)
        if matches(name, CONDITIONS):
            continue
        guard = re.sub(r"\W", "_", f"detent/{name}").upper()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line) and guard not in line:
                yield f"{name}:{number}: {line.strip()} (if it must be, give a reason in CONDITIONS of laws.py)"


def repository_files():
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"],
                                capture_output=True, text=True, check=False)
        if listed.returncode == 0:
            return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]
    return [p for p in ROOT.rglob("*") if p.is_file() and not matches(p.relative_to(ROOT).as_posix(), ["build/*", ".git/*"])]


@law
def words():
    """Every file of ours begins with the licence; none has a note to self or a path of one machine."""
    # Written in two halves, so that this file does not accuse itself.
    unwanted = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|(?i:\b(ses" r"sion|work" r"place)\b)"
                          r"|(?<![\w.~}$])/(ho" r"me|ro" r"ot|wo" r"rk|Us" r"ers)/\w")
    for path in repository_files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in (".svg", ".png", ".safetensors", ".csv") or name.startswith("tests/data/"):
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            found = unwanted.search(line)
            if found:
                yield f"{name}:{number}: {found.group()}"
        ours = path.suffix in (".hpp", ".cpp", ".inl", ".cuh", ".cu", ".py", ".cmake") or path.name == "CMakeLists.txt"
        if ours and "SPDX-License-Identifier: MIT" not in "\n".join(text.splitlines()[:2]):
            yield f"{name}:1: no licence line"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def gcc():
    return shutil.which("g++") or skip("g++ is not installed")


def run(command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{done.stderr[:4000]}")
    return done.stdout


@law
def budgets():
    """Preprocessed lines, as cmake/budgets.txt allows them."""
    compiler = gcc()
    for line in (ROOT / "cmake/budgets.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        maximum, *names_included = line.split()
        missing = [name for name in names_included if not (INCLUDE / name).exists()]
        if missing:
            yield f"cmake/budgets.txt: {missing[0]} does not exist"
            continue
        source = "".join(f"#include <{name}>\n" for name in names_included)
        text = run([compiler, "-std=c++20", "-I", INCLUDE, "-E", "-P", "-x", "c++", "-"], input=source)
        lines = text.count("\n")
        print(f"{lines:6} of {maximum:6} lines: {' '.join(names_included)}")
        if lines > int(maximum):
            yield f"{lines} preprocessed lines, {maximum} at most: {' '.join(names_included)}"


@law
def int8_only():
    """A program that names int8 has no other format, no xsimd and no CUDA in its objects or its includes."""
    compiler = gcc()
    WORK.mkdir(parents=True, exist_ok=True)
    source, built = Path(__file__).with_name("int8_only.cpp"), WORK / "int8_only.o"
    needed = {"int8.hpp", "fp32.hpp"}  # fp32 is the scale
    depends = run([compiler, "-std=c++20", "-I", INCLUDE, "-M", source]).replace("\\\n", " ").split()
    for file in depends:
        if "/xsimd/" in file or "cuda" in file.removeprefix(str(ROOT)).lower() or "nlohmann" in file or "/Eigen/" in file:
            yield f"includes {file}"
        if Path(file).parent.name == "format" and Path(file).name not in needed:
            yield f"includes {file}"
    run([compiler, "-std=c++20", "-O0", "-I", INCLUDE, "-c", source, "-o", built])
    others = {name for name, files in format_names().items() if not files & needed} - {"scale", "rule"}
    for symbol in run(["nm", "-C", built]).splitlines():
        for word in sorted(set(re.findall(r"\b[A-Za-z_]\w*\b", symbol)) & others):
            yield f"the symbol names {word}: {symbol}"


def main():
    global WORK
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("law", choices=[*LAWS, "all"])
    arguments.add_argument("--work", type=Path, default=ROOT / "build/laws", help="folder for what is compiled")
    chosen = arguments.parse_args()
    WORK = chosen.work
    broken = 0
    for name in LAWS if chosen.law == "all" else [chosen.law]:
        for offence in LAWS[name]():
            print(f"{name}: {offence}")
            broken += 1
    print(f"{broken} offences" if broken else "kept")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()

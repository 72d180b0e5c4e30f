#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the documents claim, held against the files.

    docs.py CASE [--work FOLDER]     CASE is one of the functions below that are marked @case, or `all`
    docs.py write                    cuts every snippet anew from its file

A C++ block of a document is a part of a program that the tests compile and run:

    <!-- snippet: examples/01_quantize.cpp program -->
    ```cpp
    the lines between `// [program]` and `// [/program]` of that file, without their indentation
    ```

Exit code 0: all true. 1: something is not, one line each.
"""
import argparse
import difflib
import fnmatch
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARKER = re.compile(r"<!-- snippet: (\S+) (\w+) -->$")
FENCE = re.compile(r"(`{3,}|~{3,})\s*([\w+#-]*)")
CPP = {"cpp", "c++", "cxx", "cc", "hpp", "c"}

# Programs that cmake/examples.cmake compiles and runs; those of CUDA, tests/cuda/kernels.py.
COMPILED = "examples/[0-9][0-9]_*.c[pu]*"

# What a path in backticks may begin with, besides the root of the repository.
PLACES = ["", "include", "include/detent"]
EXTENSIONS = {".hpp", ".inl", ".cuh", ".cu", ".cpp", ".py", ".md", ".cmake", ".txt", ".json", ".csv", ".in", ".svg", ".safetensors"}
MADE_BY_BUILDING = ("build/", "demo/")

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def documents():
    return [p for p in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]) if p.is_file()]


def shown(path):
    return path.relative_to(ROOT).as_posix()


def blocks(lines):
    """(first line inside, line of the closing fence, language) of every fenced block; numbers from 0."""
    opened = None
    for number, line in enumerate(lines):
        found = FENCE.match(line.strip())
        if not found:
            continue
        if opened is None:
            opened = (number + 1, found.group(1), found.group(2).lower())
        elif line.strip().startswith(opened[1]) and not found.group(2):
            yield opened[0], number, opened[2]
            opened = None
    if opened is not None:
        yield opened[0], len(lines), opened[2]


def prose(lines):
    """(number, line) of what stands outside of fenced blocks, numbers from 1."""
    inside = set()
    for first, end, _ in blocks(lines):
        inside.update(range(first - 1, end + 1))
    return [(number + 1, line) for number, line in enumerate(lines) if number not in inside]


def region(source, name):
    """The lines of one region of a program, or None."""
    lines = source.read_text().splitlines()
    opening = [i for i, line in enumerate(lines) if line.strip() == f"// [{name}]"]
    closing = [i for i, line in enumerate(lines) if line.strip() == f"// [/{name}]"]
    if len(opening) != 1 or len(closing) != 1 or closing[0] < opening[0]:
        return None
    inside = [line for line in lines[opening[0] + 1:closing[0]] if not re.match(r"\s*// \[/?\w+\]$", line)]
    return textwrap.dedent("\n".join(inside)).strip("\n").splitlines()


def cut(path, lines):
    """(first, end, lines of the file or None, offence) for every C++ block of a document."""
    used = set()
    for first, end, language in blocks(lines):
        if language not in CPP:
            continue
        where = f"{shown(path)}:{first}"
        found = MARKER.match(lines[first - 2].strip()) if first >= 2 else None
        if not found:
            yield first, end, None, f"{where}: a C++ block without <!-- snippet: FILE NAME --> in the line before"
            continue
        used.add(first - 2)
        source = ROOT / found.group(1)
        text = region(source, found.group(2)) if source.is_file() else None
        if not fnmatch.fnmatch(found.group(1), COMPILED):
            yield first, end, None, f"{where}: {found.group(1)} is no program that the tests compile ({COMPILED})"
        elif text is None:
            yield first, end, None, f"{where}: {found.group(1)} has no region {found.group(2)}"
        elif text != lines[first:end]:
            difference = "\n".join(difflib.unified_diff(text, lines[first:end], found.group(1), shown(path), lineterm="", n=0))
            yield first, end, text, f"{where}: differs from {found.group(1)} {found.group(2)}\n{difference}"
        else:
            yield first, end, text, ""
    for number, line in enumerate(lines):
        if "<!-- snippet:" in line and number not in used:
            yield number, number, None, f"{shown(path)}:{number + 1}: this marker does not stand before a C++ block"


@case
def snippets():
    """Every C++ block is cut from a program that the tests run."""
    for path in documents():
        for *_, offence in cut(path, path.read_text().splitlines()):
            if offence:
                yield offence


def heading_names(path):
    """The anchors of a document's headings, as the usual viewers make them."""
    names = set()
    for _, line in prose(path.read_text().splitlines()):
        found = re.match(r"#+\s+(.*?)\s*$", line)
        if found:
            names.add(re.sub(r"[^\w\- ]", "", found.group(1).lower()).replace(" ", "-"))
    return names


def looks_like_a_path(text):
    if re.search(r"[\s*<>{}()…|=]|::|//|[A-Z]{4,}\.", text) or "/" not in text or text.startswith(("/", "-", "~")):
        return False
    return Path(text).suffix in EXTENSIONS or text.startswith(("scripts/", "examples/", "tests/", "include/", "cmake/", "docs/"))


@case
def paths():
    """Every path in backticks and every relative link leads to something."""
    for path in documents():
        for number, line in prose(path.read_text().splitlines()):
            where = f"{shown(path)}:{number}"
            for quoted in re.findall(r"`([^`]+)`", line):
                quoted = quoted.strip().removeprefix("./")
                if not looks_like_a_path(quoted) or quoted.startswith(MADE_BY_BUILDING):
                    continue
                if not any((ROOT / place / quoted).exists() for place in PLACES) and not (path.parent / quoted).exists():
                    yield f"{where}: {quoted} does not exist"
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:", target):
                    continue
                file, _, anchor = target.partition("#")
                goal = (path.parent / file).resolve() if file else path
                if not goal.exists():
                    yield f"{where}: the link {target} leads nowhere"
                elif anchor and goal.suffix == ".md" and anchor not in heading_names(goal):
                    yield f"{where}: {shown(goal)} has no heading {anchor}"


def listed_formats():
    """The types in the lists of formats.hpp."""
    text = (ROOT / "include/detent/formats.hpp").read_text()
    found = re.findall(r"using (?:element|scaled)_formats\s*=\s*type_list<(.*?)>;", text, flags=re.S)
    return [name.strip() for names in found for name in names.split(",")]


@case
def formats():
    """Every format has one row in docs/formats.md, no row is of another, and the README's table has them all."""
    listed = listed_formats()
    if len(listed) < 10:
        yield "include/detent/formats.hpp: no lists of formats were found"
    page = (ROOT / "docs/formats.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \|", page, flags=re.M)
    for name in listed:
        if rows.count(name) != 1:
            yield f"docs/formats.md: {rows.count(name)} rows for the format {name}"
    for name in sorted(set(rows) - set(listed)):
        yield f"docs/formats.md: a row for {name}, which is not in formats.hpp"
    lines = (ROOT / "README.md").read_text().splitlines()
    readme = {name for _, line in prose(lines) if line.startswith("|") for name in re.findall(r"`([^`]+)`", line)}
    for name in listed:
        if name not in readme:
            yield f"README.md: the format {name} is in no table"


def write():
    for path in documents():
        lines = path.read_text().splitlines()
        for first, end, text, offence in sorted(cut(path, lines), key=lambda b: -b[0]):
            if text is not None and offence:
                lines[first:end] = text
                print(f"{shown(path)}:{first}: written")
        path.write_text("\n".join(lines) + "\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("case", choices=[*CASES, "all", "write"])
    arguments.add_argument("--work", help="not used: nothing is built")
    chosen = arguments.parse_args()
    if chosen.case == "write":
        write()
        return
    offences = [offence for name in (CASES if chosen.case == "all" else [chosen.case]) for offence in CASES[name]()]
    print("\n".join(offences) if offences else "all true")
    sys.exit(1 if offences else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What users do with the library, done as they do it.

    consume.py CASE [--work FOLDER]     CASE is one of the functions below that are marked @case, or `all`,
                                        or @nightly_case, or `nightly`

Exit code 0: works. 1: does not, with the command and its output. 77: nothing to try it with here, and why.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
INCLUDE = ROOT / "include"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wundef", "-Wold-style-cast",
            "-Wnon-virtual-dtor", "-Wdouble-promotion", "-Wcast-align", "-Werror"]

CASES = {}
NIGHTLY = {}


def case(function):
    CASES[function.__name__] = function
    return function


def nightly_case(function):
    """Too long for every day."""
    NIGHTLY[function.__name__] = function
    return function


class Failure(Exception):
    pass


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def run(*command, check=True, text_of_errors=True, **options):
    command = [str(part) for part in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT if text_of_errors else subprocess.PIPE,
                          text=True, check=False, **options)
    if check and done.returncode != 0:
        raise Failure(f"{' '.join(command)}\ncode {done.returncode}\n{done.stdout[:6000]}{(done.stderr or '')[:6000]}")
    return done


def compilers():
    """g++ and every clang++ that is here, or $DETENT_COMPILERS."""
    wanted = os.environ.get("DETENT_COMPILERS", "g++ clang++ clang++-14 clang++-19").split()
    found = {os.path.realpath(path): path for path in map(shutil.which, reversed(wanted)) if path}
    return sorted(found.values()) or skip("no C++ compiler is installed")


def tool(name):
    return shutil.which(name) or skip(f"{name} is not installed")


def machine():
    return run("uname", "-m").stdout.strip()


def x86_flags():
    """The sets of -m flags that objects of one program are built with."""
    if machine() != "x86_64":
        skip("the flags are those of x86-64")
    return {"none": [], "sse41": ["-msse4.1"], "avx2": ["-mavx2", "-mfma"], "avx512": ["-march=x86-64-v4"]}


# Models of processors that qemu knows -> the objects of x86_flags that run there, besides the first.
X86_MODELS = {"qemu64": [], "Nehalem": ["sse41"], "Haswell": ["sse41", "avx2"]}


def emulator(processor, model):
    """The command that runs programs for another processor, or None."""
    found = shutil.which(f"qemu-{processor}")
    return [found, "-cpu", model, *(["-L", f"/usr/{processor}-linux-gnu"] if processor != machine() else [])] if found else None


def fresh(name):
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def compile_and_run(compiler, folder, sources, *flags, include=INCLUDE):
    """Each source to an object, the objects to a program, the program run."""
    objects = []
    for source in sources:
        built = folder / (Path(source).stem + ".o")
        run(compiler, "-std=c++20", "-I", include, *flags, "-c", source, "-o", built)
        objects.append(built)
    program = folder / "program"
    run(compiler, *objects, "-o", program)
    shown = " ".join(flag for flag in flags if not flag.startswith("-W"))
    print(f"{Path(compiler).name} {shown}: {run(program).stdout.strip()}")


def each_compiler(work):
    """The work for every compiler, side by side; all failures are told."""
    def attempt(compiler):
        try:
            work(compiler, fresh(Path(compiler).name))
        except Failure as failure:
            return str(failure)
        return ""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        failures = [text for text in pool.map(attempt, compilers()) if text]
    if failures:
        raise Failure("\n".join(failures))


@case
def plain():
    """Two files, -I and nothing else: no missing `inline`, no warnings."""
    each_compiler(lambda compiler, folder: compile_and_run(
        compiler, folder, [HERE / "main.cpp", HERE / "other.cpp"], *WARNINGS))
    each_compiler(lambda compiler, folder: compile_and_run(
        compiler, folder, [HERE / "main.cpp", HERE / "other.cpp"], *WARNINGS, "-O2"))


@case
def optimized():
    """What loads and writes a checkpoint, with -O3, of which compilers warn most."""
    each_compiler(lambda compiler, folder: run(
        compiler, "-std=c++20", "-I", INCLUDE, *WARNINGS, "-O3", "-c", ROOT / "examples/06_safetensors.cpp",
        "-o", folder / "optimized.o"))


@case
def no_exceptions():
    """A program without exceptions and RTTI has a handler instead."""
    each_compiler(lambda compiler, folder: compile_and_run(
        compiler, folder, [HERE / "no_exceptions.cpp"], *WARNINGS, "-fno-exceptions", "-fno-rtti", "-O1"))


@case
def fast_math():
    """-ffast-math is refused with the reason, unless the user insists."""
    def attempt(compiler, folder):
        refused = run(compiler, "-std=c++20", "-I", INCLUDE, "-ffast-math", "-c", HERE / "other.cpp", "-o", folder / "o.o",
                      check=False)
        sentence = "detent: -ffast-math changes the bytes that quantization writes"
        if refused.returncode == 0 or sentence not in refused.stdout:
            raise Failure(f"{compiler} -ffast-math was not refused with: {sentence}\n{refused.stdout[:2000]}")
        run(compiler, "-std=c++20", "-I", INCLUDE, "-ffast-math", "-DDETENT_ALLOW_FAST_MATH", "-c", HERE / "other.cpp",
            "-o", folder / "o.o")
        print(f"{Path(compiler).name}: refused")
    each_compiler(attempt)


def cmake_project(name, *options):
    """Configures, builds and runs the user's project tests/consume/NAME."""
    cmake = tool("cmake")
    folder = fresh(name)
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    run(cmake, "-S", HERE / name, "-B", folder, *generator, "-DCMAKE_BUILD_TYPE=Debug", *options)
    run(cmake, "--build", folder)
    for program in sorted(folder.glob("use*")):
        if os.access(program, os.X_OK) and program.is_file():
            print(f"{name}/{program.name}: {run(program).stdout.strip()}")


def install():
    cmake = tool("cmake")
    folder, prefix = fresh("build"), WORK / "prefix"
    shutil.rmtree(prefix, ignore_errors=True)
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    run(cmake, "-S", ROOT, "-B", folder, *generator, "-DDETENT_TESTS=OFF", "-DDETENT_EXAMPLES=OFF", "-DDETENT_FETCH=OFF",
        f"-DCMAKE_INSTALL_PREFIX={prefix}")
    run(cmake, "--install", folder)
    return prefix


@case
def subdirectory():
    """add_subdirectory: the targets are there, and nothing of ours is built."""
    cmake_project("subdirectory", f"-DDETENT_SOURCE={ROOT}")


@case
def package():
    """install, then find_package with and without components; a wrong version or component is refused."""
    prefix = install()
    components = [c for c in ("simd", "files") if list(prefix.rglob(f"detent/{'file' if c == 'files' else 'backend/simd*'}"))]
    missing = {"simd", "files"} - set(components)
    if missing:
        print(f"without the components {', '.join(sorted(missing))}: not installed")
    cmake_project("package", f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCOMPONENTS={';'.join(components)}")
    for wrong in ("-DVERSION=99.0", "-DCOMPONENTS=nonsense"):
        refused = run("cmake", "-S", HERE / "package", "-B", fresh("wrong"), f"-DCMAKE_PREFIX_PATH={prefix}", wrong, check=False)
        if refused.returncode == 0:
            raise Failure(f"find_package with {wrong} should fail")


@case
def pkgconfig():
    """install, then pkg-config."""
    finder = shutil.which("pkg-config") or shutil.which("pkgconf") or skip("pkg-config is not installed")
    prefix = install()
    environment = dict(os.environ, PKG_CONFIG_PATH=str(prefix / "share/pkgconfig"))
    flags = run(finder, "--cflags", "detent", env=environment).stdout.split()
    version = run(finder, "--modversion", "detent", env=environment).stdout.strip()
    print(f"detent {version}: {' '.join(flags)}")
    folder = fresh("program")
    run(compilers()[0], "-std=c++20", *flags, HERE / "main.cpp", HERE / "other.cpp", "-o", folder / "program")
    run(folder / "program")


# What the baseline of x86-64 does not have: VEX and EVEX prefixes, what is read as another instruction by a processor
# without the extension, and SSE3 to SSE4.2.
VECTOR = re.compile(r"^(?!ver[rw]\b)v\w+|^(andn|bextr|blsi|blsmsk|blsr|bzhi|mulx|pdep|pext|rorx|sarx|shlx|shrx|lzcnt|tzcnt|movbe)\b"
                    r"|%[yz]mm|%k[1-7]\b|^k(mov|or|and|xor|not|test|unpck|add|shift)\w*\b"
                    r"|^(addsubp[sd]|p?h(add|sub)\w+|movddup|movs[hl]dup|lddqu|fisttp\w*)\b"
                    r"|^(pshufb|pmaddubsw|pmulhrsw|psign[bwd]|pabs[bwd]|palignr)\b"
                    r"|^(p?blendv?(ps|pd|b|w)|dpp[sd]|extractps|insertps|movntdqa|mpsadbw|packusdw|pcmpeqq|pcmpgtq|pextr[bdq]"
                    r"|phminposuw|pinsr[bdq]|pm(ax|in)(sb|sd|ud|uw)|pmov[sz]x\w+|pmuldq|pmulld|ptest|round[sp][sd]"
                    r"|pcmp[ei]str[im]|crc32\w*|popcnt\w*)\b")
HARMLESS = re.compile(r"^DW\.ref\.|^__clang_call_terminate$")


def weak_symbols(built):
    return {line.split()[-1] for line in run(tool("nm"), built).stdout.splitlines()
            if line.split()[-2] in "WVu" and not HARMLESS.match(line.split()[-1])}


def disassembly(built, *options):
    """(symbol, instruction) for every line of an object's functions."""
    symbol = ""
    for line in run(tool("objdump"), "-d", "--no-show-raw-insn", *options, built).stdout.splitlines():
        heading = re.match(r"[0-9a-f]+ <(.+)>:$", line)
        if heading:
            symbol = heading.group(1)
        elif symbol:
            yield symbol, line.partition("\t")[2].strip()


def vector_symbols(built):
    """symbol -> its first vector instruction."""
    found = {}
    for symbol, instruction in disassembly(built):
        if symbol not in found and VECTOR.search(instruction):
            found[symbol] = instruction
    return found


def leaks(objects):
    """Weak symbols that more than one object defines and that in some object hold vector instructions."""
    weak = {name: weak_symbols(built) for name, built in objects.items()}
    result = []
    for name, built in objects.items():
        vector = vector_symbols(built)
        for symbol in sorted(weak[name] & vector.keys()):
            if any(symbol in weak[other] for other in weak if other != name):
                plain_name = run("c++filt", symbol).stdout.strip()
                result.append(f"{name}: {plain_name}: {vector[symbol]}")
    return result


def compare_flags(whole):
    sets = x86_flags()
    first = compilers()[0]
    few = [] if whole else ["-DFEW"]

    def attempt(compiler, folder):
        failures = []
        for level in ("-O0", "-O2") if whole or compiler == first else ("-O0",):
            objects = {}
            for name, flags_of_set in sets.items():
                objects[name] = folder / f"{name}{level}.o"
                run(compiler, "-std=c++20", "-I", INCLUDE, level, *flags_of_set, *few, f"-DFUNCTION=use_{name}", "-c",
                    HERE / "flags.cpp", "-o", objects[name])
            run(compiler, "-std=c++20", level, "-c", HERE / "flags_main.cpp", "-o", folder / "main.o")
            run(compiler, folder / "main.o", *objects.values(), "-o", folder / "program")
            print(f"{Path(compiler).name} {level}: {run(folder / 'program').stdout.strip()}")
            for model, able in X86_MODELS.items():
                command = emulator("x86_64", model)
                if command:
                    told = run(*command, folder / "program", text_of_errors=False).stdout.strip()
                    print(f"  on {model}: {told}")
                    if told.split()[1:] != [*able, "agree"]:
                        failures.append(f"{compiler} {level} on {model}: {told}; expected {' '.join(able)} agree")
                elif level == "-O0":
                    print(f"  not on {model}: qemu-x86_64 is not installed")
            found = leaks(objects)
            if found:
                failures += [f"{compiler} {level}: {len(found)} shared symbols hold vector instructions", *found]
        if failures:
            raise Failure("\n".join(failures))
    each_compiler(attempt)


@case
def flags():
    """Objects with different -m flags in one program share no weak symbol that holds vector instructions: without
    optimization, when little is inlined, by every compiler; optimized by the first. Two precisions."""
    compare_flags(whole=False)


def text_of_symbols(built):
    """symbol -> its instructions and what they refer to, wherever the object has put its constants."""
    found = {}
    for symbol, instruction in disassembly(built, "-r"):
        found[symbol] = found.get(symbol, "") + re.sub(r"\.(rodata|L)\S*", "constant", instruction) + "\n"
    return found


@case
def left_out():
    """A file that leaves instruction sets out of `native`, and one that does not, in one program: they agree, and no
    symbol that both define has two texts."""
    if machine() != "x86_64":
        skip("only x86-64 has sets to leave out")
    compiler, folder = tool("g++"), fresh("left_out")  # clang numbers the constants of each file
    ways = {"all": [], "few": ["-DDETENT_NATIVE_WITHOUT_SSE", "-DDETENT_NATIVE_WITHOUT_AVX512"]}
    objects = {name: folder / f"{name}.o" for name in ways}
    for name, left in ways.items():
        # Optimized, functions of one text are inlined in two ways.
        run(compiler, "-std=c++20", "-I", INCLUDE, "-O0", "-DFEW", *left, f"-DFUNCTION=use_{name}", "-c", HERE / "flags.cpp",
            "-o", objects[name])
    run(compiler, "-std=c++20", HERE / "left_out.cpp", *objects.values(), "-o", folder / "program")
    print(run(folder / "program").stdout.strip())
    weak = [weak_symbols(built) for built in objects.values()]
    text = [text_of_symbols(built) for built in objects.values()]
    differing = [symbol for symbol in sorted(weak[0] & weak[1]) if text[0].get(symbol) != text[1].get(symbol)]
    print(f"{len(weak[0] & weak[1])} weak symbols in common")
    if differing:
        raise Failure("symbols of two texts:\n" + "\n".join(differing))


@nightly_case
def flags_in_all_ways():
    """The same, by all compilers at -O2 too, and of every kind of precision."""
    compare_flags(whole=True)


def ways(whole):
    """(compiler, flags, emulator) for each way to compile bytes.cpp; the first is the plainest."""
    known = compilers()
    gcc = next((c for c in known if "clang" not in Path(c).name), known[0])
    clang = next((c for c in reversed(known) if "clang" in Path(c).name), known[0])
    fused = ["-march=native", "-ffp-contract=fast"]
    result = [(gcc, ["-O0"], []), (gcc, ["-O2", *fused], [])]  # g++ fuses from -O2 on
    if machine() == "x86_64":
        result.append((clang, ["-O2", "-mavx2", "-mfma", "-ffp-contract=fast"], []))
    crossed = [("aarch64", "max", ["-O2", "-ffp-contract=fast"])]
    if whole:
        result += [(compiler, [level, *more], []) for compiler in known for level in ("-O0", "-O1", "-O2", "-O3")
                   for more in ([], fused)]
        crossed += [("aarch64", "cortex-a53", ["-O3"]), ("aarch64", "max", ["-O3", "-march=armv8.6-a", "-ffp-contract=fast"]),
                    ("s390x", "max", ["-O0"]), ("s390x", "max", ["-O3"])]
    for processor, model, flags_of_way in crossed:
        compiler, command = shutil.which(f"{processor}-linux-gnu-g++"), emulator(processor, model)
        if compiler and command:
            result.append((compiler, flags_of_way, command))
        else:
            print(f"not for {processor}: {processor}-linux-gnu-g++ or qemu-{processor} is not installed")
    return list({(c, *f, *e): (c, f, e) for c, f, e in result}.values())


def compare_bytes(whole):
    links = fresh("headers")
    flags_of_all = ["-std=c++20", "-I", INCLUDE, "-I", ROOT / "tests", *([] if whole else ["-DFEW"])]
    if Path("/usr/include/xsimd").is_dir():
        # By a link, without this machine's C library beside it: the headers serve every processor.
        (links / "xsimd").symlink_to("/usr/include/xsimd")
    ccache = [shutil.which("ccache")] if shutil.which("ccache") else []

    def attempt(number, way):
        compiler, flags_of_way, command = way
        built, program = WORK / f"bytes{number}.o", WORK / f"bytes{number}"
        # xsimd has nothing for s390x; its 8.1 for AVX-512 does not compile with g++ at -O0 (tests/CMakeLists.txt).
        without = "s390x" in compiler or ("clang" not in compiler and {"-O0", "-march=native"} <= set(flags_of_way))
        simd = [] if without or not any(links.iterdir()) else ["-DWITH_SIMD", "-isystem", links]
        run(*ccache, compiler, *flags_of_all, *simd, *flags_of_way, "-c", HERE / "bytes.cpp", "-o", built)
        run(compiler, built, "-o", program)
        return run(*command, program, check=False, text_of_errors=False)

    all_ways = ways(whole)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, range(len(all_ways)), all_ways))
    expected = results[0].stdout
    failures = [] if expected else ["nothing was printed"]
    for (compiler, flags_of_way, command), done in zip(all_ways, results):
        name = " ".join([Path(compiler).name, *flags_of_way, *(["on", command[2]] if command else [])])
        same = done.returncode == 0 and done.stdout == expected
        print(f"{name}: {len(done.stdout.splitlines())} formats" if same else f"{name}: other bytes")
        if not same:
            failures.append(f"{name}: code {done.returncode}; not the lines that were expected:")
            failures += [line for line in done.stdout.splitlines() if line not in expected.splitlines()]
    if failures:
        raise Failure("\n".join(failures))


@case
def same_bytes():
    """The same bytes from every backend and in every state of the thread, compiled in a few ways."""
    compare_bytes(whole=False)


@nightly_case
def same_bytes_in_all_ways():
    """The same, in all ways and for all processors that can be had here."""
    compare_bytes(whole=True)


@case
def versions():
    """Two versions of the library in one program."""
    def attempt(compiler, folder):
        shutil.copytree(INCLUDE, folder / "include")
        for header in (folder / "include").rglob("*.*"):
            if header.is_file():
                header.write_text(header.read_text().replace("inline v0", "inline v1"))
        run(compiler, "-std=c++20", "-I", INCLUDE, "-c", HERE / "main.cpp", "-o", folder / "main.o")
        run(compiler, "-std=c++20", "-I", folder / "include", "-c", HERE / "other.cpp", "-o", folder / "other.o")
        run(compiler, folder / "main.o", folder / "other.o", "-o", folder / "program")
        print(f"{Path(compiler).name}: {run(folder / 'program').stdout.strip()}")
        ours = [{s for s in weak_symbols(folder / o) if "6detent" in s} for o in ("main.o", "other.o")]
        # Instances of std:: templates carry our types' names, and so the version.
        if not ours[0] or not ours[1] or ours[0] & ours[1]:
            raise Failure("the two versions share symbols:\n" + "\n".join(sorted(ours[0] & ours[1])))
    each_compiler(attempt)


@case
def compile_fail():
    """Code that must not compile, each with the sentence that its first line expects: `// expect: …`."""
    sources = sorted((ROOT / "tests/compile_fail").glob("*.cpp"))

    def attempt(compiler, _):
        for source in sources:
            first = source.read_text().splitlines()[0]
            if not first.startswith("// expect: "):
                raise Failure(f"{source.name}: the first line must be `// expect: some sentence`")
            sentence = first.removeprefix("// expect: ").strip()
            command = [compiler, "-std=c++20", "-fsyntax-only", "-I", INCLUDE]
            wrong = run(*command, source, check=False)
            if wrong.returncode == 0 or sentence not in wrong.stdout:
                what = "compiles" if wrong.returncode == 0 else "fails for another reason"
                raise Failure(f"{source.name} {what} with {compiler}; expected: {sentence}\n{wrong.stdout[:3000]}")
            # The same program without the mistake compiles: the sentence is about the mistake alone.
            run(*command, "-DCORRECT", source)
    each_compiler(attempt)
    print(f"{len(sources)} programs, refused by {', '.join(Path(c).name for c in compilers())}")


def main():
    global WORK
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("case", choices=[*CASES, *NIGHTLY, "all", "nightly"])
    arguments.add_argument("--work", type=Path, default=ROOT / "build/consume", help="folder for what is built")
    chosen = arguments.parse_args()
    WORK = chosen.work.resolve()
    try:
        for name in {"all": CASES, "nightly": NIGHTLY}.get(chosen.case, [chosen.case]):
            (CASES | NIGHTLY)[name]()
    except Failure as failure:
        print(failure)
        sys.exit(1)


if __name__ == "__main__":
    main()

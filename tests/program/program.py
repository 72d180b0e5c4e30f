#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program `detent` as its users meet it.

    program.py CASE --program PATH [--work FOLDER] [--nightly]     CASE is a function below marked @case, or `all`

Exit code 0: all as it must be. 1: not, one line each. 77: cannot be checked here, and why.
"""
import argparse
import json
import os
import pty
import random
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the tree stays as it is
import bitsandbytes as bnb
import pruning
import safetensors as st

CASES = {}
MEGABYTE = 1 << 20
SHAPE = [24, 512]  # rows that every block size divides, and 24 · 512 weights are no multiple of 4096 times 2


def case(function):
    CASES[function.__name__] = function
    return function


class Skipped(Exception):
    pass


def normal(n, seed=1, scale=1.0):
    """Normal numbers that fp32 holds."""
    generator = random.Random(seed)
    return [st.fp32(generator.gauss(0, scale)) for _ in range(n)]


def count(shape):
    n = 1
    for extent in shape:
        n *= extent
    return n


def weights(name, shape=None, dtype="F32", seed=1):
    shape = SHAPE if shape is None else shape
    return name, dtype, shape, st.packed(dtype, normal(count(shape), seed))


class Bench:
    """A folder, the program, and what went wrong."""

    def __init__(self, program, folder, nightly):
        self.program, self.folder, self.nightly = program, folder, nightly
        self.offences = []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def check(self, good, what):
        if not good:
            self.offences.append(what)
        return good

    def run(self, *arguments, **options):
        done = subprocess.run([self.program, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=120, **options)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    def expect(self, code, *arguments, words=(), **options):
        """Runs; checks the exit code and that the standard error has these words."""
        done = self.run(*arguments, **options)
        shown = " ".join(map(str, arguments))
        self.check(done.returncode == code, f"detent {shown}: exit code {done.returncode}, not {code}: {done.stderr!r}")
        for word in words:
            self.check(str(word) in done.stderr, f"detent {shown}: {word!r} is not in {done.stderr!r}")
        return done

    def json(self, *arguments):
        """Runs with --json; the object."""
        done = self.expect(0, *arguments, "--json")
        try:
            return json.loads(done.stdout)
        except ValueError:
            self.check(False, f"detent {' '.join(map(str, arguments))}: {done.stdout!r} is no JSON object")
            return {}

    def write(self, name, tensors, metadata=None):
        path = self.folder / name
        st.write(path, tensors, metadata)
        return path

    def room(self, needed):
        free = shutil.disk_usage(self.folder).free
        if free < needed + 64 * MEGABYTE:
            raise Skipped(f"needs {needed // MEGABYTE} MB on the disk, {free // MEGABYTE} MB are free")


class Refusals:
    """One file after another that must be refused, in a folder where nothing else may appear."""

    def __init__(self, bench):
        self.bench = bench
        self.folder = bench.folder / "refused"
        self.folder.mkdir()
        self.out = self.folder / "out.safetensors"
        self.out.write_bytes(b"old")

    def __call__(self, label, content, *words, command="quantize"):
        path = self.folder / "bad.safetensors"
        path.write_bytes(content)
        end = {"quantize": ["-o", self.out, "--to", "int4"], "dequantize": ["-o", self.out], "inspect": []}[command]
        done = self.bench.run(command, path, *end)
        check = self.bench.check
        check(done.returncode == 1, f"{label}: exit code {done.returncode}: {done.stderr!r}")
        check(done.stderr.startswith("detent: ") and done.stderr.count("\n") == 1,
              f"{label}: {done.stderr!r} is not one sentence")
        check(done.stdout == "", f"{label}: writes {done.stdout!r}")
        for word in ("bad.safetensors", *words):
            check(word in done.stderr, f"{label}: {word!r} is not in {done.stderr!r}")
        self.untouched(label)

    def untouched(self, label):
        names = sorted(p.name for p in self.folder.iterdir())
        self.bench.check(names == ["bad.safetensors", "out.safetensors"], f"{label}: leaves {names}")
        if not self.bench.check(self.out.read_bytes() == b"old", f"{label}: the old output was touched"):
            self.out.write_bytes(b"old")


# What each precision must keep of normal numbers, in dB: a little less than it does.
FLOORS = {"fp32": 1000, "fp16": 73, "bf16": 55, "e5m2": 25, "e4m3": 30, "e3m2": 25, "e2m3": 28, "dynamic8": 37}
FLOORS_OF_BITS = {8: 40, 6: 32, 5: 26, 4: 18, 3: 12, 2: 3}


def floor_of(precision):
    for part, floor in FLOORS.items():
        if part in precision:
            return floor
    return FLOORS_OF_BITS[int(re.search(r"\d", precision.split("::")[-1]).group())]


def precisions(bench):
    refused = bench.expect(2, "quantize", "in", "-o", "out", "--to", "x").stderr
    return re.search(r"choose one of (.*)", refused).group(1).split(", ")


@case
def usage(b):
    """Exit code 2 for what was typed wrong, and the help."""
    good = b.write("in.safetensors", [weights("w")])
    out = b.folder / "out.safetensors"
    b.expect(2)
    b.expect(2, "frobnicate")
    b.expect(2, "inspect")
    b.expect(2, "inspect", good, "--frobnicate", words=["--frobnicate"])
    b.expect(2, "inspect", good, "--threads", "-1", words=["--threads"])
    b.expect(2, "inspect", good, "--threads", "many", words=["--threads"])
    b.expect(2, "quantize", good, "--to", "int4", words=["--output"])
    b.expect(2, "quantize", good, "-o", out, words=["--to"])
    b.expect(2, "dequantize", good, "-o", out, "--to", "int4", words=["--to"])
    b.expect(2, "compare", good)
    unknown = b.expect(2, "quantize", good, "-o", out, "--to", "int9", words=["int9", "int4", "bnb::nf4", "ggml::q4_k"])
    b.check(unknown.stdout == "", "an unknown precision writes to the standard output")
    for arguments in (["--help"], ["inspect", "--help"], ["quantize", "--help"], ["--version"]):
        b.check(b.expect(0, *arguments).stdout != "", f"{arguments} says nothing")
    b.check(not out.exists(), "wrong usage made an output")


@case
def refusals(b):
    """Exit code 1 and one sentence for files that cannot be read or written; nothing is left behind."""
    good = b.write("in.safetensors", [weights("w")])
    missing, folder = b.folder / "missing.safetensors", b.folder / "folder"
    folder.mkdir()
    os.mkfifo(b.folder / "pipe")
    to = ["--to", "int4"]
    bad = [["inspect", missing], ["inspect", folder], ["inspect", b.folder / "pipe"], ["inspect", "/dev/null"],
           ["quantize", missing, "-o", b.folder / "out", *to], ["quantize", folder, "-o", b.folder / "out", *to],
           ["quantize", good, "-o", b.folder / "none/out", *to], ["quantize", good, "-o", folder, *to],
           ["quantize", good, "-o", good, *to], ["dequantize", good, "-o", good],
           ["quantize", good, "-o", b.folder / "folder/../in.safetensors", *to],
           ["quantize", good, "-o", "", *to], ["quantize", good, "-o", "/dev/null", *to],
           ["compare", good, missing], ["compare", missing, good]]
    before = good.read_bytes(), sorted(os.listdir(b.folder))
    for arguments in bad:
        done = b.expect(1, *arguments)
        b.check(done.stderr.startswith("detent: ") and done.stderr.count("\n") == 1, f"{arguments}: {done.stderr!r}")
        b.check(done.stdout == "", f"{arguments}: writes {done.stdout!r}")
    b.expect(1, "quantize", good, "-o", good, *to, words=["in.safetensors", "input"])
    b.check((good.read_bytes(), sorted(os.listdir(b.folder))) == before, "a refused run changed the folder")
    other = b.write("other.safetensors", [weights("w", [3, 5])])
    b.expect(1, "compare", good, other, words=["w", "24", "512", "3", "5"])
    with open("/dev/full", "w") as full:
        done = subprocess.run([b.program, "inspect", good, "--json"], stdout=full, stderr=subprocess.PIPE)
    b.check(done.returncode == 1, f"a standard output that is full: exit code {done.returncode}")


@case
def too_large(b):
    """A limit on the size of files is a sentence, and leaves nothing."""
    good = b.write("in.safetensors", [weights("w")])
    before = sorted(os.listdir(b.folder))
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    b.expect(1, "quantize", good, "-o", b.folder / "out", "--to", "int8", words=["no room"], preexec_fn=limit)
    b.check(sorted(os.listdir(b.folder)) == before, "a file that is too large leaves something")


@case
def reports(b):
    """The shape of what --json prints, and that its sums are those of the file."""
    tensors = [weights("a.weight"), weights("a.bias", [512]), weights("conv.weight", [8, 4, 3, 3], "BF16"),
               ("ids", "I64", [3], st.packed("I64", [1, 2, 3])), ("empty", "F32", [0, 4], b"")]
    source = b.write("in.safetensors", tensors, {"format": "pt", "note": "grüße"})
    seen = b.json("inspect", source)
    b.check(set(seen) == {"file", "tensors", "parameters", "bytes", "bits_per_parameter"}, f"inspect: {sorted(seen)}")
    names = {n for n, _, _, _ in tensors}
    b.check({t["name"] for t in seen["tensors"]} == names, f"inspect names {[t['name'] for t in seen['tensors']]}")
    for t in seen["tensors"]:
        b.check(set(t) == {"name", "precision", "shape", "bytes", "bits_per_parameter"}, f"inspect: {sorted(t)}")
    check_totals(b, source, seen)
    counted = b.json("inspect", source, "--stats")
    nonzero = sum(v != 0 for n, d, _, data in tensors if d in ("F32", "BF16") for v in st.unpacked(d, data))
    b.check(counted["nonzero"] == nonzero, f"inspect --stats: {counted['nonzero']} not zero, should be {nonzero}")
    out = b.folder / "out.safetensors"
    made = b.json("quantize", source, "-o", out, "--to", "int4")
    expected = {"tensors", "output", "tensors_changed", "tensors_kept", "bytes_before", "bytes_after", "seconds",
                "peak_anonymous_bytes", "input", "precision"}
    b.check(set(made) == expected, f"quantize: {sorted(made)}")
    b.check(made["bytes_after"] == out.stat().st_size, "quantize: bytes_after is not the size of the file")
    b.check(made["bytes_before"] == seen["bytes"], "quantize: bytes_before is not what inspect says")
    b.check(made["tensors_changed"] == 3 and made["tensors_kept"] == 2, f"quantize changes {made['tensors_changed']}")
    check_totals(b, out, b.json("inspect", out))
    check_texts(b, source, out)


@case
def names(b):
    """Names from a file reach a terminal without its control characters, and JSON as they are."""
    name = "evil\x1b[2J\n\x9b\u200bname.weight"
    a = b.write("a", [weights(name, [2, 64]), weights("vector\x1b", [64]), ("ids\x1b", "I64", [1], bytes(8))])
    c = b.write("c", [weights(name, [2, 64], seed=2), ("ids\x1b", "I64", [1], b"1" * 8), weights("c\x1b", [1])])
    d = b.write("d", [weights(name, [3, 64])])
    out = b.folder / "out"
    for arguments in (["inspect", a], ["quantize", a, "-o", out, "--to", "int4"], ["compare", a, c], ["compare", a, d],
                      ["quantize", out, "-o", a, "--to", "int99"]):
        done = b.run(*arguments)
        b.check(not set(done.stdout + done.stderr) & set("\x1b\x9b"), f"{arguments[0]}: {done.stdout + done.stderr!r}")
    b.check(b.json("inspect", a)["tensors"][0]["name"] == name, "inspect --json: another name")


def check_totals(b, path, seen):
    _, parts = st.read(path)
    data = sum(len(p[2]) for p in parts.values())
    b.check(seen["bytes"] == data == sum(t["bytes"] for t in seen["tensors"]), f"{path.name}: bytes {seen['bytes']}")
    parameters = sum(count(t["shape"]) for t in seen["tensors"])
    b.check(seen["parameters"] == parameters, f"{path.name}: parameters {seen['parameters']}, not {parameters}")
    b.check(abs(seen["bits_per_parameter"] - 8 * data / parameters) < 1e-9, f"{path.name}: bits per parameter")


def check_texts(b, source, out):
    """Without --json the text is on the standard output; with it, on the standard error."""
    for arguments in (["inspect", source], ["quantize", source, "-o", out, "--to", "int8"],
                      ["dequantize", out, "-o", b.folder / "back"], ["compare", source, out]):
        plain, machine = b.expect(0, *arguments), b.expect(0, *arguments, "--json")
        b.check(plain.stdout and not plain.stderr, f"{arguments[0]}: text on the wrong stream")
        b.check(bool(machine.stderr) and "{" not in machine.stderr, f"{arguments[0]} --json: no text for people")
        b.check(isinstance(json.loads(machine.stdout), dict), f"{arguments[0]} --json: not one object")


@case
def compares(b):
    """compare: what is only in one file, what differs, and sums that follow from the rows."""
    x, y = normal(1000, 1), normal(1000, 2, 0.01)
    whole = lambda name, value: (name, "I64", [1], st.packed("I64", [value]))
    a = b.write("a.safetensors", [("w", "F32", [10, 100], st.packed("F32", x)), weights("one"), whole("ids", 1),
                                  whole("same", 1)])
    noisy = [st.fp32(p + q) for p, q in zip(x, y)]
    c = b.write("c.safetensors", [("w", "F32", [10, 100], st.packed("F32", noisy)), weights("two"), whole("ids", 2),
                                  whole("same", 1)])
    seen = b.json("compare", a, c)
    apart = seen["only_in_a"], seen["only_in_b"], seen["different"]
    b.check(apart == (["one"], ["two"], ["ids"]), f"compare: {apart}")
    differences = [q - p for p, q in zip(x, noisy)]
    rmse = (sum(d * d for d in differences) / 1000) ** 0.5
    for row in (seen["tensors"][0], seen["total"]):
        b.check(abs(row["rmse"] - rmse) < 1e-6 * rmse, f"compare: rmse {row['rmse']}, not {rmse}")
        b.check(abs(row["max"] - max(map(abs, differences))) < 1e-9, f"compare: max {row['max']}")
        b.check(39 < row["sqnr_db"] < 41, f"compare: {row['sqnr_db']} dB")
    b.check("ids" in b.expect(0, "compare", a, c).stdout, "compare: the text does not name integers that differ")
    b.check(b.json("compare", a, a)["total"]["sqnr_db"] is None, "compare: an exact copy has a finite ratio")


@case
def round_trips(b):
    """Every precision: quantize, inspect, dequantize, compare."""
    source = b.write("in.safetensors", [weights("layer.weight")])
    q, back, again = b.folder / "q", b.folder / "back", b.folder / "again"
    for p in precisions(b):
        b.json("quantize", source, "-o", q, "--to", p)
        seen = b.json("inspect", q)["tensors"]
        b.check(len(seen) == 1 and seen[0]["shape"] == SHAPE, f"{p}: inspect sees {seen}")
        b.check(seen[0]["precision"] == p, f"{p}: inspect sees {seen[0]['precision']}")
        b.expect(0, "dequantize", q, "-o", back)
        total = b.json("compare", source, back)["total"]
        sqnr = total["sqnr_db"]
        b.check(sqnr is None or sqnr > floor_of(p), f"{p}: {sqnr} dB, should be above {floor_of(p)}")
        b.check(b.json("compare", source, q)["total"] == total, f"{p}: compare differs before and after dequantize")
        b.check(sqnr is None or seen[0]["bits_per_parameter"] < 32, f"{p}: {seen[0]['bits_per_parameter']} bits")
        if p.startswith(("fp", "bf")) and p not in ("fp4",):
            b.expect(0, "quantize", back, "-o", again, "--to", p)
            b.check(again.read_bytes() == q.read_bytes(), f"{p}: what was dequantized quantizes to other bytes")


@case
def input_types(b):
    """fp16 and bf16 come in as they are, and go out as asked."""
    out, back = b.folder / "out", b.folder / "back"
    for dtype, torch, to in (("F16", "float16", "fp16"), ("BF16", "bfloat16", "bf16"), ("F32", "float32", "fp32")):
        source = b.write("in.safetensors", [weights("w", None, dtype)])
        b.expect(0, "quantize", source, "-o", out, "--to", "bnb::nf4")
        state = json.loads(st.read(out)[1]["w.quant_state.bitsandbytes__nf4"][2])
        b.check(state["dtype"] == torch, f"{dtype}: the state says {state['dtype']}")
        b.expect(0, "dequantize", out, "-o", back, "--to", to)
        b.check(st.read(back)[1]["w"][0] == dtype, f"{dtype}: dequantize --to {to} makes {st.read(back)[1]['w'][0]}")
        b.check(b.json("compare", source, back)["total"]["sqnr_db"] > 18, f"{dtype}: nf4 is too far away")
    source = b.write("in.safetensors", [weights("w", None, "F64")])
    b.expect(0, "quantize", source, "-o", out, "--to", "int8_rows")
    b.check(b.json("compare", source, out)["total"]["sqnr_db"] > 40, "F64: int8_rows is too far away")
    b.expect(0, "dequantize", source, "-o", back)
    b.check(st.read(back) == st.read(source), "F64: dequantize changes what is not quantized")


# Layers of models as their checkpoints name them, and whether the default quantizes them.
LAYERS = {
    # SDXL, diffusers
    "conv_in.weight": False, "conv_out.weight": False, "time_embedding.linear_1.weight": False,
    "add_embedding.linear_2.weight": False, "down_blocks.0.resnets.0.conv1.weight": True,
    "down_blocks.1.attentions.0.proj_in.weight": True, "down_blocks.1.attentions.0.proj_out.weight": True,
    "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight": True,
    "down_blocks.1.attentions.0.transformer_blocks.0.ff.net.0.proj.weight": True,
    # SDXL, one file
    "model.diffusion_model.input_blocks.0.0.weight": False, "model.diffusion_model.out.2.weight": False,
    "model.diffusion_model.time_embed.0.weight": False, "model.diffusion_model.label_emb.0.0.weight": False,
    "model.diffusion_model.input_blocks.1.0.in_layers.2.weight": True,
    "model.diffusion_model.middle_block.1.transformer_blocks.0.attn1.to_q.weight": True,
    "conditioner.embedders.0.transformer.text_model.encoder.layers.0.self_attn.q_proj.weight": True,
    "conditioner.embedders.0.transformer.text_model.embeddings.token_embedding.weight": False,
    "conditioner.embedders.1.model.transformer.resblocks.0.mlp.c_fc.weight": True,
    "conditioner.embedders.1.model.positional_embedding": False, "conditioner.embedders.1.model.text_projection": False,
    # FLUX, the original names and diffusers'
    "img_in.weight": False, "txt_in.weight": False, "time_in.in_layer.weight": False,
    "final_layer.linear.weight": False, "final_layer.adaLN_modulation.1.weight": False,
    "double_blocks.0.img_mod.lin.weight": True,
    "double_blocks.0.img_attn.qkv.weight": True, "single_blocks.3.linear1.weight": True,
    "x_embedder.weight": False, "context_embedder.weight": False, "proj_out.weight": False,
    "norm_out.linear.weight": False, "transformer_blocks.0.norm1.linear.weight": True,
    "transformer_blocks.0.norm1_context.linear.weight": True, "single_transformer_blocks.0.proj_out.weight": True,
    "time_text_embed.timestep_embedder.linear_1.weight": False,
    # SD3
    "model.diffusion_model.x_embedder.proj.weight": False, "model.diffusion_model.pos_embed": False,
    "model.diffusion_model.t_embedder.mlp.0.weight": False, "model.diffusion_model.y_embedder.mlp.0.weight": False,
    "model.diffusion_model.context_embedder.weight": False, "model.diffusion_model.final_layer.linear.weight": False,
    "model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight": True,
    "model.diffusion_model.joint_blocks.0.x_block.adaLN_modulation.1.weight": True,
    # T5, Llama, GPT-2
    "shared.weight": False, "encoder.block.0.layer.0.SelfAttention.q.weight": True,
    "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight": False,
    "model.embed_tokens.weight": False, "lm_head.weight": False, "model.layers.0.self_attn.q_proj.weight": True,
    "model.layers.0.mlp.down_proj.weight": True, "model.layers.0.input_layernorm.weight": False,
    "tok_embeddings.weight": False, "output.weight": False, "layers.0.attention.wq.weight": True,
    "wte.weight": False, "wpe.weight": False, "transformer.wte.weight": False, "h.0.ln_1.weight": False,
    "h.0.attn.c_attn.weight": True, "h.0.mlp.c_proj.weight": True, "h.0.attn.bias": False,
}


def decisions(b, source, *arguments):
    """{name: why it was kept, or None}"""
    out = b.folder / "out.safetensors"
    made = b.json("quantize", source, "-o", out, *arguments)
    return {t["name"]: t.get("kept") for t in made["tensors"]}


@case
def keeping(b):
    """What the default leaves as it is, by name and by shape, and that it is left byte for byte."""
    shape = [8, 32]
    tensors = [weights(name, shape) for name in LAYERS]
    tensors += [weights("some.vector", [32]), weights("some.scalar", []), ("ids", "I64", [2], st.packed("I64", [7, 8]))]
    metadata = {"format": "pt", "author": "someone"}
    source = b.write("in.safetensors", tensors, metadata)
    kept = decisions(b, source, "--to", "int8_blocks")
    for name, quantized in LAYERS.items():
        b.check((kept[name] is None) == quantized, f"{name}: {kept[name] or 'quantized'}")
    for name in ("some.vector", "some.scalar", "ids"):
        b.check(kept[name] is not None, f"{name} was quantized")
    check_kept(b, source, kept)
    after = st.read(b.folder / "out.safetensors")[0]
    b.check(metadata.items() <= after.items(), f"the metadata became {after}")
    b.expect(0, "quantize", source, "-o", b.folder / "text", "--to", "int8_blocks")
    text = b.expect(0, "quantize", source, "-o", b.folder / "text", "--to", "int8_blocks").stdout
    missing = [n for n, why in kept.items() if why and f"kept {n} ({why})" not in text]
    b.check(not missing, f"the text does not tell that it keeps {missing}")


def check_kept(b, source, kept):
    before, after = st.read(source)[1], st.read(b.folder / "out.safetensors")[1]
    for name, why in kept.items():
        if why:
            b.check(after.get(name) == before[name], f"{name} was kept but changed")


@case
def choosing(b):
    """--include and --exclude, more than once; precisions that cannot hold a tensor."""
    shape = [4, 64]
    names = ["a.q.weight", "a.k.weight", "b.q.weight", "lm_head.weight", "norm.weight"]
    source = b.write("in.safetensors", [weights(n, shape) for n in names] + [weights("vector", [64])])
    decided = lambda *arguments: decisions(b, source, "--to", "int4", *arguments).items()
    changed = lambda *arguments: sorted(n for n, why in decided(*arguments) if not why)
    for arguments, expected in (
            ([], names[:3]), (["--include", "a.*"], names[:2]), (["--include", "a.*", "--include", "b.*"], names[:3]),
            (["--exclude", "a.*"], names[2:3]), (["--exclude", "a.k*", "--exclude", "b.*"], names[:1]),
            (["--include", "*", "--exclude", "*.weight"], ["vector"]), (["--include", "lm_head.weight"], names[3:4]),
            (["--include", "?.q.weight"], ["a.q.weight", "b.q.weight"]), (["--include", "nothing"], [])):
        b.check(changed(*arguments) == sorted(expected), f"{arguments}: {changed(*arguments)}, not {expected}")
    shapes = {"fits": [2, 512], "odd": [2, 300], "conv": [2, 64, 2, 2]}
    odd = b.write("odd.safetensors", [weights(n, s) for n, s in shapes.items()])
    kept = decisions(b, odd, "--to", "ggml::q4_k")
    b.check(kept["fits"] is None and kept["conv"] is None and "256" in (kept["odd"] or ""), f"ggml::q4_k: {kept}")
    check_kept(b, odd, kept)
    kept = decisions(b, odd, "--to", "bnb::nf4")
    b.check(kept["odd"] is None and "matrices" in (kept["conv"] or ""), f"bnb::nf4: {kept}")
    kept = decisions(b, odd, "--to", "bnb::int8")
    b.check(".weight" in (kept["odd"] or ""), f"bnb::int8: {kept}")


@case
def mixed(b):
    """A file that is partly quantized is quantized further, compared, and made floats again."""
    tensors = [weights("a.weight"), weights("b.weight"), weights("c.weight")]
    source = b.write("in.safetensors", tensors)
    one, two, back = b.folder / "one", b.folder / "two", b.folder / "back"
    for first in ("int4", "bnb::nf4_double_quant", "ggml::q4_k", "bnb::int8", "uint4", "nvfp4", "fp8_e4m3fn"):
        b.expect(0, "quantize", source, "-o", one, "--to", first, "--include", "a.*")
        b.expect(0, "quantize", one, "-o", two, "--to", "int8_blocks", "--include", "b.*")
        seen = {t["name"]: t["precision"] for t in b.json("inspect", two)["tensors"]}
        b.check(seen == {"a.weight": first, "b.weight": "int8_blocks", "c.weight": "fp32"}, f"{first}: {seen}")
        kept = {n: p for n, p in st.read(one)[1].items() if n.startswith("a.")}
        b.check(kept.items() <= st.read(two)[1].items(), f"{first}: a copy changed its parts")
        b.expect(0, "dequantize", two, "-o", back)
        metadata, parts = st.read(back)
        b.check(sorted(parts) == ["a.weight", "b.weight", "c.weight"], f"{first}: dequantized {sorted(parts)}")
        b.check(not any(k.startswith("detent:") for k in metadata), f"{first}: metadata {metadata} remain")
        b.check(b.json("compare", two, back)["total"]["sqnr_db"] is None, f"{first}: dequantize changed values")


@case
def threads(b):
    """The number of threads changes no byte."""
    source = b.write("in.safetensors", [weights("a.weight", [96, 512]), weights("b.weight", [7, 768], "F16")])
    for p in precisions(b):
        for n in (1, 2):
            b.expect(0, "quantize", source, "-o", b.folder / f"q{n}", "--to", p, "--threads", n)
        b.check((b.folder / "q1").read_bytes() == (b.folder / "q2").read_bytes(), f"{p}: two threads differ from one")
    for n in (1, 2):
        b.expect(0, "dequantize", b.folder / "q1", "-o", b.folder / f"d{n}", "--threads", n)
    b.check((b.folder / "d1").read_bytes() == (b.folder / "d2").read_bytes(), "dequantize: two threads differ from one")
    one, two = (b.json("compare", source, b.folder / "q1", "--threads", n)["total"] for n in (1, 2))
    b.check(one == two, "compare: two threads differ from one")


@case
def special_values(b):
    """Zeros, NaN, infinities, empty tensors: counted, reported, and the file stays readable."""
    inf, nan = float("inf"), float("nan")
    rows = {"zeros": [0.0] * 512, "nan": [nan] + normal(511), "inf": [inf, -inf] + normal(510),
            "tiny": [1e-42] * 512, "huge": [3e38] * 512}
    tensors = [(n + ".weight", "F32", [2, 256], st.packed("F32", v)) for n, v in rows.items()]
    tensors += [("empty.weight", "F32", [0, 256], b""), ("flat.weight", "F32", [3, 0], b"")]
    source, out = b.write("in.safetensors", tensors), b.folder / "out"
    for p in precisions(b):
        made = b.json("quantize", source, "-o", out, "--to", p)
        met = {t["name"]: t for t in made["tensors"]}
        for name, field, expected in (("nan.weight", "nan", 1), ("inf.weight", "infinite", 2)):
            seen = met[name].get(field, "kept")
            b.check(seen in (expected, "kept"), f"{p}: {name} reports {field} {seen}")
        b.check(len(b.json("inspect", out)["tensors"]) == len(tensors), f"{p}: cannot be read again")
        b.expect(0, "dequantize", out, "-o", b.folder / "back")
        parts = st.read(b.folder / "back")[1]
        b.check(all(v == 0 for v in st.unpacked("F32", parts["zeros.weight"][2])), f"{p}: zeros do not stay zeros")
        b.json("compare", source, out)


@case
def empty_shapes(b):
    """Shapes without elements whose other extents are huge: done or refused, never a crash."""
    out = b.folder / "out"
    for shape in ([0, 2**63], [0, 2**64 - 1], [2**63, 0], [0, 2**40, 2**40], [0], [2**64 - 1, 0, 2**64 - 1]):
        source = b.folder / "in.safetensors"
        source.write_bytes(st.with_header(st.header_of([("w", "F32", shape, 0)])))
        for p in precisions(b):
            done = b.run("quantize", source, "-o", out, "--to", p, "--include", "*")
            b.check(done.returncode in (0, 1), f"{p} {shape}: exit code {done.returncode}: {done.stderr!r}")
            if done.returncode == 0:
                b.expect(0, "dequantize", out, "-o", b.folder / "back")


def small_file(metadata=None):
    return st.encode([weights("w", [4, 16]), weights("v", [16])], metadata)


@case
def hostile_headers(b):
    """Every cut of the header, and headers that lie."""
    refuse = Refusals(b)
    content = small_file({"k": "v"})
    data = 8 + int.from_bytes(content[:8], "little")
    for length in range(data):
        refuse(f"cut at byte {length} of the header", content[:length])
    for length in (data, data + 1, data + 255, data + 256, len(content) - 1):
        refuse(f"cut at byte {length}", content[:length], command="quantize")
    refuse("a byte too many", content + b"\0")
    for length in (0, 1, data - 9, data - 7, len(content) - 8, len(content), 10**8, 10**8 + 1, 2**63, 2**64 - 1):
        refuse(f"the header's length {length}", length.to_bytes(8, "little") + content[8:])
    entry = '"%s":{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}'
    w = entry % ("w", "F32", "[2]", 0, 8)
    for label, body, size, words in (
            ("the same tensor twice", f"{{{w},{w}}}", 16, ["w", "duplicate"]),
            ("a key twice", '{"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 8, ["dtype"]),
            ("an overlap", f"{{{w},{entry % ('v', 'F32', '[2]', 4, 12)}}}", 12, ["v"]),
            ("a hole", f"{{{w},{entry % ('v', 'F32', '[2]', 12, 20)}}}", 20, ["v"]),
            ("too few bytes", "{%s}" % (entry % ("w", "F32", "[3]", 0, 8)), 8, ["w"]),
            ("an end before the begin", "{%s}" % (entry % ("w", "F32", "[2]", 8, 0)), 8, ["w"]),
            ("too many elements", "{%s}" % (entry % ("w", "F32", "[4294967296,4294967296,4]", 0, 8)), 8, ["w"]),
            ("an unknown type", "{%s}" % (entry % ("w", "F31", "[2]", 0, 8)), 8, ["w", "F31"]),
            ("a negative extent", "{%s}" % (entry % ("w", "F32", "[-2]", 0, 8)), 8, ["shape"]),
            ("metadata that are no text", '{"__metadata__":{"k":1},%s}' % w, 8, ["metadata"]),
            ("a deep nest", "{" + '"a":[' * 10 + "[" * 100000 + "}", 0, []),
            ("bytes that are no UTF-8", "{%s}" % (entry % ("\udcff", "F32", "[2]", 0, 8)), 8, [])):
        refuse(label, st.with_header(body.encode(errors="surrogateescape"), bytes(size)), *words)


# Metadata and parts of our own scheme that do not fit each other; {} stands for nothing wrong.
SCHEME = {
    "an unknown precision": ("int99 [4, 64]", {}, ["w", "int99", "int4"]),
    "no precision": ("[4, 64]", {}, ["w"]), "no shape": ("int4", {}, ["w"]), "an empty text": ("", {}, ["w"]),
    "a broken shape": ("int4 [4, 64", {}, ["w"]), "a word as shape": ("int4 [4, x]", {}, ["w"]),
    "a comma too many": ("int4 [4, 64, ]", {}, ["w"]), "a bracket too many": ("int4 [4, 64]]", {}, ["w"]),
    "a bracket after nothing": ("int4 []]", {}, ["w"]), "a negative shape": ("int4 [4, -64]", {}, ["w"]),
    "another shape": ("int4 [4, 65]", {}, ["w"]), "a larger shape": ("int4 [400, 64]", {}, ["w"]),
    "an overflow": ("int4 [4294967296, 4294967296]", {}, ["w"]),
    "a long number": ("int4 [99999999999999999999999, 1]", {}, ["w"]),
    "a long text": ("int4 [" + "1, " * 2000 + "1]", {}, ["w"]),
    "no codes": ("int4 [4, 64]", {"w": None}, ["w"]), "no scales": ("int4 [4, 64]", {"w.scale": None}, ["w.scale"]),
    "codes too short": ("int4 [4, 64]", {"w": ("U8", [64])}, ["w"]),
    "codes of another type": ("int4 [4, 64]", {"w": ("F16", [64])}, ["w", "F16"]),
    "scales too short": ("int4 [4, 64]", {"w.scale": ("F16", [1])}, ["w.scale"]),
    "scales of another type": ("int4 [4, 64]", {"w.scale": ("U8", [2])}, ["w.scale"]),
    "rows that do not divide": ("ggml::q4_k [4, 64]", {}, ["w"]), "no axes": ("bnb::int8 []", {}, ["w"]),
}


@case
def hostile_scheme(b):
    """Files in our own scheme whose parts do not fit."""
    out = b.folder / "q"
    b.expect(0, "quantize", b.write("in.safetensors", [weights("w", [4, 64])]), "-o", out, "--to", "int4")
    metadata, good = st.read(out)
    b.check(metadata == {"detent:w": "int4 [4, 64]"}, f"the scheme writes {metadata}")
    refuse = Refusals(b)
    for label, (text, changes, words) in SCHEME.items():
        parts = dict(good)
        for name, change in changes.items():
            parts.pop(name)
            if change:
                size = count(change[1]) * {"U8": 1, "F16": 2}[change[0]]
                parts[name] = (*change, bytes(size))
        content = st.encode([(n, *p) for n, p in parts.items()], {"detent:w": text})
        for command in ("quantize", "dequantize", "inspect"):
            refuse(f"{label}: {command}", content, *words, command=command)
    twice = {"detent:w": "int4 [4, 64]", "detent:w.scale": "fp16 [4]"}
    refuse("a part of two tensors", st.encode([(n, *p) for n, p in good.items()], twice), "w.scale")
    taken = st.encode([weights("w", [4, 64]), weights("w.scale", [4])])
    refuse("a name that the scheme needs", taken, "w.scale")


def blob_with(**changes):
    state = {"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [4, 64], "nested_blocksize": 256,
             "nested_dtype": "float32", "nested_offset": 0.5}
    state |= changes
    return json.dumps({k: v for k, v in state.items() if v is not ...}).encode()


# What is wrong in the JSON beside a 4-bit weight.
STATES = {
    "no JSON": b"nf4", "nothing": b"", "an array": b"[1, 2]", "null": b"null", "half": blob_with()[:40],
    "text after it": blob_with() + b"{}", "a zero byte": blob_with() + b"\0",
    "not UTF-8": blob_with()[:-1] + b', "\xff": 1}',
    "a key twice": blob_with()[:-1] + b', "blocksize": 64}', "an unknown key": blob_with(color="blue"),
    "a deep nest": b"[" * 5000, "a deep shape": blob_with(shape=[[4, 64]]), "text as shape": blob_with(shape="4x64"),
    "an unknown type": blob_with(quant_type="nf5"), "no type": blob_with(quant_type=...),
    "a number as type": blob_with(quant_type=4),
    "blocksize 0": blob_with(blocksize=0), "blocksize 3": blob_with(blocksize=3),
    "blocksize 16": blob_with(blocksize=16), "blocksize 8192": blob_with(blocksize=8192),
    "blocksize 2^63": blob_with(blocksize=2**63),
    "blocksize 2^64": blob_with(blocksize=2**64), "blocksize -64": blob_with(blocksize=-64),
    "blocksize 64.5": blob_with(blocksize=64.5), "blocksize 128": blob_with(blocksize=128),
    "no blocksize": blob_with(blocksize=...), "no shape": blob_with(shape=...), "an empty shape": blob_with(shape=[]),
    "an overflow": blob_with(shape=[2**40, 2**40]), "2^64": blob_with(shape=[2**32, 2**32]),
    "another shape": blob_with(shape=[4, 66]), "a negative shape": blob_with(shape=[-4, 64]),
    "no dtype": blob_with(dtype=...), "an unknown dtype": blob_with(dtype="float31"),
    "nested_blocksize 0": blob_with(nested_blocksize=0), "nested_blocksize 1": blob_with(nested_blocksize=1),
    "nested_blocksize 2^40": blob_with(nested_blocksize=2**40), "no nested_blocksize": blob_with(nested_blocksize=...),
    "no nested_offset": blob_with(nested_offset=...), "an infinite offset": blob_with(nested_offset=1e39),
    "an offset beyond double": blob_with(nested_offset=...)[:-1] + b', "nested_offset": 1e400}',
    "no nested_dtype": blob_with(nested_dtype=...), "another nested_dtype": blob_with(nested_dtype="float16"),
}


@case
def hostile_bitsandbytes(b):
    """bitsandbytes files whose state is broken or whose parts do not fit."""
    refuse = Refusals(b)
    key = "w.quant_state.bitsandbytes__nf4"
    good = bnb.quantized("w", normal(256), [4, 64], double_quant=True)
    replaced = lambda name, *part: [(n, *part) if n == name else (n, *p) for n, *p in good if n != name or part]
    for label, text in STATES.items():
        refuse(f"state: {label}", st.encode(replaced(key, "U8", [len(text)], text)))
    for name, dtype, shape, data in good:
        if name == key:
            continue
        refuse(f"no {name}", st.encode(replaced(name)), name)
        n = count(shape)
        size = len(data) // n
        refuse(f"{name} too short", st.encode(replaced(name, dtype, [n - 1], data[size:])), name)
        refuse(f"{name} too long", st.encode(replaced(name, dtype, [n + 1], data + bytes(size))), name)
        other = {"U8": "I8", "F32": "I32"}[dtype]
        if name != "w":
            refuse(f"{name} of another type", st.encode(replaced(name, other, shape, data)), name)
    state = next(p[-1] for n, *p in good if n == key)
    refuse("a state of another type", st.encode(replaced(key, "I8", [len(state)], state)), key)
    renamed = [(n.replace("nf4", "fp4"), *p) for n, *p in good]
    refuse("a state named after another type", st.encode(renamed), "w", "nf4")
    both = good + [("w.quant_state.bitsandbytes__fp4", "U8", [len(state)], state)]
    refuse("two states", st.encode(both), "w")
    hostile_int8(refuse)


def hostile_int8(refuse):
    good = bnb.int8_quantized("w", normal(256), [4, 64])
    short = [(n, d, [3], data[4:]) if n == "w.SCB" else (n, d, s, data) for n, d, s, data in good]
    refuse("SCB too short", st.encode(short), "w.SCB")
    columns = [(n, d, s, b"\1") if n == "w.weight_format" else (n, d, s, data) for n, d, s, data in good]
    refuse("another layout", st.encode(columns), "w.weight_format")


def value_error(b, path, expected, label):
    """dequantize of `path` gives exactly these numbers for the tensor w."""
    back = b.folder / "back"
    b.expect(0, "dequantize", path, "-o", back)
    got = st.unpacked("F32", st.read(back)[1]["w"][2])
    wrong = sum(p != q for p, q in zip(got, expected)) + abs(len(got) - len(expected))
    b.check(wrong == 0, f"{label}: {wrong} of {len(expected)} values are wrong")


@case
def interop(b):
    """bitsandbytes written a second time, in bitsandbytes.py: the same bytes and the same values."""
    out = b.folder / "out"
    for shape in ([120, 160], [7, 33], [1, 1], [3, 64]):
        x = normal(count(shape), seed=count(shape))
        source = b.write("in.safetensors", [("w", "F32", shape, st.packed("F32", x))])
        for quant_type in ("nf4", "fp4"):
            for double_quant in (False, True):
                to = f"bnb::{quant_type}" + ("_double_quant" if double_quant else "")
                b.expect(0, "quantize", source, "-o", out, "--to", to)
                metadata, parts = st.read(out)
                written = bnb.quantized("w", x, shape, quant_type, double_quant=double_quant)
                expected = {n: tuple(p) for n, *p in written}
                b.check(metadata == {}, f"{to}: metadata {metadata}")
                b.check(parts.keys() == expected.keys(), f"{to} {shape}: parts {sorted(parts)}")
                for name in parts.keys() & expected.keys():
                    b.check(parts[name] == expected[name], f"{to} {shape}: {name} differs")
                value_error(b, out, bnb.dequantized(parts, "w"), f"{to} {shape}")


@case
def foreign_files(b):
    """4-bit files as others write them: every block size, other maps, other storage types, odd sizes."""
    path = b.folder / "in.safetensors"
    moved = [st.fp32(v * (1 + 2**-22)) for v in bnb.book("nf4")]
    for size in (32, 64, 128, 256, 512, 1024, 2048, 4096):
        for double_quant in (False, True):
            x = normal(40 * 121, size)
            parts = bnb.quantized("w", x, [40, 121], blocksize=size, double_quant=double_quant, values=moved)
            st.write(path, parts)
            value_error(b, path, bnb.dequantized({n: p for n, *p in parts}, "w"), f"blocksize {size}, {double_quant}")
    for storage, unit in (("U8", 1), ("BF16", 2), ("F16", 2), ("F32", 4)):
        for shape in ([8, 64], [3, 7]):
            parts = bnb.quantized("w", normal(count(shape)), shape)
            expected = bnb.dequantized({n: p for n, *p in parts}, "w")
            data = parts[0][3] + bytes(-len(parts[0][3]) % unit)
            st.write(path, [("w", storage, [len(data) // unit, 1], data), *parts[1:]])
            value_error(b, path, expected, f"stored as {storage} {shape}")
    foreign_int8(b)


def foreign_int8(b):
    x = normal(6 * 32)
    source, out, back = b.folder / "in", b.folder / "out", b.folder / "back"
    st.write(source, [("w.weight", "F32", [6, 32], st.packed("F32", x))])
    b.expect(0, "quantize", source, "-o", out, "--to", "bnb::int8")
    parts = st.read(out)[1]
    expected = {n: tuple(p) for n, *p in bnb.int8_quantized("w", x, [6, 32])}
    b.check(parts == expected, "bnb::int8 differs from LLM.int8")
    b.expect(0, "dequantize", out, "-o", back)
    values = st.unpacked("F32", st.read(back)[1]["w.weight"][2])
    b.check(values == bnb.int8_dequantized(parts, "w"), "bnb::int8 decodes wrong")
    st.write(source, [(n, *p) for n, p in expected.items() if n != "w.weight_format"])
    b.check(b.json("inspect", source)["tensors"][0]["precision"] == "bnb::int8", "int8 without weight_format")


@case
def shards(b):
    """A checkpoint in several files becomes one."""
    tensors = [weights("a.weight", [8, 64]), weights("b.weight", [8, 64], seed=2)]
    whole = b.write("whole.safetensors", tensors)
    for i, t in enumerate(tensors, 1):
        b.write(f"m-0000{i}-of-00002.safetensors", [t])
    index = b.folder / "m.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": {
        "a.weight": "m-00001-of-00002.safetensors", "b.weight": "m-00002-of-00002.safetensors"}}))
    for source, out in ((whole, "one"), (index, "two")):
        b.expect(0, "quantize", source, "-o", b.folder / out, "--to", "int4")
    b.check((b.folder / "one").read_bytes() == (b.folder / "two").read_bytes(), "the shards give another file")
    for target in (index, b.folder / "m-00001-of-00002.safetensors"):
        b.expect(1, "quantize", index, "-o", target, "--to", "int4", words=["input"])


def prunable(b):
    return b.write("in.safetensors", [
        weights("a.weight", [12, 40]), weights("b.weight", [8, 4, 3, 3], "F16", 2), weights("c.to_q.weight", [16, 24], "BF16", 3),
        weights("norm.weight", [24], seed=4), weights("a.bias", [12], seed=5), ("none.weight", "F32", [0, 4], b""),
        ("ids.weight", "I32", [2, 2], bytes(16))], {"format": "pt"})


@case
def prunes(b):
    """Each step gives the mask that its words say, in the order given; the rest of the file stays."""
    source, out = prunable(b), b.folder / "out.safetensors"
    names = ("a.weight", "b.weight", "c.to_q.weight")

    def chosen(*steps):
        def run(name, keep, values, shape):
            for function, *arguments in steps if name in names else []:
                function(keep, values, shape, *arguments)
        return run

    cases = {
        "--magnitude 0.3": chosen((pruning.magnitude, 0.3)),
        "--magnitude 7": chosen((pruning.magnitude, 7)),
        "--magnitude 0.5 --magnitude 0.5": chosen((pruning.magnitude, 0.5), (pruning.magnitude, 0.5)),
        "--nm 2:4": chosen((pruning.n_of_m, 2, 4)),
        "--magnitude 0.5 --nm 1:2": chosen((pruning.magnitude, 0.5), (pruning.n_of_m, 1, 2)),
        "--nm 1:2 --magnitude 0.5": chosen((pruning.n_of_m, 1, 2), (pruning.magnitude, 0.5)),
        "--nm 3:5 --pad": chosen((pruning.n_of_m, 3, 5)),
        "--structured l2:0:0.25": chosen((pruning.slices, 0, 1, 0.25)),
        "--structured l2:1:2 --magnitude 0.25": chosen((pruning.slices, 1, 1, 2), (pruning.magnitude, 0.25)),
    }
    for arguments, steps in cases.items():
        for threads in (1, 3):
            b.expect(0, "prune", source, "-o", out, *arguments.split(), "--threads", threads)
            pruning.check_masks(b, arguments, source, out, steps)
    metadata, _ = st.read(out)
    b.check(metadata == {"format": "pt"}, f"the metadata became {metadata}")

    def heads(name, keep, values, shape):
        if name == "c.to_q.weight":
            pruning.slices(keep, values, shape, 0, 4, 0.25)
    b.expect(0, "prune", source, "-o", out, "--heads", "*to_q*:4:0.25")
    pruning.check_masks(b, "--heads", source, out, heads)

    only = lambda name, keep, values, shape: pruning.magnitude(keep, values, shape, 3) if name == "a.bias" else None
    b.expect(0, "prune", source, "-o", out, "--magnitude", "3", "--include", "*.bias")
    pruning.check_masks(b, "--include", source, out, only)


@case
def prunes_together(b):
    """--global ranks all tensors as one; the counts of the report are those of the file."""
    source, out = prunable(b), b.folder / "out.safetensors"
    report = b.json("prune", source, "-o", out, "--nm", "2:4", "--magnitude", "0.3", "--global")
    _, before = st.read(source)
    names = [n for n in before if n in ("a.weight", "b.weight", "c.to_q.weight")]
    entries = {t["name"]: t for t in report["tensors"]}
    order = [t["name"] for t in report["tensors"] if t["name"] in names]
    keeps, every, values = {}, [], []
    for name in order:
        dtype, shape, data = before[name]
        keeps[name] = [True] * count(shape)
        pruning.n_of_m(keeps[name], st.unpacked(dtype, data), shape, 2, 4)
        every += keeps[name]
        values += st.unpacked(dtype, data)
    pruning.magnitude(every, values, None, 0.3)
    left = sum(every)
    for name in order:
        keeps[name], every = every[: len(keeps[name])], every[len(keeps[name]) :]

    def steps(name, keep, _values, _shape):
        if name in keeps:
            keep[:] = keeps[name]
    pruning.check_masks(b, "--global", source, out, steps)
    b.check(report["counts"]["kept"] == left, f"the report counts {report['counts']}, not {left} that are kept")
    for name in order:
        counts = entries[name]["counts"]
        b.check(counts["kept"] == sum(keeps[name]) and counts["total"] == len(keeps[name]), f"{name}: {counts}")
        b.check(counts["nonzero"] == sum(keeps[name]), f"{name}: {counts}")
        b.check(entries[name]["bits_per_parameter_after"] == 8 * len(before[name][2]) / len(keeps[name]), f"{name}: bits")
    for name, why in (("norm.weight", "axes"), ("none.weight", "no elements"), ("ids.weight", "no floats")):
        b.check(why in entries[name].get("kept", ""), f"{name}: {entries[name]}")

    b.expect(0, "prune", source, "-o", out, "--random", "0.5", "--seed", "3")
    first = out.read_bytes()
    b.expect(0, "prune", source, "-o", out, "--random", "0.5", "--seed", "3", "--threads", "3")
    b.check(out.read_bytes() == first, "the same seed gives another file")
    b.expect(0, "prune", source, "-o", out, "--random", "0.5", "--seed", "4")
    b.check(out.read_bytes() != first, "another seed gives the same file")


@case
def pruned_zeros_stay(b):
    """What is pruned is 0 after quantizing and back, and never -0; NaN is refused unless it may stay."""
    source, out, packed, back = (b.folder / n for n in ("in.safetensors", "out", "packed", "back"))
    st.write(source, [weights("a.weight"), weights("b.weight", seed=2)])
    b.expect(0, "prune", source, "-o", out, "--magnitude", "0.6")
    for precision in ("int8", "int4", "uint4", "nf4", "bnb::nf4_double_quant", "ggml::q4_0", "ggml::q6_k", "mxfp4", "fp8_e4m3fn"):
        b.expect(0, "quantize", out, "-o", packed, "--to", precision)
        b.expect(0, "dequantize", packed, "-o", back)
        pruning.zeros_stay(b, precision, out, back)
    for _, (_, _, data) in sorted(st.read(out)[1].items()):
        b.check(not pruning.negative_zeros(data), "a pruned element is -0")
    st.write(source, [("w", "F32", [2, 4], st.packed("F32", [1, 2, float("nan"), 4, -5, 6, 7, 8]))])
    b.expect(1, "prune", source, "-o", out, "--magnitude", "0.5", words=["'w'", "1 of 8 scores are NaN"])
    b.expect(0, "prune", source, "-o", out, "--magnitude", "0.5", "--keep-nan")
    kept = st.unpacked("F32", st.read(out)[1]["w"][2])
    b.check(kept[2] != kept[2] and kept[:2] + kept[3:] == [0, 0, 0, 0, 6, 7, 8], f"--keep-nan keeps {kept}")


@case
def prunes_sparse(b):
    """Without their zeros matrices take fewer bytes, and are read as the same numbers; then quantized as the same."""
    source = b.write("in.safetensors", [weights("a.weight"), weights("b.weight", dtype="BF16", seed=2),
                                        weights("c.weight", [8, 4, 3, 3], "F16", 3)])
    for layout, steps in (("bitmask", ["--magnitude", "0.6"]), ("2:4", ["--nm", "2:4"]), ("csr", ["--magnitude", "0.8"])):
        dense, sparse = b.folder / "dense", b.folder / "sparse"
        b.expect(0, "prune", source, "-o", dense, *steps)
        report = b.json("prune", source, "-o", sparse, *steps, "--sparse-storage", layout)
        _, parts = st.read(sparse)
        needed = ("crow", "col", "values") if layout == "csr" else ("bitmask", "compressed")
        b.check({f"a.{n}" for n in needed} | {"a.shape", f"b.{needed[0]}", "c.weight"} <= set(parts), f"{layout}: {set(parts)}")
        b.expect(0, "dequantize", sparse, "-o", b.folder / "again")
        b.check(st.read(b.folder / "again")[1] == st.read(dense)[1], f"{layout}: dense again, it is another")
        for file in (dense, sparse):
            b.expect(0, "quantize", file, "-o", b.folder / f"{file.name}.int8", "--to", "int8")
        b.check((b.folder / "dense.int8").read_bytes() == (b.folder / "sparse.int8").read_bytes(), f"{layout}: quantizes otherwise")
        b.check(sparse.stat().st_size < dense.stat().st_size, f"{layout}: {sparse.stat().st_size} bytes")
        for t in report["tensors"]:
            stored = sum(len(p[2]) for name, p in parts.items() if name.startswith(t["name"][:2]))
            b.check(t["bytes_after"] == stored, f"{layout}: {t['name']} takes {stored} bytes, not {t['bytes_after']}")
    b.expect(1, "prune", source, "-o", b.folder / "out", "--magnitude", "0.5", "--sparse-storage", "2:4", words=["weight'", "two"])
    b.expect(2, "prune", source, "-o", b.folder / "out", "--magnitude", "0.5", "--sparse-storage", "coo", words=["bitmask"])
    b.check(not (b.folder / "out").exists(), "a refused run made an output")


@case
def hostile_csr(b):
    """An index that contradicts itself or its shape is refused with a sentence that names the part."""
    i64 = lambda *n: st.packed("I64", list(n))
    good = {"crow": ("I64", [3], i64(0, 2, 3)), "col": ("I64", [3], i64(0, 2, 1)), "values": ("F32", [3], st.packed("F32", [1, 2, 3])),
            "shape": ("I64", [2], i64(2, 3))}
    file, out = b.folder / "in", b.folder / "out"

    def write(**other):
        st.write(file, [(f"w.{n}", *part) for n, part in (good | other).items() if part])
    write()
    b.expect(0, "dequantize", file, "-o", out)
    b.check(st.unpacked("F32", st.read(out)[1]["w.weight"][2]) == [1, 0, 2, 0, 3, 0], "the matrix is another")
    for other, words in (
            ({"crow": ("I64", [3], i64(1, 2, 3))}, ["w.crow", "begins at 1"]), ({"crow": ("I64", [3], i64(0, 4, 3))}, ["w.crow", "row 0 is [0, 4) of 3"]),
            ({"crow": ("I64", [3], i64(0, -1, 3))}, ["w.crow"]), ({"crow": ("I64", [2], i64(0, 3))}, ["w.crow", "[2]", "[3]"]),
            ({"crow": ("I64", [3], i64(0, 2, 4))}, ["w.col", "[3]", "[4]"]), ({"col": ("I64", [3], i64(0, 3, 1))}, ["w.col", "column 3 of 3"]),
            ({"col": ("I64", [3], i64(2, 0, 1))}, ["w.col", "behind"]), ({"col": ("I64", [3], i64(0, -2, 1))}, ["w.col"]),
            ({"col": ("F32", [3], bytes(12))}, ["w.col", "F32"]), ({"col": None}, ["w.col", "beside"]), ({"shape": None}, ["w.shape", "beside"]),
            ({"shape": ("I64", [2], i64(2, 1 << 60))}, ["w.shape", "2^48"]), ({"shape": ("I64", [1], i64(2))}, ["w.shape"]),
            ({"values": ("F32", [4], bytes(16))}, ["w.values", "[4]", "[3]"])):
        write(**other)
        done = b.expect(1, "inspect", file, words=words)
        b.check(done.stderr.count("\n") == 1, f"{words}: {done.stderr!r} is not one sentence")


@case
def prune_refusals(b):
    """Steps that are none are wrong usage; steps that no tensor fits are a sentence, and leave nothing."""
    source, out = prunable(b), b.folder / "out"
    before = sorted(os.listdir(b.folder))
    for arguments, words in (
            ("", ["--magnitude"]), ("--magnitude x", ["'x' is no amount"]), ("--magnitude 1.5", ["1.5", "within 0 and 1"]),
            ("--magnitude -1", ["negative"]), ("--magnitude 1e3", ["no amount"]), ("--structured l3:0:1", ["l1, l2, max"]),
            ("--structured l2:0", ["NORM:AXIS:AMOUNT"]), ("--nm 5:4", ["5:4 is no pattern"]), ("--nm 2", ["N:M"]),
            ("--heads x:2", ["NAME:COUNT:AMOUNT"]), ("--blocks 0x4:1", ["no elements"]), ("--blocks 4:1", ["ROWSxCOLS"]),
            ("--threshold -1", ["0 or more"]), ("--threshold nan", ["0 or more"])):
        b.expect(2, "prune", source, "-o", out, *arguments.split(), words=words)
    for arguments, words in (
            ("--nm 3:5", ["weight'", "does not divide"]), ("--magnitude 481", ["481", "are left"]),
            ("--structured l2:2:1", ["axis 2"]), ("--heads *to_q*:5:0.2", ["5 heads do not divide axis 0", "[16, 24]"]),
            ("--heads *to_v*:4:0.2", ["no tensor", "*to_v*"]), ("--heads ids*:2:1", ["no tensor", "ids*"])):
        done = b.expect(1, "prune", source, "-o", out, *arguments.split(), words=words)
        b.check(done.stderr.count("\n") == 1, f"{arguments}: {done.stderr!r} is not one sentence")
    b.expect(1, "prune", source, "-o", source, "--magnitude", "0.5", words=["input"])
    b.check(sorted(os.listdir(b.folder)) == before, "a refused run changed the folder")


def network(b):
    """Two MLPs, one of them gated, two attentions, one with shared keys, and convolutions with a norm between them."""
    parts = [("m.fc1.weight", [12, 8]), ("m.fc1.bias", [12]), ("m.fc2.weight", [8, 12]), ("m.fc2.bias", [8]),
             ("g.gate_proj.weight", [10, 8]), ("g.up_proj.weight", [10, 8]), ("g.down_proj.weight", [8, 10]),
             ("gpt.c_fc.weight", [6, 24]), ("gpt.c_fc.bias", [24]), ("gpt.c_proj.weight", [24, 6]), ("gpt.c_proj.bias", [6]),
             ("conv.weight", [6, 3, 3, 3]), ("conv.bias", [6]), ("bn.weight", [6]), ("bn.bias", [6]), ("bn.running_mean", [6]),
             ("bn.running_var", [6]), ("fc.weight", [4, 24])]
    for name, keys in (("a", 4), ("shared", 2)):
        parts += [(f"{name}.{part}", [out, cols] if cols else [out]) for part, out, cols in (
            ("q_proj.weight", 16, 8), ("q_proj.bias", 16, 0), ("k_proj.weight", 4 * keys, 8), ("v_proj.weight", 4 * keys, 8),
            ("v_proj.bias", 4 * keys, 0), ("o_proj.weight", 8, 16), ("o_proj.bias", 8, 0))]
    return b.write("in.safetensors", [weights(n, shape, seed=i) for i, (n, shape) in enumerate(parts)])


@case
def prunes_compact(b):
    """--compact: fewer bytes, and the outputs of the network whose pruned units give zeros."""
    source, out, plain = network(b), b.folder / "out.safetensors", b.folder / "plain.safetensors"
    _, before = st.read(source)
    x = st.unpacked(*[weights("x", [8], seed=77)[i] for i in (1, 3)])

    def compact(*arguments):
        report = b.json("prune", source, "-o", out, "--compact", *arguments)
        _, after = st.read(out)
        b.check(report["bytes_after"] == out.stat().st_size < source.stat().st_size, f"{arguments}: {report['bytes_after']} bytes")
        for t in report["tensors"]:
            name = t["name"]
            b.check(t.get("shape_after", t["shape"]) == after[name][1], f"{name}: {t}")
            b.check(t["bytes_after"] == len(after[name][2]), f"{name}: {t}")
            b.check("shape_after" in t or after[name] == before[name], f"{name} changed")
        return report, after

    report, after = compact("--structured", "l2:0:0.25", "--include", "m.fc1.weight")
    b.expect(0, "prune", source, "-o", plain, "--structured", "l2:0:0.25", "--include", "m.fc1.weight")
    _, zeros = st.read(plain)
    gone = pruning.zero_rows(zeros, "m.fc1.weight")
    b.check(len(gone) == 3 and report["couplings"][0]["units_after"] == 9, f"{len(gone)} of 12 pruned: {report['couplings']}")
    pruning.without(zeros, "m.fc1.bias", 0, gone)
    pruning.same_outputs(b, "mlp", pruning.mlp(zeros, "m.", x), pruning.mlp(after, "m.", x))
    b.check(after["m.fc1.weight"][1] == [9, 8] and after["m.fc2.weight"][1] == [8, 9], "the mlp has other shapes")

    _, after = compact("--structured", "l2:0:2", "--structured", "l2:0:1", "--exclude", "m.*")
    gone, zeros = pruning.least_rows(before, ("g.gate_proj.weight", "g.up_proj.weight"), 3), dict(before)
    pruning.without(zeros, "g.up_proj.weight", 0, gone)
    pruning.same_outputs(b, "gated", pruning.gated_mlp(zeros, "g.", x), pruning.gated_mlp(after, "g.", x))
    b.check(after["g.down_proj.weight"][1] == [8, 7], "the gated mlp has other shapes")

    tokens = [x, [v * v for v in x], [1 - v for v in x]]
    for name, pruned, keys, left in (("a", "0.25", 4, 3), ("shared", "0.5", 2, 2)):
        report, after = compact("--heads", f"{name}.q_proj.weight:4:{pruned}")
        b.expect(0, "prune", source, "-o", plain, "--heads", f"{name}.q_proj.weight:{keys}:{pruned}")
        _, zeros = st.read(plain)
        pruning.without(zeros, f"{name}.o_proj.weight", 1, pruning.zero_rows(zeros, f"{name}.q_proj.weight"))
        for y, z in zip(pruning.attention(zeros, name + ".", tokens, 4), pruning.attention(after, name + ".", tokens, 4)):
            pruning.same_outputs(b, name, y, z)
        of = report["couplings"][0]
        b.check(of["units_after"] == left and of["key_value_heads_after"] == (3 if keys == 4 else 1), f"{name}: {of}")

    report, after = compact("--structured", "l1:1:4", "--include", "gpt.c_fc.weight")  # stored transposed
    b.check([after["gpt." + n][1] for n in ("c_fc.weight", "c_fc.bias", "c_proj.weight", "c_proj.bias")] == [
        [6, 20], [20], [20, 6], [6]], "GPT-2's layers have other shapes")
    b.expect(0, "prune", source, "-o", plain, "--structured", "l1:1:4", "--include", "gpt.c_fc.weight")
    columns = list(zip(*pruning.matrix(st.read(plain)[1], "gpt.c_fc.weight")))
    stay = [i for i, column in enumerate(columns) if any(column)]
    for name, cut in (("c_fc.bias", lambda m: [[m[0][i] for i in stay]]), ("c_proj.weight", lambda m: [m[i] for i in stay])):
        b.check(pruning.matrix(after, "gpt." + name) == cut(pruning.matrix(before, "gpt." + name)), f"gpt.{name} lost others")

    couple = ["--couple", "conv.weight:0=bn.weight:0", "--couple", "bn.weight:0=fc.weight:1:4"]
    _, after = compact("--structured", "max:0:2", "--include", "conv.weight", *couple)
    b.check([after[n][1][0] for n in ("conv.weight", "conv.bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")] ==
            [4] * 6 and after["fc.weight"][1] == [4, 16], "the convolution has other shapes")
    filters = st.unpacked("F32", before["conv.weight"][2])
    peaks = [max(map(abs, filters[27 * i : 27 * i + 27])) for i in range(6)]
    stay = sorted(range(6), key=lambda i: (-peaks[i], i))[:4]
    rows = [[row[4 * i + j] for i in sorted(stay) for j in range(4)] for row in pruning.matrix(before, "fc.weight")]
    b.check(pruning.matrix(after, "fc.weight") == rows, "fc.weight lost others")


@case
def compact_refusals(b):
    """What cannot be removed is a sentence, and leaves nothing."""
    source, out = network(b), b.folder / "out"
    rest = [weights("m.fc1.weight", [12, 8]), weights("m.fc2.weight", [8, 12], seed=2)]
    lora, odd, fused, norm = (b.folder / n for n in ("lora", "odd", "fused", "norm"))
    packed = b.folder / "packed"
    b.expect(0, "quantize", source, "-o", packed, "--to", "int8", "--include", "m.fc1.weight")
    st.write(lora, rest + [weights("m.fc1.lora_B.weight", [12, 2])])
    st.write(odd, rest + [weights("m.fc1.bias", [11])])
    st.write(fused, [weights("ff.net.0.proj.weight", [24, 8]), weights("ff.net.2.weight", [8, 12])])
    st.write(norm, rest + [weights("m.norm.weight", [12])])
    before = sorted(os.listdir(b.folder))
    for file, arguments, words in (
            (source, "--structured l2:0:1 --include fc.weight", ["axis 0 of tensor 'fc.weight'", "--couple"]),
            (source, "--structured l2:2:1", ["axis 2 of tensor", "--couple"]),
            (source, "--structured l2:0:12 --include m.fc1.weight", ["nothing is left of the 12 units"]),
            (source, "--heads a.q_proj.weight:3:1", ["3 heads do not divide", "[16, 8]"]),
            (source, "--heads m.fc2.weight:4:1", ["m.fc2.weight", "not known"]),
            (packed, "--structured l2:0:1", ["m.fc1.weight", "quantized"]),
            (source, "--heads none:4:1", ["no tensor has the name 'none'"]),
            (source, "--structured l2:0:1 --couple conv.weight:0=fc.weight:1", ["axis 1 of tensor 'fc.weight' [4, 24]", "6 units"]),
            (source, "--structured l2:0:1 --couple conv.weight:0=no.weight:1", ["no tensor 'no.weight'"]),
            (source, "--structured l2:0:1 --couple fc*x:0=bn.weight:0", ["no tensor has the name 'fc*x'"]),
            (source, "--structured l2:0:1 --couple fc.weight:4=bn.weight:0", ["no axis 4"]),
            (lora, "--structured l2:0:1", ["m.fc1.lora_B.weight", "--couple"]),
            (odd, "--structured l2:0:1", ["'m.fc1.bias' [11]", "12 units"]),
            (fused, "--structured l2:0:1", ["ff.net.0.proj.weight", "differ"]),
            (norm, "--structured l2:0:1", ["m.norm.weight", "--couple"])):
        done = b.expect(1, "prune", file, "-o", out, "--compact", *arguments.split(), words=words)
        b.check(done.stderr.count("\n") == 1, f"{arguments}: {done.stderr!r} is not one sentence")
    for arguments in ("--compact --magnitude 0.5", "--structured l2:0:1 --couple a:0=b:1", "--compact --structured l2:0:1 --couple a=b",
                      "--compact --structured l2:0:1 --couple a:0=b:1:0", "--compact --structured l2:0:1 --couple a:0=*:1"):
        b.expect(2, "prune", source, "-o", out, *arguments.split())
    b.check(sorted(os.listdir(b.folder)) == before, "a refused run changed the folder")


def sparse(b, megabytes):
    b.room(2 * megabytes * MEGABYTE)
    path = b.folder / "big.safetensors"
    elements = megabytes * MEGABYTE // 4
    st.write_sparse(path, [("w", "F32", [1024, elements // 1024], 4 * elements)])
    return path


@case
def interrupted(b):
    """A signal in the middle: no temporary file, the old output as it was."""
    source = sparse(b, 1024)
    folder = b.folder / "out"
    folder.mkdir()
    out = folder / "out.safetensors"
    out.write_bytes(b"old")
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    met = dict.fromkeys(numbers, 0)

    def heeds():
        # A program goes on ignoring what it was started to ignore: nohup's SIGHUP, SIGINT of a shell's background.
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)

    def started(before=heeds):
        """The program, when its temporary file is there."""
        process = subprocess.Popen([b.program, "quantize", source, "-o", out, "--to", "int3", "--threads", "2"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=before)
        while process.poll() is None and len(os.listdir(folder)) == 1:
            time.sleep(0.0002)
        return process, time.monotonic()

    def whole_run():
        process, since = started()
        b.check(process.wait(60) == 0, "a run that nobody interrupts fails")
        out.write_bytes(b"old")
        return time.monotonic() - since

    whole = min(whole_run() for _ in range(3))
    for number in numbers:
        for delay in (0, 0.01 * whole, 0.1 * whole, 0.4 * whole):
            process, _ = started()
            time.sleep(delay)
            process.send_signal(number)
            code = process.wait(60)
            met[number] += code not in (0, 1)
            if code == 0:
                out.write_bytes(b"old")
            names = os.listdir(folder)
            b.check(names == ["out.safetensors"], f"{number.name} after {delay:.4f} s leaves {names} (code {code})")
            b.check(out.read_bytes() == b"old", f"{number.name} after {delay:.4f} s: the old output was touched")
            for name in names:
                if name != "out.safetensors":
                    (folder / name).unlink()
    for number in numbers:
        b.check(met[number] >= 2, f"{number.name} interrupted {met[number]} of 4 runs, of {whole:.3f} s each")
    process, _ = started(lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    process.send_signal(signal.SIGHUP)
    b.check(process.wait(60) == 0, "a signal that was ignored from the start, as under nohup, ends the program")


@case
def terminal(b):
    """A bar on a terminal, none in a pipe."""
    source = b.write("in.safetensors", [weights("w", [64, 512]), weights("v", [64, 512])])
    arguments = [b.program, "quantize", str(source), "-o", str(b.folder / "out"), "--to", "int4"]
    piped = b.expect(0, *arguments[1:])
    b.check("%" not in piped.stderr and "\r" not in piped.stderr, f"a bar in a pipe: {piped.stderr!r}")
    master, slave = pty.openpty()
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    text = b""
    while select.select([master], [], [], 10)[0]:
        try:
            piece = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        text += piece
    report = process.communicate()[0]
    os.close(master)
    b.check(process.returncode == 0 and b"%" in text and b"\r" in text, f"no bar on a terminal: {text!r}")
    b.check(text.endswith(b"\r\x1b[K"), f"the bar is not removed: {text[-40:]!r}")
    b.check(b"%" not in report, "the bar is in the report")


def peak_anonymous(b, *arguments):
    """The greatest RssAnon of a run in bytes, sampled every 20 ms."""
    process = subprocess.Popen([b.program, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    while process.poll() is None:
        try:
            found = re.search(r"RssAnon:\s*(\d+)", Path(f"/proc/{process.pid}/status").read_text())
        except OSError:
            found = None
        peak = max(peak, int(found.group(1)) * 1024 if found else 0)
        time.sleep(0.02)
    b.check(process.returncode == 0, f"{arguments}: exit code {process.returncode}: {process.stderr.read()!r}")
    return peak


@case
def memory(b):
    """At most 64 MiB of its own, and the mask, whatever the size: a tensor of 2^27 elements; nightly 2^30."""
    if b"__asan_init" in Path(b.program).read_bytes():
        raise Skipped("the sanitizer's own memory would be counted")
    if not Path("/proc/self/status").exists():
        raise Skipped("/proc does not tell here")
    megabytes = 4096 if b.nightly else 512
    source, out = sparse(b, megabytes), b.folder / "out"
    runs = [("prune", source, "-o", out, "--magnitude", "0.3", "--nm", "2:4")]
    runs += [("quantize", source, "-o", out, "--to", p) for p in ("bnb::nf4", "int8", "bnb::nf4_double_quant")]
    runs += [("inspect", out, "--stats"), ("compare", source, out)]
    if b.nightly:
        runs.append(("dequantize", out, "-o", b.folder / "back", "--to", "fp16"))
    for arguments in runs:
        started = time.monotonic()
        peak = peak_anonymous(b, *arguments, "--threads", 2)
        label = " ".join(str(a) for a in arguments if not isinstance(a, Path))
        print(f"  {label}: {peak / MEGABYTE:.1f} MiB of memory, {time.monotonic() - started:.1f} s for {megabytes} MB")
        mask = megabytes // 32 if arguments[0] == "prune" else 0  # a bit for each element
        b.check(peak < (64 + mask) * MEGABYTE, f"{label}: {peak / MEGABYTE:.1f} MiB of memory")


def run_case(name, with_):
    """(offences, whether it was skipped)"""
    started = time.monotonic()
    bench = Bench(with_.program, with_.work / name, with_.nightly)
    skipped = None
    try:
        CASES[name](bench)
    except Skipped as e:
        skipped = e
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    for offence in bench.offences:
        print(f"{name}: {offence}")
    outcome = f"skipped: {name}: {skipped}" if skipped else f"{name}: {len(bench.offences)} offences"
    print(f"{outcome}" if skipped else f"{outcome}, {time.monotonic() - started:.1f} s", flush=True)
    return len(bench.offences), skipped is not None


def cannot_run(program):
    if not program.exists():
        return f"{program} was not built"
    try:
        subprocess.run([program, "--version"], stdout=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError) as e:
        return f"{program} does not run here: {e}"
    return None


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parents[2]
    arguments.add_argument("case", choices=[*CASES, "all"])
    arguments.add_argument("--program", type=Path, default=root / "build/release/bin/detent")
    arguments.add_argument("--work", type=Path, default=root / "build/program", help="folder for files, up to 1.5 GB")
    arguments.add_argument("--nightly", action="store_true", help="the large files too, up to 7 GB")
    chosen = arguments.parse_args()
    chosen.program, chosen.work = chosen.program.resolve(), chosen.work.resolve()
    if why := cannot_run(chosen.program):
        print(f"skipped: {why}")
        sys.exit(77)
    results = [run_case(name, chosen) for name in (CASES if chosen.case == "all" else [chosen.case])]
    if all(skipped for _, skipped in results):
        sys.exit(77)
    sys.exit(1 if any(offences for offences, _ in results) else 0)


if __name__ == "__main__":
    main()

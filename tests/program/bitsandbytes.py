# SPDX-License-Identifier: MIT
"""The 4-bit and LLM.int8 formats of bitsandbytes, written a second time: what detent's bytes and values must be."""
import csv
import json
import struct
from bisect import bisect_left
from fractions import Fraction
from pathlib import Path

from safetensors import fp32, packed, unpacked

DATA = Path(__file__).resolve().parents[1] / "data"

BOOKS = {
    "nf4": ("nf4_codebook.csv", "value_bits"),
    "fp4": ("bnb_fp4_codebook.csv", "quant_map_bits"),
    "dynamic": ("bnb_dynamic_map_signed.csv", "canonical_bits"),
}

FP4_STEPS = [(0.00260417, 1), (0.0859375, 6), (0.20833333, 7), (0.29166667, 4), (0.4166667, 5), (0.583333, 2),
             (0.8333333, 3)]


def rows(name):
    with open(DATA / name, newline="") as file:
        return list(csv.DictReader(file))


def from_bits(text):
    return struct.unpack(">f", bytes.fromhex(text.removeprefix("0x").zfill(8)))[0]


def book(name):
    """The values of a code book: nf4, fp4 or dynamic."""
    file, column = BOOKS[name]
    return [from_bits(row[column]) for row in rows(file)]


def midpoints(values):
    """fp32 midpoints of a sorted book, exactly rounded."""
    return [fp32(float((Fraction(a) + Fraction(b)) / 2)) for a, b in zip(values, values[1:])]


def fp4_code(x):
    code = 0
    for threshold, above in FP4_STEPS:
        if abs(x) > fp32(threshold):
            code = above
    return code | (8 if x < 0 else 0)


def encoder(quant_type, values):
    if quant_type == "fp4":
        return fp4_code
    steps = midpoints(values)
    return lambda x: bisect_left(steps, x)


def blocks(x, size):
    return [x[i : i + size] for i in range(0, len(x), size)]


def absmaxes(x, blocksize):
    return [max(abs(v) for v in block) for block in blocks(x, blocksize)]


def codes_of(x, scales, blocksize, encode, zero):
    codes = []
    for block, scale in zip(blocks(x, blocksize), scales):
        r = fp32(1 / scale) if scale else 0.0
        codes += [encode(fp32(v * r)) if scale else zero for v in block]
    return codes


def pack(codes, zero):
    codes = codes + [zero] * (len(codes) % 2)
    return bytes(codes[i] << 4 | codes[i + 1] for i in range(0, len(codes), 2))


def state_text(quant_type, blocksize, dtype, shape, offset=None):
    state = {"quant_type": quant_type, "blocksize": blocksize, "dtype": dtype, "shape": shape}
    if offset is not None:
        state |= {"nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": offset}
    return json.dumps(state).encode()


def quantized(name, x, shape, quant_type="nf4", blocksize=64, dtype="float32", double_quant=False, values=None,
              nested_values=None):
    """The tensors of a file: [(name, dtype, shape, bytes)]."""
    values = values or book(quant_type)
    scales = absmaxes(x, blocksize)
    zero = 7 if quant_type == "nf4" else 0
    data = pack(codes_of(x, scales, blocksize, encoder(quant_type, values), zero), zero)
    parts = [(name, "U8", [len(data), 1], data), (name + ".quant_map", "F32", [16], packed("F32", values))]
    offset = None
    if double_quant:
        nested_values = nested_values or book("dynamic")
        offset = fp32(sum(scales) / len(scales))
        centered = [fp32(s - offset) for s in scales]
        nested = absmaxes(centered, 256)
        steps = midpoints(nested_values)
        codes = bytes(codes_of(centered, nested, 256, lambda v: bisect_left(steps, v), 127))
        parts += [(name + ".absmax", "U8", [len(scales)], codes),
                  (name + ".nested_absmax", "F32", [len(nested)], packed("F32", nested)),
                  (name + ".nested_quant_map", "F32", [256], packed("F32", nested_values))]
    else:
        parts.append((name + ".absmax", "F32", [len(scales)], packed("F32", scales)))
    text = state_text(quant_type, blocksize, dtype, shape, offset)
    parts.append((f"{name}.quant_state.bitsandbytes__{quant_type}", "U8", [len(text)], text))
    return parts


def floats(parts, name):
    dtype, _, data = parts[name]
    return unpacked(dtype, data)


def scales_of(parts, name, state):
    if "nested_offset" not in state:
        return floats(parts, name + ".absmax")
    nested, values = floats(parts, name + ".nested_absmax"), floats(parts, name + ".nested_quant_map")
    size, offset = state["nested_blocksize"], fp32(state["nested_offset"])
    return [fp32(fp32(values[c] * nested[b // size]) + offset) for b, c in enumerate(parts[name + ".absmax"][2])]


def dequantized(parts, name):
    """The values of a 4-bit weight. parts: {name: (dtype, shape, bytes)}"""
    blob = next(n for n in parts if n.startswith(name + ".quant_state.bitsandbytes__"))
    state = json.loads(parts[blob][2])
    values, scales = floats(parts, name + ".quant_map"), scales_of(parts, name, state)
    n = 1
    for extent in state["shape"]:
        n *= extent
    codes = [c for byte in parts[name][2] for c in (byte >> 4, byte & 15)][:n]
    return [fp32(values[c] * scales[i // state["blocksize"]]) for i, c in enumerate(codes)]


def int8_quantized(prefix, x, shape):
    width = shape[1]
    scales = absmaxes(x, width)
    codes = []
    for row, scale in zip(blocks(x, width), scales):
        factor = fp32(127 / scale) if scale else 0.0
        codes += [round(fp32(v * factor)) for v in row]
    return [(prefix + ".weight", "I8", shape, packed("I8", codes)),
            (prefix + ".SCB", "F32", [shape[0]], packed("F32", scales)),
            (prefix + ".weight_format", "U8", [], b"\0")]


def int8_dequantized(parts, prefix):
    _, shape, data = parts[prefix + ".weight"]
    scales = floats(parts, prefix + ".SCB")
    unit = fp32(7.874015718698502e-3)
    return [fp32(fp32(c * scales[i // shape[1]]) * unit) for i, c in enumerate(unpacked("I8", data))]

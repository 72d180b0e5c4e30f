#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Golden files of compressed-tensors' sparse layouts, from their published description, in plain Python.

    python3 make.py          writes sparse.safetensors and dense.safetensors beside itself

sparse.safetensors holds P.shape, P.compressed, P.bitmask and (not for 2:4) P.row_offsets; dense.safetensors the same
tensors as P.weight. Tensors lie in the order of the reference writer: widest type first, then by name.
"""
import json
import struct
from pathlib import Path

ORDER = ["U8", "I8", "F16", "BF16", "F32", "I64"]
PACK = {"U8": "B", "I8": "b", "F16": "e", "F32": "f", "I64": "q", "BF16": "H"}


def vec(seed, n):
    """Numbers from -8 to 8 in steps of 1/16, which all types here hold exactly (I8: whole numbers)."""
    out = []
    for _ in range(n):
        seed = (1664525 * seed + 1013904223) % 2**32
        out.append(((seed >> 16) % 257 - 128) / 16)
    return out


def pack(dtype, values):
    if dtype == "BF16":
        values = [struct.unpack("<I", struct.pack("<f", v))[0] >> 16 for v in values]
    return struct.pack(f"<{len(values)}{PACK[dtype]}", *values)


def save(path, tensors):
    order = sorted(tensors, key=lambda name: (-ORDER.index(tensors[name][0]), name))
    header, data = {}, b""
    for name in order:
        dtype, shape, values = tensors[name]
        raw = pack(dtype, values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def bits(rows, cols, mask):
    out = []
    for r in range(rows):
        row = mask[r * cols:(r + 1) * cols]
        out += [sum(int(b) << k for k, b in enumerate(row[at:at + 8])) for at in range(0, cols, 8)]
    return out


def bitmask(tensors, prefix, dtype, rows, cols, dense):
    mask = [v != 0 for v in dense]
    counts = [sum(mask[r * cols:(r + 1) * cols]) for r in range(rows)]
    kept = [v for v, m in zip(dense, mask) if m]
    tensors[prefix + ".shape"] = ("I64", [2], [rows, cols])
    tensors[prefix + ".compressed"] = (dtype, [len(kept)], kept)
    tensors[prefix + ".bitmask"] = ("U8", [rows, -(-cols // 8)], bits(rows, cols, mask))
    tensors[prefix + ".row_offsets"] = ("I64", [rows], [sum(counts[:r]) for r in range(rows)])


def two_of_four(tensors, prefix, dtype, rows, cols, dense):
    mask = []
    for at in range(0, rows * cols, 4):
        group = [abs(v) for v in dense[at:at + 4]]
        kept = sorted(range(4), key=lambda i: group[i])[2:]  # stable: the first two of the ascending order go
        mask += [i in kept for i in range(4)]
    tensors[prefix + ".shape"] = ("I64", [2, 1], [rows, cols])
    tensors[prefix + ".compressed"] = (dtype, [rows, cols // 2], [v for v, m in zip(dense, mask) if m])
    tensors[prefix + ".bitmask"] = ("U8", [rows, -(-cols // 8)], bits(rows, cols, mask))
    return [v if m else 0 for v, m in zip(dense, mask)]


def main():
    here = Path(__file__).parent
    sparse, dense = {}, {}
    for prefix, dtype, rows, cols, seed in (("a", "F32", 5, 13, 1), ("b", "F16", 3, 70, 2), ("c", "BF16", 4, 64, 3),
                                            ("d", "I8", 2, 9, 4)):
        values = [v if i % 3 != 1 else 0 for i, v in enumerate(vec(seed, rows * cols))]
        if dtype == "I8":
            values = [int(v) for v in values]
        bitmask(sparse, prefix, dtype, rows, cols, values)
        dense[prefix + ".weight"] = (dtype, [rows, cols], values)
    for prefix, dtype, rows, cols, seed in (("e", "F32", 3, 12, 5), ("f", "BF16", 2, 64, 6)):
        dense[prefix + ".weight"] = (dtype, [rows, cols], two_of_four(sparse, prefix, dtype, rows, cols,
                                                                      vec(seed, rows * cols)))
    save(here / "sparse.safetensors", sparse)
    save(here / "dense.safetensors", dense)


if __name__ == "__main__":
    main()

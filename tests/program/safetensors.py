# SPDX-License-Identifier: MIT
"""safetensors files and their numbers, with nothing but the standard library."""
import json
import struct
from array import array

CODES = {"F32": "f", "F16": "e", "F64": "d", "I8": "b", "U8": "B", "I32": "i", "I64": "q"}


def packed(dtype, values):
    """Numbers as the bytes of a type of the file."""
    if dtype == "BF16":
        return b"".join((rounded_bits(v) >> 16).to_bytes(2, "little") for v in values)
    return struct.pack(f"<{len(values)}{CODES[dtype]}", *values)


def unpacked(dtype, data):
    """The bytes of a type of the file as numbers."""
    if dtype == "BF16":
        return list(array("f", b"".join(b"\0\0" + data[i : i + 2] for i in range(0, len(data), 2))))
    return list(struct.unpack(f"<{len(data) // struct.calcsize(CODES[dtype])}{CODES[dtype]}", data))


def rounded_bits(x):
    """The bits of fp32 with the lower half rounded away, ties to even."""
    bits = struct.unpack("<I", struct.pack("<f", x))[0]
    return bits + 0x7FFF + (bits >> 16 & 1)


def fp32(x):
    """x rounded to fp32. Sums, products and quotients of two fp32 numbers are right after this second rounding too."""
    return struct.unpack("<f", struct.pack("<f", x))[0]


def header_of(tensors, metadata=None):
    """tensors: [(name, dtype, shape, number of bytes)]"""
    entries, at = {}, 0
    if metadata:
        entries["__metadata__"] = metadata
    for name, dtype, shape, size in tensors:
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    return json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()


def with_header(header, data=b""):
    return struct.pack("<Q", len(header)) + header + data


def encode(tensors, metadata=None):
    """tensors: [(name, dtype, shape, bytes)]"""
    header = header_of([(n, d, s, len(b)) for n, d, s, b in tensors], metadata)
    return with_header(header, b"".join(b for _, _, _, b in tensors))


def write(path, tensors, metadata=None):
    path.write_bytes(encode(tensors, metadata))


def write_sparse(path, tensors, metadata=None):
    """The header; the data are a hole, all zeros. tensors: [(name, dtype, shape, number of bytes)]"""
    header = header_of(tensors, metadata)
    with open(path, "wb") as file:
        file.write(with_header(header))
        file.truncate(8 + len(header) + sum(size for _, _, _, size in tensors))


def read(path):
    """(metadata, {name: (dtype, shape, bytes)})"""
    content = path.read_bytes()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:start])
    metadata = header.pop("__metadata__", {})
    parts = {}
    for name, t in header.items():
        begin, end = t["data_offsets"]
        parts[name] = (t["dtype"], t["shape"], content[start + begin : start + end])
    assert start + sum(len(p[2]) for p in parts.values()) == len(content)
    return metadata, parts

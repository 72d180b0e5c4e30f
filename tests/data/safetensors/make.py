# SPDX-License-Identifier: MIT
"""Writes the golden files with the reference implementation. Bytes of every tensor: (7 * i + 3) mod 256."""
import ctypes

import safetensors

KEEP = []  # a TensorSpec holds an address only


def tensor(dtype, shape, bits):
    count = 1
    for extent in shape:
        count *= extent
    data = bytes((7 * i + 3) % 256 for i in range(count * bits // 8))
    buffer = ctypes.create_string_buffer(data, max(1, len(data)))
    KEEP.append(buffer)
    return safetensors.TensorSpec(dtype=dtype, shape=shape, data_ptr=ctypes.addressof(buffer), data_len=len(data))


def write(name, tensors, metadata=None):
    with open(name, "wb") as file:
        file.write(safetensors.serialize(tensors, metadata))


write("types.safetensors", {
    "bool": tensor("bool", [3], 8), "fp4": tensor("float4_e2m1fn_x2", [2, 3], 8),
    "u8": tensor("uint8", [5], 8), "i8": tensor("int8", [7], 8),
    "f8_e5m2": tensor("float8_e5m2", [3], 8), "f8_e4m3": tensor("float8_e4m3fn", [3], 8),
    "f8_e8m0": tensor("float8_e8m0fnu", [3], 8), "f8_e4m3fnuz": tensor("float8_e4m3fnuz", [3], 8),
    "f8_e5m2fnuz": tensor("float8_e5m2fnuz", [3], 8),
    "i16": tensor("int16", [3], 16), "u16": tensor("uint16", [3], 16), "f16": tensor("float16", [2, 3], 16),
    "bf16": tensor("bfloat16", [1, 1, 3], 16), "i32": tensor("int32", [3], 32), "u32": tensor("uint32", [3], 32),
    "f32": tensor("float32", [2, 2], 32), "another f32": tensor("float32", [], 32),
    "c64": tensor("complex64", [1], 64), "f64": tensor("float64", [1], 64), "i64": tensor("int64", [2], 64),
    "u64": tensor("uint64", [1], 64), "none": tensor("float32", [0, 4], 32), "none too": tensor("float32", [4, 0], 32),
})
write("names.safetensors", {
    'a "quoted" name': tensor("uint8", [1], 8), "back\\slash": tensor("uint8", [2], 8), "": tensor("uint8", [3], 8),
    "\b\f\n\r\t\x00\x01\x1f\x7f": tensor("uint8", [4], 8), "größe/重み/😀": tensor("uint8", [5], 8),
}, {"format \"x\"\n": "é\x0b\\/"})
write("empty.safetensors", {})

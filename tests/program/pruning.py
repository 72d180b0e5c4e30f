# SPDX-License-Identifier: MIT
"""Masks of `detent prune`, as its words say them, and checks of files against them."""
import math
import struct

import safetensors as st


def amount(how_many, left):
    """Python's own rounding is the rule."""
    return round(how_many * left) if isinstance(how_many, float) else how_many


def prune_least(keep, score, members, count):
    """Of the members, `count` of least score, among equals the last."""
    for i in sorted(members, key=lambda i: (score[i], -i))[:count]:
        keep[i] = False


def magnitude(keep, values, shape, how_many):
    left = [i for i, k in enumerate(keep) if k]
    prune_least(keep, [abs(v) for v in values], left, amount(how_many, len(left)))


def n_of_m(keep, values, shape, n, m):
    inner = math.prod(shape[2:])
    for outer in range(shape[0]):
        for group in range(0, shape[1], m):
            for i in range(inner):
                members = [(outer * shape[1] + group + j) * inner + i for j in range(min(m, shape[1] - group))]
                left = [e for e in members if keep[e]]
                prune_least(keep, [abs(v) for v in values], left, max(0, len(left) - n))


def slices(keep, values, shape, axis, width, how_many):
    """Whole slices of `width` along an axis, by their sums of squares."""
    inner = math.prod(shape[axis + 1 :])
    number = lambda i: i // inner % shape[axis] // width
    score, left = [0.0] * (shape[axis] // width), set()
    for i, v in enumerate(values):
        if keep[i]:
            score[number(i)] += v * v
            left.add(number(i))
    keep_slice = [True] * len(score)
    prune_least(keep_slice, score, sorted(left), amount(how_many, len(left)))
    for i in range(len(keep)):
        keep[i] = keep[i] and keep_slice[number(i)]


def zeroed(dtype, data, keep):
    """The bytes with zeros where the mask prunes."""
    size = len(data) // len(keep)
    return b"".join(data[i * size : (i + 1) * size] if k else bytes(size) for i, k in enumerate(keep))


def check_masks(b, label, source, out, steps):
    """`steps(name, keep, values, shape)` prunes the mask of a tensor; what it leaves alone must be the same."""
    _, before = st.read(source)
    _, after = st.read(out)
    b.check(list(sorted(before)) == list(sorted(after)), f"{label}: other tensors than before")
    for name, (dtype, shape, data) in before.items():
        keep = [True] * math.prod(shape)
        steps(name, keep, st.unpacked(dtype, data), shape)
        expected = (dtype, shape, zeroed(dtype, data, keep)) if keep else (dtype, shape, data)
        b.check(after[name] == expected, f"{label}: {name} is not what its mask says")


def zeros_stay(b, label, pruned, restored):
    _, before = st.read(pruned)
    _, after = st.read(restored)
    for name, (dtype, _, data) in before.items():
        for i, (x, y) in enumerate(zip(st.unpacked(dtype, data), st.unpacked("F32", after[name][2]))):
            if x == 0 and y != 0:
                b.check(False, f"{label}: element {i} of {name} comes back as {y}")
                return


def negative_zeros(data):
    return struct.pack("<f", -0.0) in [data[i : i + 4] for i in range(0, len(data), 4)]

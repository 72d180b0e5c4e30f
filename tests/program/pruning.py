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


def matrix(tensors, name):
    """Rows of doubles; a bias is one row."""
    dtype, shape, data = tensors[name]
    values, cols = st.unpacked(dtype, data), shape[-1]
    return [values[i : i + cols] for i in range(0, len(values), cols)]


def linear(tensors, name, x):
    bias = matrix(tensors, name + ".bias")[0] if name + ".bias" in tensors else None
    y = [sum(w * v for w, v in zip(row, x)) for row in matrix(tensors, name + ".weight")]
    return [v + b for v, b in zip(y, bias)] if bias else y


def silu(x):
    return [v / (1 + math.exp(-v)) for v in x]


def mlp(tensors, prefix, x, first="fc1", second="fc2"):
    return linear(tensors, prefix + second, silu(linear(tensors, prefix + first, x)))


def gated_mlp(tensors, prefix, x):
    gate, up = silu(linear(tensors, prefix + "gate_proj", x)), linear(tensors, prefix + "up_proj", x)
    return linear(tensors, prefix + "down_proj", [g * u for g, u in zip(gate, up)])


def attention(tensors, prefix, tokens, dim):
    """Heads of `dim`; as many query heads share a key head as the shapes say."""
    q, k, v = ([linear(tensors, prefix + n, x) for x in tokens] for n in ("q_proj", "k_proj", "v_proj"))
    heads, keys = len(q[0]) // dim, len(k[0]) // dim
    result = []
    for asking in q:
        mixed = []
        for head in range(heads):
            of, key = slice(head * dim, (head + 1) * dim), head // (heads // keys)
            shared = slice(key * dim, (key + 1) * dim)
            scores = [math.exp(sum(a * b for a, b in zip(asking[of], told[shared])) / math.sqrt(dim)) for told in k]
            values = [told[shared] for told in v]
            mixed += [sum(s * row[i] for s, row in zip(scores, values)) / sum(scores) for i in range(dim)]
        result.append(linear(tensors, prefix + "o_proj", mixed))
    return result


def without(tensors, name, axis, pruned):
    """Zeros in place of whole indices along an axis."""
    dtype, shape, data = tensors[name]
    inner = math.prod(shape[axis + 1 :])
    keep = [i // inner % shape[axis] not in pruned for i in range(math.prod(shape))]
    tensors[name] = (dtype, shape, zeroed(dtype, data, keep))


def zero_rows(tensors, name):
    """The rows that are all zeros."""
    return {i for i, row in enumerate(matrix(tensors, name)) if not any(row)}


def least_rows(tensors, names, how_many):
    """Rows of least sums of squares over several matrices."""
    rows = [sum(sum(v * v for v in matrix(tensors, n)[i]) for n in names) for i in range(tensors[names[0]][1][0])]
    return set(sorted(range(len(rows)), key=lambda i: (rows[i], -i))[: amount(how_many, len(rows))])


def same_outputs(b, label, x, y):
    b.check(len(x) == len(y), f"{label}: {len(y)} outputs, not {len(x)}")
    for i, (p, q) in enumerate(zip(x, y)):
        b.check(abs(p - q) <= 1e-6 * max(1, abs(p)), f"{label}: output {i} is {q}, not {p}")

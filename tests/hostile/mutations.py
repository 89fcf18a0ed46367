"""Ways to damage one artefact: its bytes, its values, or another file in its place."""

import hashlib
import io
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ruamel.yaml import YAML

from brainseg.training.checkpoint import DIGEST_BYTES
from tests.hostile.test_fuzz_readers import cut, delete, flip, insert, mistyped, splice

WORDS = [
    "",
    "nan",
    "-inf",
    "1e999",
    "-1",
    "0",
    "1e300",
    "word",
    "0.5",
    "9" * 400,
    "x" * 3000,
    "a\x00b",
    "\u2028",
    "é",
    "none",
]
VALUES: list[Any] = [None, True, -1, 0, 1, 2**40, 10**30, 1e300, -0.5, 0.5, "", "word", "$_$", [], [1], {}, {"a": 1}]
VALUES += [[[]] * 9, "x" * 5000, float("inf"), float("nan"), "../x", "\x1b[2J", 7, 64, 99]


def damage(path: Path, rng: random.Random, root: Path) -> str:
    """Damage the file in a way that fits its kind; the way in words."""
    kinds: dict[str, Callable[[Path, random.Random], str]] = {
        ".npz": damage_arrays,
        ".csv": damage_table,
        ".json": damage_record,
        ".pt": damage_weights,
    }
    way = rng.random()
    if way < 0.15:
        others = sorted(other for other in root.rglob("*") if other.is_file() and other != path)
        other = rng.choice(others)
        path.unlink()
        shutil.copy(other, path)
        return f"replaced by {other.relative_to(root)}"
    if way < 0.55 or path.suffix not in kinds:
        return damage_bytes(path, rng)
    return kinds[path.suffix](path, rng)


def damage_bytes(path: Path, rng: random.Random) -> str:
    content = bytearray(path.read_bytes())
    if not content or rng.random() < 0.05:
        path.write_bytes(rng.choice([b"", b"\n", b"\0" * 999, b"[" * 9999]))
        return "other bytes"
    way = rng.choice([flip, flip, cut, delete, insert, splice])
    way(content, rng)
    path.write_bytes(content)
    return way.__name__


def damage_arrays(path: Path, rng: random.Random) -> str:
    with np.load(path) as archive:
        arrays = dict(archive)
    name = rng.choice(sorted(arrays))
    array = arrays[name]
    change = rng.choice(["dtype", "cut", "axis", "empty", "extreme", "missing", "noise", "huge"])
    if change == "dtype":
        with np.errstate(all="ignore"):
            arrays[name] = array.astype(rng.choice([np.float16, np.float64, np.int8, np.int64, bool, "U3"]))
    elif change == "cut":
        arrays[name] = array[: rng.randrange(len(array) + 1)] if array.ndim else array
    elif change == "axis":
        arrays[name] = rng.choice([array[None], array.reshape(-1), array.T])
    elif change == "empty":
        arrays[name] = array[:0]
    elif change == "extreme":
        values = (
            [np.nan, np.inf, -np.inf, 1e300, 0] if array.dtype.kind == "f" else [np.iinfo(np.int64).max, -1, 0, 10**5]
        )
        with np.errstate(all="ignore"):
            arrays[name] = np.full_like(array, np.array(rng.choice(values)).astype(array.dtype))
    elif change == "missing":
        del arrays[name]
    elif change == "huge":
        arrays[name] = np.broadcast_to(array.flat[0], (3,) * array.ndim)
    else:
        arrays[name] = (
            np.frombuffer(rng.randbytes(array.nbytes), np.uint8).view(np.uint8).astype(array.dtype)[: array.size]
        )
        arrays[name] = np.resize(arrays[name], array.shape)
    np.savez(path, **arrays)
    return f"{name}: {change}"


def damage_table(path: Path, rng: random.Random) -> str:
    rows = [line.split(",") for line in path.read_text().splitlines()]
    change = rng.choice(["cell", "cell", "cell", "column", "row", "twice", "header", "order"])
    place = rng.randrange(len(rows))
    column = rng.randrange(len(rows[0]))
    if change == "cell":
        rows[place][column] = rng.choice([*WORDS, rng.choice(rng.choice(rows))])
    elif change == "column":
        rows = [row[:column] + row[column + 1 :] for row in rows]
    elif change == "row":
        del rows[place]
    elif change == "twice":
        rows.append(rows[place])
    elif change == "header":
        rows[0][column] = rng.choice([*WORDS, *rows[0]])
    else:
        rng.shuffle(rows)
    path.write_text("".join(",".join(row) + "\n" for row in rows), errors="replace")
    return change


def damage_record(path: Path, rng: random.Random) -> str:
    content = json.loads(path.read_text())
    words = set_a_value(content, rng)
    path.write_text(json.dumps(content) + "\n")
    return words


def set_a_value(content: Any, rng: random.Random, values: list[Any] = VALUES) -> str:
    """Another value, or none, at some place of nested lists and dictionaries."""
    where, key = content, None
    path = []
    while isinstance(where, dict | list) and len(where):
        holder, key = where, rng.choice(sorted(where, key=str) if isinstance(where, dict) else range(len(where)))
        where = holder[key]
        path.append(str(key))
        if rng.random() < 0.3:
            break
    if key is None:
        return "nothing"
    if rng.random() < 0.2:
        del holder[key]
        return f"{'.'.join(path)} removed"
    holder[key] = value = rng.choice(values)
    return f"{'.'.join(path)} is {str(value)[:40]!r}"


TENSORS = [torch.zeros(0), torch.full((2,), torch.nan), torch.zeros(3, 3, dtype=torch.int64), torch.tensor(1e38)]


def damage_weights(path: Path, rng: random.Random) -> str:
    content = torch.load(path, weights_only=True)
    if rng.random() < 0.5:
        name = rng.choice(sorted(content["state"]))
        value = content["state"][name]
        change = rng.choice(["nan", "inf", "large", "flat", "double", "int", "gone"])
        numbers = {"nan": torch.nan, "inf": torch.inf, "large": 1e30}
        if change in numbers:
            content["state"][name] = torch.full_like(value.float(), numbers[change])
        elif change == "gone":
            del content["state"][name]
        else:
            changed = {"flat": value.flatten(), "double": value.double(), "int": value.int()}
            content["state"][name] = changed[change]
        words = f"{name}: {change}"
    else:
        words = set_a_value(content, rng, [*VALUES, *TENSORS])
    torch.save(content, path)
    return words


def damage_state(path: Path, rng: random.Random) -> str:
    """A state of training with a digest that is right: it loads, and is wrong. Else damaged bytes."""
    content = path.read_bytes()
    if path.suffix != ".pt" or rng.random() < 0.2:
        return damage_bytes(path, rng)
    state = torch.load(io.BytesIO(content[DIGEST_BYTES:]), weights_only=True)
    words = set_a_value(state, rng, [*VALUES, *TENSORS])
    buffer = io.BytesIO()
    torch.save(state, buffer)
    path.write_bytes(hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())
    return words


def damage_params(path: Path, rng: random.Random) -> str:
    if rng.random() < 0.4:
        lines = path.read_text().splitlines()
        path.write_bytes(mistyped("\n".join(line for line in lines if line[:1] != "#"), rng))
        return "mistyped"
    yaml = YAML()
    params = yaml.load(path)
    words = set_a_value(params, rng)
    yaml.dump(params, path)
    return words

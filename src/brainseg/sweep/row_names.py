"""The name of an experiment of a sweep, from which its settings can be read."""

import re
from collections.abc import Sequence
from typing import Any

from brainseg.core.errors import UserError

# valid as the end of a git ref, and as one word in a shell
NAME = re.compile(r"[A-Za-z0-9][\w.+-]*", re.ASCII)
LONGEST = 150  # letters: file names contain it, with an extension


def label(values: dict[str, Any]) -> str:
    """dice-lr0.001-seed0 for loss, optims.adam.lr and seed: words unchanged, numbers after their key's last word."""
    ends = _distinct_ends(list(values))
    parts = [value if isinstance(value, str) else f"{ends[key]}{_shown(value)}" for key, value in values.items()]
    return "-".join(re.sub(r"[^\w.+-]", "_", part, flags=re.ASCII) for part in parts)


def _distinct_ends(keys: Sequence[str]) -> dict[str, str]:
    """The last words of each dotted key, as many as distinguish it from all others."""
    ends = {}
    for key in keys:
        parts = key.split(".")
        tails = [".".join(parts[-count:]) for count in range(1, len(parts) + 1)]
        others = [other for other in keys if other != key]
        ends[key] = next((tail for tail in tails if not any(f".{other}".endswith(f".{tail}") for other in others)), key)
    return ends


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(map(_shown, value))
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_name(what: str, name: str) -> None:
    """Raises UserError for a name that no branch can have, or that needs quotes in a shell."""
    if len(name) > LONGEST:
        raise UserError(f"{what} {name[:40]}...: {len(name)} letters; expected up to {LONGEST}")
    if not NAME.fullmatch(name) or ".." in name or name.endswith((".", ".lock")):
        raise UserError(f"{what} {name!r}: expected letters, digits and . _ + -, beginning with a letter or digit")

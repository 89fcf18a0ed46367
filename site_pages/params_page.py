"""Every setting of params.yaml: its default, its type and limits, and its comment."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen, MultipleOf
from pydantic.fields import FieldInfo

from brainseg.core.components import KINDS, available
from brainseg.params_check import SECTIONS
from site_pages.markdown import plain, table

HEADER = ("setting", "what it is", "default", "type and limits")
LINE = re.compile(r"^(?P<indent> *)(?P<key>\w+):(?: +(?P<value>[^#\n]*?))?(?: +# ?(?P<comment>.*))?$")


class Entry(NamedTuple):
    """A line of params.yaml: the dotted key, the value as written ("" for a block) and the comment."""

    key: str
    value: str
    comment: str


def entries(text: str) -> Iterator[Entry]:
    """The keys of params.yaml with their comments, in the file's order. Lines without a key are passed over."""
    path: list[str] = []
    for line in text.splitlines():
        if found := LINE.match(line):
            path = [*path[: len(found["indent"]) // 2], found["key"]]
            yield Entry(".".join(path), found["value"] or "", found["comment"] or "")


def params_page(root: Path) -> str:
    """A table of the words that choose, then one for each block, under a heading with the block's name."""
    found = list(entries((root / "params.yaml").read_text()))
    parts = ["## What is chosen by name", _words(found)]
    parts += [_section(name, found) for name in SECTIONS]
    for kind, (word, section) in KINDS.items():
        comment = next(entry.comment for entry in found if entry.key == section)
        parts += [f"## {section}", f"One block is used: the one that `{word}` names. {_sentence(comment)}".strip()]
        parts += [_block(kind, section, name, found) for name in available(kind)]
    return "\n\n".join(parts)


def limits(field: FieldInfo) -> str:
    """The type of a setting and the values that it takes, in words."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in get_args(kind))
    if get_origin(kind) is Union:
        return "; or ".join(limits(FieldInfo.from_annotation(part)) for part in get_args(kind))
    if get_origin(kind) is list:
        return _list(get_args(kind)[0], field)
    words = {int: "whole number", float: "number", bool: "`true` or `false`", str: "text"}[kind]
    return ", ".join([words, *_bounds(field.metadata)])


def _list(of: Any, field: FieldInfo) -> str:
    least, most = (
        next((getattr(m, name) for m in field.metadata if isinstance(m, kind)), None)
        for kind, name in ((MinLen, "min_length"), (MaxLen, "max_length"))
    )
    count = f"{least} " if least == most else f"{least} to {most} " if most else f"{least} or more "
    if get_origin(of) is Literal:
        return f"list of {count}of " + ", ".join(f"`{value}`" for value in get_args(of))
    return f"list of {count}{'names' if of is str else 'whole numbers'}"


def _bounds(metadata: list[Any]) -> list[str]:
    words = {
        Ge: ("at least", "ge"),
        Gt: ("above", "gt"),
        Le: ("at most", "le"),
        Lt: ("below", "lt"),
        MultipleOf: ("a multiple of", "multiple_of"),
    }
    return [f"{text} {getattr(m, name):g}" for m in metadata for kind, (text, name) in words.items() if type(m) is kind]


def _words(found: list[Entry]) -> str:
    words = [*(word for word, _ in KINDS.values()), "seed"]
    kind_of = {word: kind for kind, (word, _) in KINDS.items()}
    rows = []
    for entry in found:
        if entry.key in words:
            names = available(kind_of[entry.key]) if entry.key in kind_of else []
            allowed = "one of " + ", ".join(f"`{name}`" for name in names) if names else "whole number, 0 to 4294967295"
            rows.append((f"`{entry.key}`", _sentence(entry.comment), f"`{entry.value}`", allowed))
    return table(HEADER, rows)


def _section(name: str, found: list[Entry]) -> str:
    heading = next(entry for entry in found if entry.key == name)
    return _titled(f"## {name}", heading.comment, _rows(name, SECTIONS[name].model_fields, found))


def _block(kind: str, section: str, name: str, found: list[Entry]) -> str:
    fields = import_module(f"brainseg.{kind}.{name}").Settings.model_fields
    heading = next((entry for entry in found if entry.key == f"{section}.{name}"), Entry("", "", ""))
    title = f"### {section}.{name} {{ #{section}-{name} }}"
    return _titled(title, heading.comment, _rows(f"{section}.{name}", fields, found))


def _titled(title: str, comment: str, rows: list[tuple[str, ...]]) -> str:
    below = table(HEADER, rows) if rows else "No settings."
    return "\n\n".join(part for part in (title, _sentence(comment), below) if part)


def _rows(block: str, fields: dict[str, FieldInfo], found: list[Entry]) -> list[tuple[str, ...]]:
    by_key = {entry.key: entry for entry in found}
    rows = []
    for name, field in fields.items():
        entry = by_key.get(f"{block}.{name}")
        default = entry.value if entry else str(field.default).lower()
        rows.append((f"`{block}.{name}`", _sentence(entry.comment if entry else ""), f"`{default}`", limits(field)))
    return rows


def _sentence(comment: str) -> str:
    """The comment as text of a page: it begins with a capital and ends with a full stop."""
    if not comment:
        return ""
    text = comment[0].upper() + comment[1:] if re.match(r"[a-z]+\b(?![_.=(])", comment) else comment
    return plain(text if text.endswith((".", ":")) else f"{text}.")

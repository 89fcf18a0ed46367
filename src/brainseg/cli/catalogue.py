"""The available losses, optimizers, schedules and architectures, from the docstrings of their files."""

import ast
import textwrap
from dataclasses import dataclass
from pathlib import Path

from brainseg.core.components import PACKAGE, available

GROUPS = ("distribution", "region", "boundary", "compound")  # of losses, as in the report's table


@dataclass(frozen=True)
class Entry:
    """A component: its file's name, the docstring's first line, and what follows `Group:` and `Source:` there."""

    name: str
    summary: str
    group: str
    source: str


def catalogue(kind: str) -> list[Entry]:
    """All components of a kind, by group and name. Reads the files and imports none."""
    entries = [_entry(name, source_file(kind, name)) for name in available(kind)]
    return sorted(entries, key=lambda entry: (GROUPS.index(entry.group) if entry.group in GROUPS else -1, entry.name))


def source_file(kind: str, name: str) -> Path:
    """The file whose docstring describes the component: NAME.py, or model.py of a folder."""
    file = PACKAGE / kind / f"{name}.py"
    return file if file.exists() else PACKAGE / kind / name / "model.py"


def as_text(entries: list[Entry], width: int) -> str:
    """A name with its description and its source; wrapped to `width` characters."""
    column = 2 + max(len(entry.name) for entry in entries) + 2
    lines, group = [], ""
    for entry in entries:
        if entry.group != group:
            group = entry.group
            lines += ["", group] if lines else [group]
        texts = (entry.summary, entry.source)
        parts = [line for text in texts for line in textwrap.wrap(text, max(width - column, 40))]
        lines += [f"  {entry.name:{column - 2}}{parts[0]}", *(" " * column + line for line in parts[1:])]
    return "\n".join(lines)


def _entry(name: str, path: Path) -> Entry:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return Entry(name, docstring.partition("\n")[0], _field(docstring, "Group"), _field(docstring, "Source"))


def _field(docstring: str, name: str) -> str:
    """The text after `name:` at the start of a line, and on the indented lines below it."""
    lines = iter(docstring.splitlines())
    for line in lines:
        if line.startswith(f"{name}: "):
            found = [line.removeprefix(f"{name}: ")]
            for more in lines:
                if not more.startswith(" "):
                    break
                found.append(more.strip())
            return " ".join(found)
    return ""

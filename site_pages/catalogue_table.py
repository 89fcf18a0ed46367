"""The losses, optimizers, schedules and architectures that there are, as `brainseg losses` and its like list them."""

from itertools import groupby

from brainseg.cli.catalogue import Entry, catalogue
from brainseg.core.components import available
from site_pages.markdown import plain, table


def catalogue_table(kind: str) -> str:
    """A table a group: the name, which leads to the settings, what it is, and the source."""
    parts = []
    for group, entries in groupby(catalogue(kind), key=lambda entry: entry.group):
        parts += [f"### {group.capitalize()}"] if group else []
        parts.append(table(("name", "what it is", "source"), [_row(kind, entry) for entry in entries]))
    return "\n\n".join(parts)


def api_of(kind: str) -> str:
    """For mkdocstrings: the function of each component."""
    return "\n\n".join(f"::: brainseg.{kind}.{name}.{name}" for name in available(kind))


def _row(kind: str, entry: Entry) -> tuple[str, str, str]:
    return f"[`{entry.name}`](params.md#{kind}-{entry.name})", plain(entry.summary), plain(entry.source)

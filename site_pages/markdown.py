"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A row a line; a cell's own bars are escaped and its line breaks become spaces."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def plain(text: str) -> str:
    """Text in which only backticks mean markup: `2 * a * b` would else be italic, and `a < b` a tag."""
    parts = text.split("`")
    closed = len(parts) % 2 == 1
    return "`".join(part if closed and number % 2 else _escaped(part) for number, part in enumerate(parts))


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\*_[]#" else sign for sign in text).replace("<", "&lt;")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

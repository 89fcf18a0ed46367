"""Numbers and tables in Markdown."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd


def markdown_table(rows: Sequence[Mapping[str, object]]) -> str:
    """A table with aligned columns, so that it is readable in a terminal too."""
    cells = [list(rows[0]), *(list(row.values()) for row in rows)]
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in cells]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [_line(row, widths) for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def number(value: float | None, digits: int, missing: str = "–") -> str:
    return missing if value is None or pd.isna(value) else f"{value:.{digits}f}"


def interval(low: float, high: float, sign: str = "") -> str:
    return f"[{low:{sign}.3f}, {high:{sign}.3f}]"


def p_value(p: float) -> str:
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"

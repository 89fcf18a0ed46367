"""Pages taken apart."""

import re

TRAITS = {"size": ["small"] * 6 + ["large"] * 6, "edge": ["smooth"] * 12}


def sections(reported: str) -> dict[str, str]:
    head, *rest = re.split(r"^## (.*)\n", reported, flags=re.MULTILINE)
    return {"": head, **dict(zip(rest[::2], rest[1::2], strict=True))}


def rows(section: str) -> list[dict[str, str]]:
    header, _, *lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in (header, *lines)]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]

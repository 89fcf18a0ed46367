"""The stages of dvc.yaml: what each does, which settings it reads, which stages come before, what it writes."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from site_pages.markdown import plain, table

HEADER = ("stage", "what it does", "after", "settings", "writes")


def pipeline_table(root: Path) -> str:
    """A row a stage, in the order of dvc.yaml."""
    stages = yaml.safe_load((root / "dvc.yaml").read_text())["stages"]
    written = {
        name: [path for kind in ("outs", "metrics") for path in _names(stage.get(kind, []))]
        for name, stage in stages.items()
    }
    rows = []
    for name, stage in stages.items():
        needed = {*map(_readable, stage["deps"])}
        before = [other for other, paths in written.items() if needed & {*paths}]
        settings = _names(stage.get("params", []))
        rows.append(
            (f"`{name}`", plain(f"{stage['desc']}."), ", ".join(before), _codes(settings), _codes(written[name]))
        )
    return table(HEADER, rows)


def _names(entries: list[str | Mapping[str, Any]]) -> list[str]:
    return [_readable(entry if isinstance(entry, str) else next(iter(entry))) for entry in entries]


def _readable(text: str) -> str:
    """`losses.${loss}` is the block of the chosen loss; what predicts are the trained weights, or an ensemble."""
    text = text.replace("${predict.networks}", "data/weights")
    return re.sub(r"\$\{(\w+)\}", lambda found: found[1].upper(), text)


def _codes(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)

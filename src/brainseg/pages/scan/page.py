"""The page of a segmented scan: its slices, volumes, expected DSC, warnings, and the card of the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from brainseg.pages.shared.render import render
from brainseg.pages.shared.volume import Volume, to_viewer

TEMPLATE = Path(__file__).with_name("scan.html")
SIDE_PX = 512  # longer slices are shown with every n-th pixel


@dataclass(frozen=True)
class ScanResult:
    """What the page says. big: the figure that stands first, and what it is; figures, card: label and text."""

    volume: Volume
    big: tuple[str, str]
    figures: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    model: str
    card: Sequence[tuple[str, str]]
    scores: Sequence[tuple[str, str]]
    failures: str
    use: str


def scan_page(result: ScanResult) -> bytes:
    """One HTML file that loads nothing; the same result gives the same bytes."""
    values = {
        "result": result,
        "volumes": [to_viewer(result.volume, SIDE_PX)],
        "groups": [("", [(0, result.volume.name)])],
    }
    return render(TEMPLATE, ["viewer.js"], values)

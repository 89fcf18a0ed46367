"""Shared by all figures: colours, space for names, and saving."""

from collections.abc import Iterable
from pathlib import Path

import matplotlib

from brainseg.core.files import atomic_write

matplotlib.use("Agg")  # files, never a window
from matplotlib.figure import Figure

matplotlib.rcParams["text.parse_math"] = False  # a patient may be called $_$

TRUTH, PREDICTION, POOR = "#22dd22", "#ff3030", "#3d9bff"  # the report's green, red and blue
TRAIN, VALIDATION, EXTRA = "#7a7a7a", "#1f5fa8", "#d98a1f"


def save(figure: Figure, path: Path, dpi: int) -> None:
    """Save as PNG, without a tag of matplotlib's version; the same figure gives the same bytes."""
    with atomic_write(path) as tmp_path:
        figure.savefig(tmp_path, dpi=dpi, metadata={"Software": None})


def inches(words: Iterable[str], font_pt: float = 10) -> float:
    """Upper estimate of the width of the longest name: a letter is at most 0.62 of its font's size on average."""
    return max(map(len, words)) * 0.62 * font_pt / 72

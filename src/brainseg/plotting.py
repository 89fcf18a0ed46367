"""What all figures share: settings, colours, and how they are saved."""

from pathlib import Path

import matplotlib
from pydantic import Field

from brainseg.files import written_whole
from brainseg.params import StrictSettings

matplotlib.use("Agg")  # files, never a window
from matplotlib.figure import Figure

TRUTH, PREDICTION, POOR = "#22dd22", "#ff3030", "#3d9bff"  # the report's green, red and blue
TRAIN, VALIDATION, EXTRA = "#7a7a7a", "#1f5fa8", "#d98a1f"


class PlotSettings(StrictSettings):
    dpi: int = Field(ge=30, le=600)
    slices_per_patient: int = Field(ge=1, le=8)


def save(figure: Figure, path: Path, dpi: int) -> None:
    """Save as PNG, without a tag of matplotlib's version; the same figure gives the same bytes."""
    with written_whole(path) as aside:
        figure.savefig(aside, dpi=dpi, metadata={"Software": None})

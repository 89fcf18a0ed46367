"""The worst, the median and the best held-out patient as small pictures in the terminal."""

from pathlib import Path

import pandas as pd
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from brainseg.core.channels import in_words, main_channel
from brainseg.core.errors import escaped
from brainseg.experiments.dvc_cache import cache_folder
from brainseg.experiments.reader import Experiment
from brainseg.experiments.remedy import how_to_get
from brainseg.pages.comparison.cached_patient import UNREADABLE, read_final_mask, read_patient
from brainseg.terminal.half_blocks import half_blocks
from brainseg.terminal.slice_picture import largest_lesion, legend, slice_pixels, white

WIDEST, NARROWEST, GAP = 40, 24, 2  # cells


def held_out_pictures(experiment: Experiment, patients: pd.DataFrame, folder: Path, console: Console) -> RenderableType:
    """Of each the slice with most of the lesion, beside each other where the terminal is wide enough.

    patients: rows of metrics/per_volume.csv. One line says so where DVC's cache lacks images or predictions.
    """
    chosen = worst_median_best(patients)
    beside = (console.width + GAP) // len(chosen) - GAP
    beside, width = (len(chosen), min(beside, WIDEST)) if beside >= NARROWEST else (1, min(console.width, WIDEST))
    cells, channel = [], ""
    for name, word in chosen.items():
        try:
            cell, channel = _picture(name, word, experiment, float(patients.dsc[name]), folder, width)
        except UNREADABLE:
            remedy = how_to_get(folder, experiment.revision)
            return Text(f"no pictures: DVC's cache lacks images or predictions; {remedy}", "dim")
        cells.append(cell)
    grid = Table.grid(padding=(1, GAP, 0, 0), pad_edge=False)
    for first in range(0, len(cells), beside):
        grid.add_row(*cells[first : first + beside])
    return Group("", grid, legend(channel))


def worst_median_best(patients: pd.DataFrame) -> dict[str, str]:
    """name -> which it is, of up to three patients: those of plots/examples.png, the worst first."""
    best_first = sorted(patients.index, key=lambda name: (-patients.dsc[name], name))
    places = {"worst": len(best_first) - 1, "median": len(best_first) // 2, "best": 0}
    chosen: dict[str, str] = {}
    for word, place in places.items():  # of fewer than three patients, one is not shown twice
        chosen.setdefault(best_first[place], word)
    return chosen


def _picture(name: str, word: str, experiment: Experiment, dsc: float, folder: Path, width: int) -> tuple[Group, str]:
    """The picture below its caption, and the name of the channel."""
    cache = cache_folder(folder)
    patient, mask = read_patient(name, experiment, cache), read_final_mask(name, experiment, cache)
    if patient.image.shape[:3] != mask.shape:
        raise ValueError(f"{name}: the prediction has another size than the images")
    channel = main_channel(patient.channels)
    image = patient.image[..., channel]
    number = largest_lesion(patient.truth, mask)
    pixels = slice_pixels(image[number], patient.truth[number], mask[number], white(image), width, patient.aspect)
    caption = Text(f"{word}: {escaped(name)}\nDSC {dsc:.3f}, slice {number + 1} of {len(image)}", overflow="fold")
    return Group(caption, half_blocks(pixels)), in_words(patient.channels[channel])

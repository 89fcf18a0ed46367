"""The charts of a comparison: differences a patient, and settings against the score."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from brainseg.compare.methods import Method, held_out
from brainseg.pages.shared.chart import Chart, Dot, Line, ticks

ABBREVIATIONS = {"dsc": "DSC", "iou": "IoU", "nsd": "NSD"}
LOGARITHMIC_FROM = 20  # of the largest to the smallest value of a setting


def metric_name(metric: str) -> str:
    """As the field writes it: "DSC" of dsc, "DSC report" of dsc_report."""
    first, *rest = metric.split("_")
    return " ".join([ABBREVIATIONS.get(first, first), *rest])


def differences(method: Method, baseline: Method, margin: float, metric: str) -> Chart:
    """A dot a patient, from the largest loss to the largest gain; the margin of equivalence is shaded."""
    difference = method.per_patient - baseline.per_patient
    order = sorted(zip(difference.tolist(), method.patients, strict=True))
    dots = [
        Dot(place, value, f"{name}: {value:+.4f}", "alarm" if value < -margin else "main", 4)
        for place, (value, name) in enumerate(order)
    ]
    y_ticks = ticks(min(0.0, float(difference.min()), -margin), max(0.0, float(difference.max()), margin))
    reach = (-0.5, len(order) - 0.5)
    lines = [
        Line([(x, 0.0) for x in reach], "second"),
        Line([(x, margin) for x in reach], "ideal", f"within ±{margin:g}: equivalent"),
        Line([(x, -margin) for x in reach], "ideal"),
    ]
    title = f"Difference of each patient's {metric}, {method.name} minus {baseline.name}"
    label = f"{method.name} minus {baseline.name}"
    return Chart(title, "a dot is a patient, by difference", label, [(0.0, ""), (1.0, "")], y_ticks, lines, dots, reach)


@dataclass(frozen=True)
class Axis:
    """One of parallel axes: its name, and the labels of values at their heights, 0 at the bottom and 1 at the top."""

    name: str
    labels: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Parallel:
    """axes: the settings that vary, then the score; lines: of each experiment the heights on the axes, best last."""

    axes: Sequence[Axis]
    lines: Sequence[tuple[str, Sequence[float]]]

    @property
    def coloured(self) -> int:
        """How many of the best lines stand out: a fifth, up to three."""
        return min(3, max(1, len(self.lines) // 5))


def parallel(methods: Sequence[Method], varying: pd.DataFrame, metric: str) -> Parallel | None:
    """The settings of every experiment against its mean score; None where fewer than three experiments have any."""
    scores = {
        experiment.name: float(held_out(experiment.per_volume)[1][metric].mean())
        for method in methods
        for experiment in method.experiments
    }
    table = varying.loc[[name for name in varying.index if name in scores]]
    table = table[[key for key in table if key != "code" and table[key].astype(str).nunique() > 1]]
    if len(table) < 3 or table.empty:
        return None
    columns = [_heights(table[key].tolist()) for key in table]
    best = [scores[name] for name in table.index]
    columns.append(_heights(best))
    names = [*map(str, table), f"mean {metric_name(metric)}"]
    axes = [Axis(name, labels) for name, (_, labels) in zip(names, columns, strict=True)]
    rows = [(str(name), [heights[place] for heights, _ in columns]) for place, name in enumerate(table.index)]
    return Parallel(axes, [row for _, row in sorted(zip(best, rows, strict=True), key=lambda pair: pair[0])])


def _heights(values: Sequence[object]) -> tuple[list[float], list[tuple[float, str]]]:
    """The height of each value and labels of the axis; numbers by size, logarithms where they span far, else words."""
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values) or not all(map(math.isfinite, numbers)):
        words = sorted({str(value) for value in values})
        height = {word: place / max(1, len(words) - 1) for place, word in enumerate(words)}
        return [height[str(value)] for value in values], [(height[word], word) for word in words]
    array = np.array(numbers, float)
    if array.min() > 0 and array.max() / array.min() >= LOGARITHMIC_FROM:
        array = np.log(array)
    span = array.max() - array.min()
    heights = ((array - array.min()) / span if span else np.full(len(array), 0.5)).tolist()
    labelled = {f"{number:.4g}": height for number, height in zip(numbers, heights, strict=True)}
    shown = sorted(labelled.items(), key=lambda pair: pair[1])
    ends = shown if len(shown) <= 5 else [shown[0], shown[-1]]
    return heights, [(height, label) for label, height in ends]

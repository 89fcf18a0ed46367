"""The charts of the page of a run, from the tables of metrics/ and plots/."""

import math

import pandas as pd

from brainseg.pages.shared.chart import SHARES, Chart, Dot, Line, ticks

FAILED = 0.1  # as evaluation/summary.py counts a lost lesion


def scores(held_out: pd.DataFrame, interval: tuple[float, float], width: int) -> Chart:
    """A dot a patient on one line of DSC, about equal ones above each other; the mean and its interval."""
    dots, level = [], {}
    for row in held_out.sort_values(["dsc", "patient"]).itertuples():
        place = round(row.dsc * width / 11)
        level[place] = level.get(place, 0) + 1
        kind = "alarm" if row.dsc < FAILED else "main"
        dots.append(Dot(row.dsc, float(level[place]), f"{row.patient}: {row.dsc:.3f}", kind, 5))
    top, mean = float(max(level.values()) + 1), float(held_out.dsc.mean())
    lines = [Line([(max(0, interval[0]), 0), (min(1, interval[1]), 0)], "bar", "95 % interval of the mean")]
    lines = [line for line in lines if all(math.isfinite(x) for x, _ in line.points)]
    lines.append(Line([(mean, 0), (mean, top)], "second", f"mean {mean:.3f}"))
    title = f"DSC of each of {len(held_out)} patients, mean {mean:.3f}"
    return Chart(
        title,
        "DSC of the volume",
        "a dot is a patient",
        SHARES,
        [(0.0, ""), (top, "")],
        lines,
        dots,
        width=width,
        height=round(60 + 13 * top),
    )


def loss_curves(history: pd.DataFrame) -> Chart:
    highest = max(history.train_loss.max(), history.validation_loss.max())
    lowest = min(0.0, history.train_loss.min(), history.validation_loss.min())
    lines = [
        _curve(history, "train_loss", "second", "training"),
        _curve(history, "validation_loss", "main", "validation"),
    ]
    return Chart("Loss by epoch", "epoch", "loss", _epochs(history), ticks(lowest, highest), lines)


def dsc_curves(history: pd.DataFrame, best_epoch: int) -> Chart:
    lines = [_curve(history, "validation_dsc", "main", "validation")]
    best = history[history.epoch == best_epoch].validation_dsc
    dots = [Dot(best_epoch, float(value), f"best epoch {best_epoch}: {value:.4f}", "ring", 5) for value in best]
    return Chart(
        "Validation DSC by epoch",
        "epoch",
        "DSC on the network's grid",
        _epochs(history),
        SHARES,
        lines,
        dots,
    )


def _curve(history: pd.DataFrame, column: str, kind: str, label: str) -> Line:
    measured = history.dropna(subset=column)  # epochs that were not validated
    return Line(list(zip(measured.epoch, measured[column], strict=True)), kind, label)


def _epochs(history: pd.DataFrame) -> list[tuple[float, str]]:
    last = int(history.epoch.max())
    step = max(1, round(last / 5))
    shown = [1, *range(step, last - step // 2, step), last] if last > 1 else [0, 1]
    return [(float(epoch), str(epoch)) for epoch in dict.fromkeys(shown)]


def by_threshold(table: pd.DataFrame, threshold: float) -> Chart:
    points = list(zip(table.threshold, table.mean_dsc, strict=True))
    best = table.loc[table.mean_dsc.idxmax()]
    lines = [Line(points, "main", "mean DSC"), Line([(threshold, 0), (threshold, 1)], "ideal", f"used: {threshold:g}")]
    dots = [
        Dot(
            best.threshold, best.mean_dsc, f"best on these patients: {best.threshold:g}, {best.mean_dsc:.3f}", "ring", 5
        )
    ]
    return Chart("Mean DSC by threshold", "threshold", "DSC, every component", SHARES, SHARES, lines, dots)


def reliability(table: pd.DataFrame) -> Chart:
    used = table[table.voxels > 0]
    points = list(zip(used.probability / used.voxels, used.lesion / used.voxels, strict=True))
    share = used.voxels / used.voxels.sum()
    dots = [
        Dot(
            x,
            y,
            f"predicted {x:.2f}, lesion {y:.2f}, {part:.1%} of the voxels",
            "main",
            round(3 + 8 * math.sqrt(part), 1),
        )
        for (x, y), part in zip(points, share, strict=True)
    ]
    lines = [Line([(0, 0), (1, 1)], "ideal", "calibrated"), Line(points, "main")]
    title = "Share that is lesion by predicted probability"
    return Chart(
        title,
        "predicted probability",
        "share that is lesion",
        SHARES,
        SHARES,
        lines,
        dots,
    )


def warning(held_out: pd.DataFrame) -> Chart:
    """Predicted against actual DSC; below the diagonal a patient did worse than predicted."""
    known = held_out.dropna(subset="predicted_dsc")
    below = known.dsc < known.dsc_lower_bound
    dots = [
        Dot(
            row.predicted_dsc,
            row.dsc,
            f"{row.patient}: {row.dsc:.3f}, predicted {row.predicted_dsc:.3f}",
            "alarm" if low else "main",
            4.5,
        )
        for row, low in zip(known.itertuples(), below, strict=True)
    ]
    bounds = known.dropna(subset="dsc_lower_bound").sort_values("predicted_dsc")
    lines = [Line([(0, 0), (1, 1)], "ideal", "as predicted")]
    if len(bounds):
        lines.append(
            Line(list(zip(bounds.predicted_dsc, bounds.dsc_lower_bound, strict=True)), "second", "lower bound")
        )
    return Chart("DSC by predicted DSC", "DSC predicted without the truth", "actual DSC", SHARES, SHARES, lines, dots)


def robustness(table: pd.DataFrame) -> Chart:
    """The DSC of each patient under each kind of change at one strength; a line joins a patient, the mean is bold."""
    kinds = ["none", *dict.fromkeys(table.kind[table.kind != "none"])]
    by_kind = table.pivot_table(index="patient", columns="kind", values="dsc", sort=True)[kinds]
    places = range(len(kinds))
    lines = [Line(list(zip(places, row, strict=True)), "faint") for row in by_kind.to_numpy()]
    mean = list(zip(places, by_kind.mean(), strict=True))
    lines.append(Line(mean, "main", "mean"))
    dots = [Dot(x, y, f"{kinds[x]}: {y:.3f}") for x, y in mean]
    x_ticks = [
        (float(place), "as it is" if kind == "none" else kind.replace("_", " ")) for place, kind in enumerate(kinds)
    ]
    return Chart(
        "DSC by change of the images",
        "",
        "DSC, a grey line a patient",
        x_ticks,
        SHARES,
        lines,
        dots,
        (-0.3, len(kinds) - 0.7),
    )

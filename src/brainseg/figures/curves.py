"""Loss and overlap over the epochs. A validation figure that is nan is of an epoch that was not validated."""

import math
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from brainseg.figures.style import EXTRA, TRAIN, VALIDATION


def loss_curves(history: Sequence[Mapping[str, float]], title: str) -> Figure:
    """Training and validation loss; history has one row per epoch."""
    figure, axes = _axes(title, "loss")
    epochs = [row["epoch"] for row in history]
    axes.plot(epochs, [row["train_loss"] for row in history], color=TRAIN, label="training (augmented)")
    _plot_validated(axes, history, "loss", color=VALIDATION, label="validation")
    axes.legend(frameon=False)
    return figure


def dsc_curves(history: Sequence[Mapping[str, float]], best_epoch: int, title: str) -> Figure:
    """Validation DSC and IoU, means over patients, with the best epoch marked."""
    figure, axes = _axes(title, "validation mean over patients")
    _plot_validated(axes, history, "dsc", color=VALIDATION, label="DSC, largest component")
    _plot_validated(axes, history, "soft_dsc", color=VALIDATION, ls=":", label="soft DSC")
    _plot_validated(axes, history, "iou", color=EXTRA, label="IoU, largest component")
    _plot_validated(axes, history, "soft_iou", color=EXTRA, ls=":", label="soft IoU")
    best, last, last_epoch = history[best_epoch - 1]["validation_dsc"], history[-1]["validation_dsc"], len(history)
    axes.plot(best_epoch, best, "o", color=VALIDATION, label=f"best epoch {best_epoch}: {best:.4f}")
    axes.plot(last_epoch, last, "s", color=VALIDATION, mfc="white", label=f"last epoch {last_epoch}: {last:.4f}")
    axes.set_ylim(0, 1)
    figure.legend(frameon=False, ncols=3, loc="outside lower center")
    return figure


def _plot_validated(axes, history: Sequence[Mapping[str, float]], score: str, **style: str) -> None:
    rows = [row for row in history if not math.isnan(row[f"validation_{score}"])]
    axes.plot([row["epoch"] for row in rows], [row[f"validation_{score}"] for row in rows], **style)


def _axes(title: str, quantity: str):
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left")
    axes.set_xlabel("epoch")
    axes.set_ylabel(quantity)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes

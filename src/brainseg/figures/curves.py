"""Loss and overlap over the epochs."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from brainseg.figures.style import EXTRA, TRAIN, VALIDATION


def loss_curves(history: Sequence[Mapping[str, float]], title: str) -> Figure:
    """Training and validation loss; history has one row per epoch."""
    figure, axes = _axes(title, "loss")
    epochs = [row["epoch"] for row in history]
    axes.plot(epochs, [row["train_loss"] for row in history], color=TRAIN, label="training (augmented)")
    axes.plot(epochs, [row["validation_loss"] for row in history], color=VALIDATION, label="validation")
    axes.legend(frameon=False)
    return figure


def dsc_curves(history: Sequence[Mapping[str, float]], best_epoch: int, title: str) -> Figure:
    """Validation DSC and IoU, means over patients, with the best epoch marked."""
    figure, axes = _axes(title, "validation mean over patients")
    epochs = [row["epoch"] for row in history]
    dsc = [row["validation_dsc"] for row in history]
    axes.plot(epochs, dsc, color=VALIDATION, label="DSC, largest component")
    axes.plot(epochs, [row["validation_soft_dsc"] for row in history], color=VALIDATION, ls=":", label="soft DSC")
    axes.plot(epochs, [row["validation_iou"] for row in history], color=EXTRA, label="IoU, largest component")
    axes.plot(epochs, [row["validation_soft_iou"] for row in history], color=EXTRA, ls=":", label="soft IoU")
    best = dsc[best_epoch - 1]
    axes.plot(best_epoch, best, "o", color=VALIDATION, label=f"best epoch {best_epoch}: {best:.4f}")
    axes.plot(
        epochs[-1], dsc[-1], "s", color=VALIDATION, mfc="white", label=f"last epoch {epochs[-1]:.0f}: {dsc[-1]:.4f}"
    )
    axes.set_ylim(0, 1)
    figure.legend(frameon=False, ncols=3, loc="outside lower center")
    return figure


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

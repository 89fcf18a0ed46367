"""The training loop."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field

from brainseg.augmentation import AugmentSettings, augment
from brainseg.device import autocast
from brainseg.errors import UserError
from brainseg.params import PARAMS_FILE, StrictSettings
from brainseg.progress import progress, say
from brainseg.sampling import draw, slice_weights
from brainseg.slices import Slices
from brainseg.validation import mean_scores, validate


class TrainSettings(StrictSettings):
    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    precision: Literal["auto", "bf16", "fp32"]


@dataclass
class Trained:
    """What training leaves: a row an epoch, a row an epoch and patient, and two sets of weights."""

    history: list[dict[str, float]] = field(default_factory=list)
    per_patient: list[dict[str, Any]] = field(default_factory=list)
    epoch_seconds: list[float] = field(default_factory=list)
    train_seconds: float = 0.0  # without validation
    train_slices: int = 0
    best_epoch: int = 0
    best_state: dict[str, torch.Tensor] = field(default_factory=dict)
    last_state: dict[str, torch.Tensor] = field(default_factory=dict)

    def timing(self) -> dict[str, float]:
        return {
            "training_seconds": round(sum(self.epoch_seconds), 1),
            "seconds_per_epoch": round(sum(self.epoch_seconds) / len(self.epoch_seconds), 2),
            "training_slices_per_second": round(self.train_slices / self.train_seconds, 1),
        }


def train(
    network: torch.nn.Module,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    optimizer: torch.optim.Optimizer,
    training: Slices,
    validation: Slices,
    settings: TrainSettings,
    augmentation: AugmentSettings,
    seed: int,
    after_epoch: Callable[[torch.nn.Module, dict[str, float]], None],
) -> Trained:
    """Train for `settings.epochs` epochs; an epoch draws as many slices as there are.

    The best epoch is the one with the highest mean validation DSC, the report's choice.
    Raises UserError if a batch is larger than the data or the loss is no longer finite.
    """
    if settings.batch_size > len(training):
        raise UserError(
            f"{PARAMS_FILE}: train.batch_size is {settings.batch_size}; expected at most the {len(training)} slices"
        )
    device = training.images.device
    weights = slice_weights(training)
    trained = Trained()
    for epoch in range(1, settings.epochs + 1):
        start = time.perf_counter()
        # each epoch's random numbers depend on the seed and its number alone
        generator = torch.Generator().manual_seed(int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0]))
        batches = draw(weights, settings.batch_size, generator)
        total = torch.zeros((), device=device)
        network.train()
        for index in progress(batches, f"epoch {epoch}/{settings.epochs}"):
            images, masks = training.batch(index.to(device))
            images, masks = augment(images, masks, augmentation, generator)
            with autocast(device, settings.precision):
                logits = network(images)
            batch_loss = loss(logits, masks)
            optimizer.zero_grad(set_to_none=True)
            batch_loss.backward()
            optimizer.step()
            total += batch_loss.detach()  # stays on the device: reading it would stall the queue
        train_loss = total.item() / len(batches)
        trained.train_seconds += time.perf_counter() - start
        trained.train_slices += batches.numel()

        validation_loss, rows = validate(network, loss, validation, settings.batch_size, settings.precision)
        for value in (train_loss, validation_loss):
            if not np.isfinite(value):
                raise UserError(f"the loss became {value} in epoch {epoch}; try a lower learning rate")
        scores = {f"validation_{name}": value for name, value in mean_scores(rows).items()}
        row = {"epoch": epoch, "train_loss": train_loss, "validation_loss": validation_loss, **scores}
        if not trained.history or row["validation_dsc"] > trained.history[trained.best_epoch - 1]["validation_dsc"]:
            trained.best_epoch, trained.best_state = epoch, _copy(network)
        trained.history.append(row)
        trained.per_patient += [{"epoch": epoch, **patient} for patient in rows]
        seconds = time.perf_counter() - start
        trained.epoch_seconds.append(seconds)
        after_epoch(network, row)
        say(
            f"epoch {epoch:3d}/{settings.epochs}  train loss {train_loss:.4f}  validation loss {validation_loss:.4f}"
            f"  validation DSC {row['validation_dsc']:.4f}  {seconds:.1f} s"
        )
    trained.last_state = _copy(network)
    return trained


def _copy(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {
        name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, value in network.state_dict().items()
    }

"""The training loop."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field, model_validator

from brainseg.archs.shared.supervision import supervised_loss
from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE, StrictSettings
from brainseg.core.progress import progress, say
from brainseg.device import autocast, nondeterministic_operations
from brainseg.training.augmentation import AugmentSettings, augment
from brainseg.training.checkpoint import SavedState
from brainseg.training.ema import MovingAverage
from brainseg.training.intensity import IntensitySettings, change_intensity
from brainseg.training.learning_rate import LearningRate
from brainseg.training.loss_context import informed
from brainseg.training.sampling import SamplingSettings, draw, slice_weights
from brainseg.training.slices import Slices
from brainseg.training.validation import mean_scores, validate


class TrainSettings(StrictSettings):
    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    precision: Literal["auto", "bf16", "fp32"]
    compile: bool
    warmup_epochs: int = Field(ge=0)
    clip_norm: float = Field(ge=0)  # 0: no clipping
    ema_decay: float = Field(ge=0, lt=1)  # 0: no averaging

    @model_validator(mode="after")
    def _warmup_ends(self) -> "TrainSettings":
        if self.warmup_epochs >= self.epochs:
            raise ValueError(f"warmup_epochs is {self.warmup_epochs}; expected fewer than the {self.epochs} epochs")
        return self


@dataclass
class Trained:
    """What training leaves: a row an epoch, a row an epoch and patient, and two sets of weights."""

    history: list[dict[str, float]] = field(default_factory=list)
    per_patient: list[dict[str, Any]] = field(default_factory=list)
    epoch_seconds: list[float] = field(default_factory=list)
    train_seconds: float = 0.0  # without validation
    train_slices: int = 0
    nondeterministic: list[str] = field(default_factory=list)  # operations without a deterministic form
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
    loss: Callable[..., torch.Tensor],
    optimizer: torch.optim.Optimizer,
    schedule: Callable[[float], float],
    training: Slices,
    validation: Slices,
    settings: TrainSettings,
    sampling: SamplingSettings,
    augmentation: AugmentSettings,
    intensity: IntensitySettings,
    seed: int,
    after_epoch: Callable[[torch.nn.Module, dict[str, float]], None],
    saved: SavedState,
) -> Trained:
    """Train for `settings.epochs` epochs; an epoch draws as many slices as there are.

    The loss may ask for facts of the training, see loss_facts.py. A network may ask for more to be judged
    than its answer, see supervision.py: the training loss holds that, the validation loss is of the answer
    alone. With `settings.ema_decay` it is the averaged network that is validated and kept. The best epoch is
    the one with the highest mean validation DSC, the report's choice. Each epoch ends with all that the next
    ones need in `saved`; what is found there at the start was a training of the same kind that was stopped,
    and it goes on, to the very same result.
    Raises UserError if a batch is larger than the data or the loss is no longer finite.
    """
    if settings.batch_size > len(training):
        raise UserError(
            f"{PARAMS_FILE}: train.batch_size is {settings.batch_size}; expected at most the {len(training)} slices"
        )
    weights = slice_weights(training, sampling)
    lesion_share = training.masks.float().mean().item()
    steps_per_epoch = len(training) // settings.batch_size
    learning_rate = LearningRate(
        optimizer, schedule, settings.epochs * steps_per_epoch, settings.warmup_epochs * steps_per_epoch
    )
    average = MovingAverage(network, settings.ema_decay) if settings.ema_decay else None
    kept = average.network if average else network  # what is validated, and written in the end
    trained = Trained()
    if state := saved.read():
        trained = Trained(**state["trained"])
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        kept.load_state_dict(state["kept"])
        say(f"going on after epoch {len(trained.history)}, where this training was stopped")
    forward = torch.compile(network) if settings.compile else network
    for epoch in range(len(trained.history) + 1, settings.epochs + 1):
        start = time.perf_counter()
        # each epoch's random numbers depend on the seed and its number alone
        epoch_seed = int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])
        torch.manual_seed(epoch_seed)  # for dropout
        generator = torch.Generator().manual_seed(epoch_seed)
        batches = draw(weights, settings.batch_size, generator)
        told_loss = informed(loss, progress=(epoch - 1) / max(settings.epochs - 1, 1), lesion_share=lesion_share)
        network.train()
        with nondeterministic_operations() as operations:
            total = torch.zeros((), device=training.images.device)
            first_step = (epoch - 1) * steps_per_epoch
            for step, index in enumerate(progress(batches, f"epoch {epoch}/{settings.epochs}"), first_step):
                images, masks = training.batch(index.to(total.device, non_blocking=True))
                images, masks = augment(images, masks, augmentation, generator)
                images = change_intensity(images, intensity, training.sees, generator)
                with autocast(total.device, settings.precision):
                    output = forward(images)
                batch_loss = supervised_loss(output, masks, told_loss)
                optimizer.zero_grad(set_to_none=True)
                batch_loss.backward()
                if settings.clip_norm:
                    torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip_norm)
                learning_rate.set(step)
                optimizer.step()
                if average:
                    average.update(network, step)
                total += batch_loss.detach()  # stays on the device: reading it would stall the queue
            train_loss = total.item() / len(batches)
            trained.train_seconds += time.perf_counter() - start
            trained.train_slices += batches.numel()
            validation_loss, rows = validate(kept, told_loss, validation, settings.batch_size, settings.precision)
        trained.nondeterministic = sorted({*trained.nondeterministic, *operations})
        for value in (train_loss, validation_loss):
            if not np.isfinite(value):
                raise UserError(f"the loss became {value} in epoch {epoch}; try a lower learning rate")
        scores = {f"validation_{name}": value for name, value in mean_scores(rows).items()}
        row = {"epoch": epoch, "train_loss": train_loss, "validation_loss": validation_loss, **scores}
        if not trained.history or row["validation_dsc"] > trained.history[trained.best_epoch - 1]["validation_dsc"]:
            trained.best_epoch, trained.best_state = epoch, _copy(kept)
        trained.history.append(row)
        trained.per_patient += [{"epoch": epoch, **patient} for patient in rows]
        seconds = time.perf_counter() - start
        trained.epoch_seconds.append(seconds)
        after_epoch(kept, row)
        networks = {"network": network.state_dict(), "kept": kept.state_dict()}
        saved.write({"trained": vars(trained), **networks, "optimizer": optimizer.state_dict()})
        say(
            f"epoch {epoch:3d}/{settings.epochs}  train loss {train_loss:.4f}  validation loss {validation_loss:.4f}"
            f"  validation DSC {row['validation_dsc']:.4f}  {seconds:.1f} s"
        )
    trained.last_state = _copy(kept)
    return trained


def _copy(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {
        name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, value in network.state_dict().items()
    }

"""How a network is trained: all settings except those of the network and the optimizer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from pydantic import Field, model_validator

from brainseg.core.components import build_chosen
from brainseg.core.params import StrictSettings, lookup_seed, parse_settings
from brainseg.training.augmentation import AugmentSettings
from brainseg.training.intensity import IntensitySettings
from brainseg.training.sampling import SamplingSettings


class TrainSettings(StrictSettings):
    epochs: int = Field(ge=1, le=1_000_000)
    batch_size: int = Field(ge=1, le=100_000)
    precision: Literal["auto", "bf16", "fp32"]
    compile: bool
    warmup_epochs: int = Field(ge=0, le=1_000_000)
    clip_norm: float = Field(ge=0, le=1e6)  # 0: no clipping
    ema_decay: float = Field(ge=0, lt=1)  # 0: no averaging
    validate_every: int = Field(ge=1, le=1_000_000)  # epochs; the last epoch is always validated
    start_from: str = Field(min_length=1)  # a model file; a folder: random initial weights

    @model_validator(mode="after")
    def _warmup_ends(self) -> "TrainSettings":
        if self.warmup_epochs >= self.epochs:
            raise ValueError(f"warmup_epochs is {self.warmup_epochs}; expected fewer than the {self.epochs} epochs")
        return self


@dataclass(frozen=True)
class Recipe:
    """loss: (logits, target, **context) -> scalar, see loss_context.py; schedule: progress -> share of the rate."""

    loss: Callable[..., torch.Tensor]
    schedule: Callable[[float], float]
    settings: TrainSettings
    sampling: SamplingSettings
    augmentation: AugmentSettings
    intensity: IntensitySettings
    seed: int


def recipe_from(params: Mapping[str, Any]) -> Recipe:
    """The recipe that params.yaml describes."""
    return Recipe(
        loss=build_chosen("losses", params),
        schedule=build_chosen("schedules", params),
        settings=parse_settings(TrainSettings, params, "train"),
        sampling=parse_settings(SamplingSettings, params, "sampling"),
        augmentation=parse_settings(AugmentSettings, params, "augment"),
        intensity=parse_settings(IntensitySettings, params, "intensity"),
        seed=lookup_seed(params, "seed"),
    )

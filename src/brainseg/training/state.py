"""The state that changes during training, and the results of training."""

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from pydantic import ConfigDict, TypeAdapter
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.swa_utils import AveragedModel

ROW = ("epoch", "train_loss", "validation_loss")  # of the history
ROW += tuple(f"validation_{score}" for score in ("dsc", "iou", "soft_dsc", "soft_iou"))
PATIENT_ROW = ("epoch", "patient", "dsc", "iou", "soft_dsc", "soft_iou")


@dataclass
class Trained:
    """A row per epoch, a row per epoch and patient, and two sets of weights."""

    __pydantic_config__ = ConfigDict(arbitrary_types_allowed=True, revalidate_instances="always")

    history: list[dict[str, float | None]] = field(default_factory=list)  # None: the epoch was not validated
    per_patient: list[dict[str, Any]] = field(default_factory=list)
    epoch_seconds: list[float] = field(default_factory=list)
    train_seconds: float = 0.0  # without validation
    train_slices: int = 0
    nondeterministic: list[str] = field(default_factory=list)  # operations without a deterministic form
    best_epoch: int = 0  # 0: no epoch was validated yet
    best_state: dict[str, torch.Tensor] = field(default_factory=dict)
    last_state: dict[str, torch.Tensor] = field(default_factory=dict)

    @property
    def best_row(self) -> dict[str, float | None]:
        """The best epoch's row of the history."""
        return self.history[self.best_epoch - 1]

    def timing(self) -> dict[str, float]:
        return {
            "training_seconds": round(sum(self.epoch_seconds), 1),
            "seconds_per_epoch": round(sum(self.epoch_seconds) / len(self.epoch_seconds), 2),
            "training_slices_per_second": round(self.train_slices / max(self.train_seconds, 1e-9), 1),
        }


TRAINED = TypeAdapter(Trained)


@dataclass
class TrainingState:
    network: torch.nn.Module
    optimizer: torch.optim.Optimizer
    scheduler: LRScheduler
    ema: AveragedModel | None
    trained: Trained = field(default_factory=Trained)
    steps_per_epoch: int = 0  # 0: unknown

    @property
    def eval_network(self) -> torch.nn.Module:
        """The network that is validated, and whose weights are written at the end."""
        return self.ema.module if self.ema else self.network

    def state_dict(self) -> dict[str, Any]:
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return {"trained": vars(self.trained), **parts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Raises an error of any type, and changes nothing, if the state is not of this training."""
        before = deepcopy(self.state_dict())
        try:
            trained = Trained(**state["trained"])
            TRAINED.validate_python(trained, strict=True)
            if not 0 <= trained.best_epoch <= len(trained.history) == len(trained.epoch_seconds) > 0:
                raise ValueError(f"best epoch {trained.best_epoch} of {len(trained.history)}")
            validated = [row["epoch"] for row in trained.history if row["validation_dsc"] is not None]
            if trained.best_epoch not in (validated or [0]):
                raise ValueError(f"best epoch {trained.best_epoch}, which was not validated")
            if [row["epoch"] for row in trained.history] != list(range(1, len(trained.history) + 1)):
                raise ValueError("other epochs than those that were trained")
            _check_rows(trained)
            _check_form(trained.best_state, self.eval_network.state_dict() if validated else {})
            _check_form(state["scheduler"], before["scheduler"])
            _check_form(state["optimizer"]["param_groups"], before["optimizer"]["param_groups"])
            for found, expected in zip(*(s["optimizer"]["param_groups"] for s in (state, before)), strict=True):
                if {**found, "lr": 0} != {**expected, "lr": 0} or not 0 <= found["lr"] < math.inf:
                    raise ValueError("other settings of the optimizer")
            steps, expected_steps = state["scheduler"]["last_epoch"], len(trained.history) * self.steps_per_epoch
            if steps < 0 or (self.steps_per_epoch and steps != expected_steps):
                raise ValueError(f"{steps} steps of {expected_steps}")
            self._load(state)
            for parameter, moments in self.optimizer.state.items():
                for value in filter(torch.is_tensor, moments.values()):
                    if value.ndim and value.shape != parameter.shape:
                        raise ValueError(f"a moment of {tuple(value.shape)}")
                    if not value.ndim and value < 0:
                        raise ValueError(f"step {value}")
            _check_finite([trained.best_state, self.state_dict()])
        except Exception:
            self.optimizer.state.clear()
            self._load(before)
            raise
        self.trained = trained

    def _parts(self) -> dict[str, Any]:
        parts = {"network": self.network, "optimizer": self.optimizer, "scheduler": self.scheduler}
        return parts | ({"ema": self.ema} if self.ema else {})

    def _load(self, state: Mapping[str, Any]) -> None:
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def copy_weights(self) -> dict[str, torch.Tensor]:
        return {
            name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, value in self.eval_network.state_dict().items()
        }


def _check_rows(trained: Trained) -> None:
    """Raises ValueError unless the tables can be continued and written."""
    for rows, keys in ((trained.history, ROW), (trained.per_patient, PATIENT_ROW)):
        for row in rows:
            if tuple(row) != keys:
                raise ValueError(f"a row of {', '.join(map(str, row))}")
            missing = [key for key, value in row.items() if value is None]  # of an epoch that was not validated
            if any(not key.startswith("validation_") for key in missing):
                raise ValueError("a row without a number")
            if not all(math.isfinite(value) for key, value in row.items() if key not in ("patient", *missing)):
                raise ValueError("a row with a number that is not finite")
    if not all(
        0 <= value < math.inf for value in (trained.train_seconds, trained.train_slices, *trained.epoch_seconds)
    ):
        raise ValueError("a time that is not finite")


def _check_finite(content: Any) -> None:
    """Raises ValueError for a tensor with NaN or infinity: every later epoch would fail with it."""
    if torch.is_tensor(content):
        if not torch.isfinite(content).all():
            raise ValueError("numbers that are not finite")
    elif isinstance(content, Mapping | list | tuple):
        for inner in content.values() if isinstance(content, Mapping) else content:
            _check_finite(inner)


def _check_form(found: Any, expected: Any) -> None:
    """Raises ValueError unless keys, lengths, types and the shapes of tensors are the same."""
    if torch.is_tensor(expected):
        same = torch.is_tensor(found) and found.shape == expected.shape
    elif isinstance(expected, Mapping):
        same = isinstance(found, Mapping) and list(found) == list(expected)
        for key in expected if same else ():
            _check_form(found[key], expected[key])
    elif isinstance(expected, list | tuple):
        same = isinstance(found, list | tuple) and len(found) == len(expected)
        for a, b in zip(found, expected, strict=True) if same else ():
            _check_form(a, b)
    else:
        same = type(found) is type(expected)
    if not same:
        raise ValueError(f"{type(found).__name__} in place of {type(expected).__name__}, or of another size")

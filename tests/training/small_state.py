"""A training of a single convolution, so small that its whole state can be looked at."""

from typing import Any

import torch
from torch import nn

from brainseg.training.ema import averaged
from brainseg.training.learning_rate import lr_scheduler
from brainseg.training.state import TrainingState


def at_the_start(ema_decay: float = 0.9) -> TrainingState:
    torch.manual_seed(0)
    network = nn.Conv2d(3, 2, kernel_size=2).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    scheduler = lr_scheduler(optimizer, lambda progress: 1 - progress, steps=6, warmup_steps=0)
    return TrainingState(network, optimizer, scheduler, averaged(network, ema_decay) if ema_decay else None)


def after_an_epoch(ema_decay: float = 0.9) -> TrainingState:
    """Of two steps."""
    state = at_the_start(ema_decay)
    for _ in range(2):
        state.network(torch.ones(1, 3, 4, 4)).mean().backward()
        state.optimizer.step()
        state.scheduler.step()
        if state.ema:
            state.ema.update_parameters(state.network)
    scores = {"dsc": 0.3, "iou": 0.2, "soft_dsc": 0.3, "soft_iou": 0.2}
    validation = {f"validation_{name}": score for name, score in scores.items()}
    state.trained.history = [{"epoch": 1, "train_loss": 0.5, "validation_loss": 0.4, **validation}]
    state.trained.per_patient = [{"epoch": 1, "patient": "a", **scores}]
    state.trained.epoch_seconds, state.trained.best_epoch = [1.5], 1
    state.trained.best_state = state.copy_weights()
    return state


def same(found: Any, expected: Any) -> bool:
    """To the last bit."""
    if torch.is_tensor(expected):
        return torch.is_tensor(found) and found.dtype == expected.dtype and found.equal(expected)
    if isinstance(expected, dict):
        return list(found) == list(expected) and all(same(found[key], expected[key]) for key in expected)
    if isinstance(expected, list | tuple):
        return len(found) == len(expected) and all(same(a, b) for a, b in zip(found, expected, strict=True))
    return found == expected

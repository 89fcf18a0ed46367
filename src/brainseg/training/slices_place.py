"""Where training has its slices: in memory, or on disk where they do not fit."""

import os
from collections.abc import Sequence
from pathlib import Path

import torch

from brainseg.core.errors import UserError, shown
from brainseg.data import preprocessed_rows
from brainseg.device import available_bytes

MOST_SHARE = 0.5  # of the free memory that may be slices; the rest is for the network, its gradients and the batches


def stay_on_disk(
    names: Sequence[str], device: torch.device, processes: int = 1, folder: Path = preprocessed_rows.FOLDER
) -> bool:
    """Whether the slices of these patients are read from disk batch by batch.

    BRAINSEG_SLICES is `memory`, `disk` or `auto`, the default: disk where the files are larger than half of the memory
    that the device has left. It is read from the environment and not from params.yaml, since it changes no result.
    processes: those of this machine, each of which holds all slices; on a GPU each has a memory of its own.
    """
    value = os.environ.get("BRAINSEG_SLICES") or "auto"
    if value not in ("auto", "memory", "disk"):
        raise UserError(f"BRAINSEG_SLICES is {shown(value)}; expected one of: auto, memory, disk")
    if value != "auto":
        return value == "disk"
    sharing = processes if device.type == "cpu" else 1
    needed = sum(preprocessed_rows.size_bytes(name, folder) for name in names)
    return needed * sharing > MOST_SHARE * available_bytes(device)

"""Fine-tuning: training starts from the weights of a model file."""

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load

from brainseg.archs.shared.input import InputSettings
from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE
from brainseg.data.model_file import read_parts, read_record

RANDOM_WEIGHTS = Path("data/random_weights")  # train.start_from, where training does not start from a model file


def start_file(start_from: str) -> Path | None:
    """The model file that train.start_from names; None for random weights. Raises UserError for anything else."""
    path = Path(start_from)
    if path == RANDOM_WEIGHTS:
        return None
    if not path.is_file():
        raise UserError(f"{PARAMS_FILE}: train.start_from is {path}; expected a model file, or {RANDOM_WEIGHTS}")
    return path


def load_start(network: torch.nn.Module, path: Path, arch: str, settings: Any, input_settings: InputSettings) -> None:
    """Load the weights of the model file's one network.

    Raises UserError for an ensemble, and for a network with another architecture, other settings or another input.
    """
    parts = read_parts(path)
    try:
        networks = read_record(path, parts)["networks"]
        found = {"arch": networks[0]["arch"], f"archs.{arch}": networks[0]["settings"], "input": networks[0]["input"]}
        weights = parts[networks[0]["weights"]]
    except (KeyError, IndexError, TypeError):
        raise UserError(f"{path}: model.json lists no network; pack it again") from None
    if len(networks) > 1:
        raise UserError(f"{path}: holds {len(networks)} networks; training starts from one")
    asked = {"arch": arch, f"archs.{arch}": settings, "input": input_settings.model_dump()}
    for key, value in asked.items():
        if found[key] != value:
            raise UserError(f"{PARAMS_FILE}: {key} is {value}; the network of {path} has {found[key]}")
    try:
        network.load_state_dict(load(weights))
    except (SafetensorError, RuntimeError) as error:
        raise UserError(f"{path}: its weights do not fit ({' '.join(str(error).split())[:100]})") from None


def digest(path: Path | None) -> str:
    """SHA-256 of the model file; "" for random weights."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path else ""

"""A trained network applied to every slice of a patient, also to the slices that preprocessing drops."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from pydantic import Field

from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE, StrictSettings
from brainseg.data.prediction_of import prediction_of
from brainseg.data.predictions import Prediction
from brainseg.data.preprocessed import Preprocessed
from brainseg.data.weights import TrainedNetwork, file_name, read_network
from brainseg.device import autocast

BATCH_SIZE = 16  # fits any device; the results depend on it only by rounding


class PredictSettings(StrictSettings):
    networks: Literal["data/weights", "data/ensemble"]
    weights: Literal["last", "best"]
    flips: bool
    precision: Literal["auto", "bf16", "fp32"]
    heads: Literal["last", "mean"]
    prune_to: int = Field(ge=0, le=7)  # 0: not pruned


def select_heads(network: torch.nn.Module, settings: PredictSettings) -> None:
    """Select the output heads and the depth of the settings; a UserError if the network does not have them.

    A network with a trained head at several depths lists the depths in `depths`. The choice is set by
    `set_output_heads(heads, depth)`.
    """
    depths = getattr(network, "depths", ())
    if not depths:
        if settings.heads == "last" and not settings.prune_to:
            return
        setting = f"prune_to is {settings.prune_to}" if settings.prune_to else f"heads is {settings.heads}"
        raise UserError(
            f"{PARAMS_FILE}: predict.{setting}; this network has one head (unetpp trained with deep_supervision has"
            " several), set predict.heads to last and predict.prune_to to 0"
        )
    if settings.prune_to and settings.prune_to not in depths:
        allowed = ", ".join(map(str, depths))
        raise UserError(f"{PARAMS_FILE}: predict.prune_to is {settings.prune_to}; expected 0 or one of: {allowed}")
    network.set_output_heads(settings.heads, settings.prune_to or depths[-1])


def read_networks(settings: PredictSettings, device: torch.device) -> list[TrainedNetwork]:
    """The networks that predict, on the device: the one of data/weights, or all below data/ensemble."""
    folder, name = Path(settings.networks), file_name(settings.weights)
    paths = sorted(folder.glob(f"**/{name}")) if settings.networks == "data/ensemble" else [folder / name]
    if not paths:
        raise UserError(f"{folder}: no {name} in it; `brainseg ensemble` brings networks there")
    networks = [read_network(path) for path in paths]
    for trained in networks:
        trained.network.to(device)
        select_heads(trained.network, settings)
    return networks


def predict(
    networks: Sequence[TrainedNetwork], patient: Preprocessed, device: torch.device, settings: PredictSettings
) -> Prediction:
    """Predict one patient: the mean probability of the networks.

    With `settings.flips` each network also predicts the mirrored slice, and the two probabilities are averaged.
    """
    probability = _summed(networks, patient, device, settings) / len(networks)  # (S, n, n)
    if not np.isfinite(probability).all():  # it would be stored as 0: no lesion
        raise UserError(
            f"{settings.networks}: a network gives NaN for a patient; train again with a lower learning rate"
        )
    return prediction_of(patient, probability)


@torch.inference_mode()
def _summed(
    networks: Sequence[TrainedNetwork], patient: Preprocessed, device: torch.device, settings: PredictSettings
) -> np.ndarray:
    """The sum of the networks' probabilities, (S, n, n) float32."""
    z_scores = torch.from_numpy(patient.z_score())
    total = np.zeros(patient.mask.shape, np.float32)
    for input_settings, alike in groupby(networks, key=lambda trained: trained.input_settings):
        group = [trained.network for trained in alike]  # they are given the same batches
        index = torch.from_numpy(input_settings.slice_index(patient.retained))  # (S, slices)
        for start in range(0, len(index), BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            images = input_settings.as_channels(z_scores[index[batch]].to(device), patient.channels)
            for network in group:
                total[batch] += _probability(network, images, settings)[:, 0].cpu().numpy()
    return total


def _probability(network: torch.nn.Module, images: torch.Tensor, settings: PredictSettings) -> torch.Tensor:
    """(B, 1, n, n) float32."""
    with autocast(images.device, settings.precision):
        probability = network(images).float().sigmoid()
        if settings.flips:
            mirrored = network(images.flip(3)).float().sigmoid().flip(3)
            probability = (probability + mirrored) / 2
    return probability

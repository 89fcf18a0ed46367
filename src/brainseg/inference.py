"""A trained network applied to every slice of a patient, also to those that training drops."""

from typing import Literal

import numpy as np
import torch

from brainseg.device import autocast
from brainseg.params import StrictSettings
from brainseg.prediction import Prediction, to_uint8
from brainseg.preprocessing import Preprocessed

BATCH_SIZE = 16  # fits any device; the results do not depend on it but for rounding


class PredictSettings(StrictSettings):
    weights: Literal["last", "best"]
    flips: bool
    precision: Literal["auto", "bf16", "fp32"]


@torch.inference_mode()
def predict(
    network: torch.nn.Module, patient: Preprocessed, device: torch.device, settings: PredictSettings
) -> Prediction:
    """Predict one patient; with `settings.flips` each slice is also seen mirrored and the two averaged."""
    probabilities = []
    for images in torch.from_numpy(patient.z_score()).split(BATCH_SIZE):
        images = images.to(device).permute(0, 3, 1, 2)  # (B, 3, n, n), channels last in memory
        with autocast(device, settings.precision):
            probability = network(images).float().sigmoid()
            if settings.flips:
                mirrored = network(images.flip(3)).float().sigmoid().flip(3)
                probability = (probability + mirrored) / 2
        probabilities.append(probability[:, 0].cpu().numpy())
    probability = np.concatenate(probabilities)  # (S, n, n)
    return Prediction(to_uint8(patient.geometry.to_file(probability)), to_uint8(probability))

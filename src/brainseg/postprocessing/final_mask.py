"""The final mask: from probabilities to the lesion that is scored and shown."""

import numpy as np
from pydantic import Field

from brainseg.core.params import StrictSettings
from brainseg.data.predictions import Prediction, above_threshold
from brainseg.postprocessing.largest_component import largest_component


class MaskSettings(StrictSettings, extra="ignore"):
    """The settings of `evaluate` that define the mask. Stages that need only these do not rerun for the others."""

    threshold: float = Field(gt=0, lt=1)
    largest_component: bool


def final_mask(prediction: Prediction, settings: MaskSettings) -> np.ndarray:
    """(S, H, W) bool on the file's grid: above the threshold, post-processed by the settings."""
    return postprocess(above_threshold(prediction.on_file_grid, settings.threshold), settings)


def postprocess(mask: np.ndarray, settings: MaskSettings) -> np.ndarray:
    return largest_component(mask) if settings.largest_component else mask

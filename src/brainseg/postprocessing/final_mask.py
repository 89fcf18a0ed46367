"""The final mask: from probabilities to the lesion that is scored and shown."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, ValidationError

from brainseg.core.errors import UserError
from brainseg.core.files import REMEDY, read_json
from brainseg.core.params import StrictSettings
from brainseg.data import paths
from brainseg.data.predictions import Prediction, above_threshold
from brainseg.postprocessing.kept_components import components_by_share, components_by_size
from brainseg.postprocessing.largest_by_depth import largest_by_depth
from brainseg.postprocessing.largest_component import largest_component

Components = Literal["every", "largest", "largest_by_depth", "share", "size"]


class MaskSettings(StrictSettings, extra="ignore"):
    """How the mask is made. least_share counts only with `share`, least_voxels only with `size`."""

    threshold: float = Field(gt=0, lt=1)
    components: Components
    least_share: float = Field(gt=0, le=1)
    least_voxels: int = Field(ge=1)


def read_mask_settings(path: Path = paths.FINAL_MASK) -> MaskSettings:
    """The settings that the stage evaluate used, also where it chose them."""
    try:
        return MaskSettings(**read_json(path))
    except ValidationError as error:
        keys = ", ".join(str(fault["loc"][0]) for fault in error.errors())
        raise UserError(f"{path}: {keys}: missing or not valid; {REMEDY}") from None


def final_mask(prediction: Prediction, settings: MaskSettings) -> np.ndarray:
    """(S, H, W) bool on the file's grid: above the threshold, post-processed by the settings."""
    mask = above_threshold(prediction.on_file_grid, settings.threshold)
    return postprocess(mask, prediction.on_file_grid, settings, prediction.head_depth)


def postprocess(
    mask: np.ndarray, probability: np.ndarray, settings: MaskSettings, head_depth: np.ndarray | None = None
) -> np.ndarray:
    """The components of a (S, H, W) bool mask that count as lesion; probability and head_depth have the mask's shape.

    Raises UserError for `largest_by_depth` where the depth is not known.
    """
    match settings.components:
        case "every":
            return mask
        case "largest":
            return largest_component(mask)
        case "largest_by_depth":
            if head_depth is None:
                raise UserError(
                    "evaluate.components is largest_by_depth, and the depth in the head is not known for this "
                    "prediction; run the stage predict again, or set evaluate.components to largest"
                )
            return largest_by_depth(mask, head_depth)
        case "share":
            return components_by_share(mask, probability, settings.least_share)
        case "size":
            return components_by_size(mask, settings.least_voxels)

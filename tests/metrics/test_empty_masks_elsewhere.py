"""What docs/reference/metrics.md says of empty masks in medpy and in MONAI."""

import math
import warnings

import medpy.metric.binary as medpy
import numpy as np
import pytest
import torch
from monai.metrics import (
    compute_average_surface_distance,
    compute_dice,
    compute_hausdorff_distance,
    compute_iou,
    compute_surface_dice,
)

EMPTY, MASK = np.zeros((3, 5, 6), bool), np.zeros((3, 5, 6), bool)
MASK[1, 1, 1] = True
NAN, FAILS = math.nan, None
CASES = {"both empty": (EMPTY, EMPTY), "lesion missed": (EMPTY, MASK), "no lesion": (MASK, EMPTY)}
VOLUME = {"include_background": True}

MEDPY = {
    medpy.dc: (NAN, 0, 0),
    medpy.jc: (1, 0, 0),
    medpy.recall: (NAN, 0, NAN),
    medpy.precision: (NAN, NAN, 0),
    medpy.hd95: (FAILS, FAILS, FAILS),
    medpy.assd: (FAILS, FAILS, FAILS),
}
MONAI = {
    compute_dice: (NAN, 0, NAN),
    compute_iou: (NAN, 0, NAN),
    compute_hausdorff_distance: (NAN, NAN, NAN),
    compute_average_surface_distance: (NAN, math.inf, math.inf),
    compute_surface_dice: (NAN, 0, 0),
}
SETTINGS = {
    compute_hausdorff_distance: VOLUME | {"percentile": 95},
    compute_average_surface_distance: VOLUME | {"symmetric": True},
    compute_surface_dice: VOLUME | {"class_thresholds": [2]},
}


def table(library: dict) -> pytest.MarkDecorator:
    rows = [
        pytest.param(measure, *pair, expected, id=f"{measure.__name__}, {case}")
        for measure, values in library.items()
        for (case, pair), expected in zip(CASES.items(), values, strict=True)
    ]
    return pytest.mark.parametrize(("measure", "prediction", "truth", "expected"), rows)


@table(MEDPY)
def test_medpy(measure, prediction, truth, expected):
    if expected is FAILS:
        with pytest.raises(RuntimeError, match="does not contain any binary object"):
            measure(prediction, truth)
        return
    with np.errstate(invalid="ignore"):
        assert measure(prediction, truth) == pytest.approx(expected, nan_ok=True)


@table(MONAI)
def test_monai(measure, prediction, truth, expected):
    pair = [torch.from_numpy(mask)[None, None].float() for mask in (prediction, truth)]
    with warnings.catch_warnings(action="ignore"):  # it warns of empty masks
        found = measure(*pair, **SETTINGS.get(measure, {})).item()
    assert found == pytest.approx(expected, nan_ok=True)

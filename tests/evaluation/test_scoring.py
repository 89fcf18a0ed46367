"""The tables that the stage evaluate and `brainseg judge` share; the stage itself runs in tests/judge."""

import numpy as np
import pandas as pd
import pytest

from brainseg.data.geometry import Geometry
from brainseg.data.predictions import Prediction
from brainseg.evaluation.patient_scores import EvaluateSettings
from brainseg.evaluation.scoring import THRESHOLDS, curves, score_prediction, scores_table, summaries, summary_line
from brainseg.postprocessing.final_mask import MaskSettings

MASK = MaskSettings(threshold=0.5, components="every", least_share=0.5, least_voxels=1)
SETTINGS = EvaluateSettings(**MASK.model_dump(), tolerance_px=2.0, tolerance_mm=2.0, slice_step_px=4.0)
GEOMETRY = Geometry(height=8, width=8, top=0, bottom=8, left=0, right=8)
TRUTH = np.zeros((2, 8, 8), bool)
TRUTH[0, 2:6, 2:6] = True  # 16 voxels


def scored(rows: int, own_grid: bool = True):
    """A prediction of 0.8 in the first rows of the lesion: DSC 2 * 4 rows / (4 rows + 16)."""
    probability = np.zeros(TRUTH.shape, np.uint8)
    probability[0, 2 : 2 + rows, 2:6] = 204
    prediction = Prediction(probability, probability if own_grid else None)
    image = np.zeros((*TRUTH.shape, 3), np.uint8)
    return score_prediction(prediction, image, TRUTH, np.ones(2, bool), GEOMETRY, MASK, SETTINGS)


SUBSET = {"a": "test", "b": "train", "c": "test"}
ALL = [scored(4), scored(2), scored(1)]


def test_a_row_a_patient_and_a_summary_a_subset():
    table = scores_table(SUBSET, ALL)
    assert table.patient.tolist() == ["a", "b", "c"] and table.dsc.tolist() == pytest.approx([1, 2 / 3, 0.4])
    found = summaries(table, ALL)
    assert list(found) == ["train", "test"]
    assert found["test"]["patients"] == 2 and found["test"]["dsc"]["mean"] == pytest.approx(0.7)
    assert "warning_of_failure" not in found["test"]
    assert "warning_of_failure" in summaries(table.assign(predicted_dsc=0.5, dsc_lower_bound=0.4), ALL)["test"]
    assert summary_line("test", found["test"]).startswith("test          2 patients  mean DSC 0.7000")


def test_curves_are_means_over_the_patients_of_a_subset():
    by_threshold, bins = curves(scores_table(SUBSET, ALL), ALL)
    inside = by_threshold[by_threshold.subset == "test"].set_index("threshold").mean_dsc
    assert list(inside.index) == THRESHOLDS
    assert inside[0.5] == pytest.approx(0.7) and inside[0.85] == 0
    assert isinstance(bins, pd.DataFrame) and set(bins.subset) == {"train", "test"}


def test_without_the_networks_grid_its_scores_are_undefined_and_the_summary_says_so():
    alone = [scored(4, own_grid=False)]
    assert np.isnan(alone[0].scores.dsc_report) and np.isnan(alone[0].scores.ceiling_dsc)
    summary = summaries(scores_table({"a": "test"}, alone), alone)["test"]
    assert summary["dsc_report"] == {
        "mean": None, "median": None, "patients": 0, "sd": None, "minimum": None, "failures": 0
    }  # fmt: skip
    assert alone[0].scores.dsc == scored(4).scores.dsc == 1

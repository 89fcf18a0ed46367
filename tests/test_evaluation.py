from dataclasses import replace

import numpy as np
import pytest

from brainseg.evaluation import EvaluateSettings, Scores, score, summarize
from brainseg.geometry import Geometry
from brainseg.largest_component import largest_component
from brainseg.prediction import Prediction
from brainseg.scores import dsc

LARGEST = EvaluateSettings(threshold=0.5, largest_component=True)
EVERY = EvaluateSettings(threshold=0.5, largest_component=False)
WHOLE = Geometry(256, 256, 0, 256, 0, 256)


def scores_of(values, truth, settings, kept=None):
    """Scores where both grids are 256 x 256: values and truth are put in the top left corner."""
    missing = [(0, 0), *((0, 256 - n) for n in np.shape(truth)[1:])]
    probability, padded_truth = np.pad(np.uint8(values), missing), np.pad(np.array(truth, bool), missing)
    kept = np.ones(len(truth), bool) if kept is None else np.array(kept)
    return score(Prediction(probability, probability), padded_truth, kept, WHOLE, settings)


TRUTH = [[[1, 1, 1, 0, 0, 1]]]
PREDICTED = [[[255, 255, 0, 0, 200, 200]]]  # two components of 2 voxels; the first is kept


def test_hand_computed_with_the_largest_component():
    scores = scores_of(PREDICTED, TRUTH, LARGEST)
    assert scores.dsc == scores.dsc_largest_component == scores.dsc_report == pytest.approx(4 / 6)  # 2 of 2 and 4
    assert scores.iou == scores.iou_largest_component == pytest.approx(2 / 4)
    assert (scores.lesion_voxels, scores.predicted_voxels) == (4, 2)


def test_hand_computed_with_every_component():
    scores = scores_of(PREDICTED, TRUTH, EVERY)
    assert scores.dsc == scores.dsc_every_component == pytest.approx(6 / 8)  # 3 of 4 and 4
    assert scores.iou == scores.iou_every_component == pytest.approx(3 / 5)
    assert scores.dsc_largest_component == scores.dsc_report == pytest.approx(4 / 6)  # whatever the setting
    assert (scores.lesion_voxels, scores.predicted_voxels) == (4, 4)


@pytest.mark.parametrize(("threshold", "voxels"), [(0.2, 2), (0.19, 3), (0.5, 1), (0.9, 0)])
def test_a_voxel_counts_strictly_above_the_threshold(threshold, voxels):
    settings = EvaluateSettings(threshold=threshold, largest_component=False)
    scores = scores_of([[[51, 102, 128]]], [[[1, 1, 1]]], settings)  # 51 / 255 is 0.2
    assert scores.predicted_voxels == voxels
    assert scores.dsc_report == pytest.approx(2 / 4)  # above 0.5 in any case


@pytest.fixture
def blobs(rng):
    """Probabilities (4, 256, 256) uint8 with several components, and a truth like their largest."""
    coarse = rng.integers(0, 256, (4, 16, 16)).astype(np.uint8)
    return coarse.repeat(16, 1).repeat(16, 2), largest_component(coarse > 90).repeat(16, 1).repeat(16, 2)


KEPT = np.array([False, True, True, False])


def test_dsc_report_equals_the_direct_computation_at_side_256(blobs):
    probability, truth = blobs
    expected = dsc(largest_component(probability[KEPT] > 127.5), truth[KEPT])
    assert score(Prediction(probability, probability), truth, KEPT, WHOLE, EVERY).dsc_report == expected


def test_dsc_report_brings_box_and_network_grid_to_256(blobs):
    _, truth = blobs
    small = truth[:, ::2, ::2]  # 128 x 128: the nearest neighbour at 256 is the truth again
    file = np.pad(small, [(0, 0), (3, 5), (10, 2)])  # outside the box
    geometry = Geometry(*file.shape[1:], 3, 131, 10, 138)
    prediction = Prediction(np.uint8(file) * 255, np.uint8(truth[:, ::4, ::4]) * 255)  # the network saw 64 x 64
    scores = score(prediction, file, np.ones(4, bool), geometry, EVERY)
    assert scores.dsc == 1
    assert 0.95 < scores.dsc_report < 1  # corners are rounded on the way from 64


def test_dropped_slices_count_in_dsc_but_not_in_dsc_report(blobs):
    probability, truth = blobs
    wrong = probability.copy()
    wrong[~KEPT] = 255 * ~truth[~KEPT]
    before, after = (score(Prediction(p, p), truth, KEPT, WHOLE, EVERY) for p in (probability, wrong))
    assert after.dsc_report == before.dsc_report
    assert after.dsc < before.dsc


def test_a_patient_without_lesion_and_prediction_scores_1():
    scores = scores_of([[[0, 0]]], [[[0, 0]]], LARGEST)
    assert (scores.dsc, scores.iou, scores.dsc_report, scores.predicted_voxels) == (1, 1, 1, 0)


PATIENT = Scores(*[0.0] * 7, lesion_voxels=5, predicted_voxels=5)


def test_summarize_by_hand():
    summary = summarize([replace(PATIENT, dsc=value, iou=value / 2) for value in (0.05, 0.1, 0.6)], LARGEST)
    assert summary["patients"] == 3
    assert summary["dsc"]["mean"] == pytest.approx(0.25)
    assert summary["dsc"]["median"] == pytest.approx(0.1)
    assert summary["dsc"]["sd"] == pytest.approx((0.185 / 2) ** 0.5)  # deviations -0.2, -0.15, 0.35
    assert summary["dsc"]["minimum"] == pytest.approx(0.05)
    assert summary["dsc"]["failures"] == 1  # 0.1 is not below 0.1
    assert summary["iou"] == pytest.approx({"mean": 0.125, "median": 0.05})


def test_summarize_one_patient_has_no_sd():
    assert summarize([replace(PATIENT, dsc=0.7)], LARGEST)["dsc"]["sd"] is None


@pytest.mark.parametrize(("settings", "other"), [(LARGEST, "every"), (EVERY, "largest")])
def test_summarize_repeats_neither_the_headline_nor_voxel_counts(settings, other):
    others = {f"dsc_{other}_component", f"iou_{other}_component"}
    assert set(summarize([PATIENT], settings)) == {"patients", "dsc", "iou", "dsc_report"} | others

import math
from dataclasses import asdict

import numpy as np
import pytest
from skimage.transform import resize

from brainseg.data.geometry import Geometry
from brainseg.data.predictions import Prediction
from brainseg.evaluation.patient_scores import (
    CALIBRATION_BINS,
    NEAR_LESION_PX,
    EvaluateSettings,
    reliability_near_lesion,
    score,
)
from brainseg.metrics.calibration import calibration_error, reliability
from brainseg.metrics.overlap import dsc
from brainseg.postprocessing.final_mask import MaskSettings
from brainseg.postprocessing.largest_component import largest_component

USUAL = {"threshold": 0.5, "components": "largest", "least_share": 0.2, "least_voxels": 20}
USUAL |= {"tolerance_px": 2.0, "tolerance_mm": 2.0, "slice_step_px": 4.0}
LARGEST = EvaluateSettings(**USUAL)
EVERY = EvaluateSettings(**USUAL | {"components": "every"})
WHOLE = Geometry(256, 256, 0, 256, 0, 256)


def scored(prediction, truth, kept, geometry, settings, spacing_mm=None):
    mask, near = MaskSettings(**settings.model_dump()), reliability_near_lesion(prediction, truth)
    return score(prediction, truth, kept, geometry, near, mask, settings, spacing_mm)


def scores_of(values, truth, settings, kept=None, spacing_mm=None):
    """Scores where both grids are 256 x 256: values and truth are put in the top left corner."""
    missing = [(0, 0), *((0, 256 - n) for n in np.shape(truth)[1:])]
    probability, padded_truth = np.pad(np.uint8(values), missing), np.pad(np.array(truth, bool), missing)
    kept = np.ones(len(truth), bool) if kept is None else np.array(kept)
    return scored(Prediction(probability, probability), padded_truth, kept, WHOLE, settings, spacing_mm)


TRUTH = [[[1, 1, 1, 0, 0, 1]]]  # two lesions
PREDICTED = [[[255, 255, 0, 0, 200, 200]]]  # two components of 2 voxels; the first is kept
# 16 pixels of the first row are at most 10 px from these, then 15, 15, 15, 15, 14, 14, 13, 12, 10 and 5
NEAR_PX = 144
# of those at 0 one is lesion; the two at 200 / 255 have one lesion; the two at 1 are lesion
CALIBRATION_ERROR = (1 + (2 * 200 / 255 - 1)) / NEAR_PX
WHATEVER_IS_CLEANED = {
    "dsc_largest_component": 4 / 6,
    "dsc_every_component": 6 / 8,
    "dsc_report": 4 / 6,
    "ceiling_dsc": 1.0,
    "near_threshold_share": 0.0,
    "calibration_error": CALIBRATION_ERROR,
    "lesions": 2,
    "lesion_voxels": 4,
}


def test_hand_computed_with_the_largest_component():
    assert scores_of(PREDICTED, TRUTH, LARGEST).row() == pytest.approx(
        {
            "dsc": 4 / 6,  # 2 of 2 and 4
            "iou": 2 / 4,
            "sensitivity": 2 / 4,
            "precision": 2 / 2,
            "nsd": 5 / 6,  # the last true voxel is 4 px away
            "hd95_px": 3.25,  # of 0, 0, 0, 0, 1, 4
            "assd_px": 5 / 6,
            "volume_error": -2 / 4,
            "lesion_sensitivity": 1 / 2,
            "false_components": 0,
            "dsc_slicewise": 4 / 6,
            "certainty": 1.0,  # the two voxels at 1 are left above each threshold
            "predicted_voxels": 2,
        }
        | WHATEVER_IS_CLEANED
    )


def test_hand_computed_with_every_component():
    assert scores_of(PREDICTED, TRUTH, EVERY).row() == pytest.approx(
        {
            "dsc": 6 / 8,  # 3 of 4 and 4
            "iou": 3 / 5,
            "sensitivity": 3 / 4,
            "precision": 3 / 4,
            "nsd": 1.0,
            "hd95_px": 1.0,  # of six 0 and two 1
            "assd_px": 2 / 8,
            "volume_error": 0.0,
            "lesion_sensitivity": 2 / 2,
            "false_components": 0,
            "dsc_slicewise": 6 / 8,
            "certainty": (1 + 1 + 1 + 4 / 6) / 4,  # above 0.9 two of the four are left
            "predicted_voxels": 4,
        }
        | WHATEVER_IS_CLEANED
    )


# the volume has two slices, 4 px apart
DIAGONAL_PX = math.sqrt(4**2 + 255**2 + 255**2)
QUARTER_DISC_PX = 11 + 4 * 10 + 2 * 9 + 8 + 7 + 5 + 1  # pixels at most 10 px from the one in the corner
VOXEL, NONE = [[[1]], [[0]]], [[[0]], [[0]]]
BOTH_EMPTY = {
    **dict.fromkeys(["dsc", "iou", "nsd", "dsc_slicewise", "dsc_largest_component", "dsc_every_component"], 1),
    **dict.fromkeys(["dsc_report", "ceiling_dsc", "certainty"], 1),
    **dict.fromkeys(["hd95_px", "assd_px", "false_components", "near_threshold_share"], 0),
    **dict.fromkeys(["sensitivity", "precision", "volume_error", "lesion_sensitivity", "calibration_error"], math.nan),
    **dict.fromkeys(["lesions", "lesion_voxels", "predicted_voxels"], 0),
}
ONE_EMPTY = BOTH_EMPTY | {
    **dict.fromkeys(["dsc", "iou", "nsd", "dsc_largest_component", "dsc_every_component", "dsc_report"], 0),
    **dict.fromkeys(["hd95_px", "assd_px"], DIAGONAL_PX),
    "dsc_slicewise": 1 / 2,
    "calibration_error": 1 / QUARTER_DISC_PX,
}
MISSED = {"sensitivity": 0, "volume_error": -1, "lesion_sensitivity": 0, "lesions": 1, "lesion_voxels": 1}
FALSE_ALARM = {"precision": 0, "false_components": 1, "predicted_voxels": 1}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("settings", [LARGEST, EVERY])
@pytest.mark.parametrize(
    ("predicted", "truth", "expected"),
    [
        pytest.param(NONE, NONE, BOTH_EMPTY, id="both empty"),
        pytest.param(NONE, VOXEL, ONE_EMPTY | MISSED, id="lesion missed"),
        pytest.param(VOXEL, NONE, ONE_EMPTY | FALSE_ALARM, id="no lesion"),
    ],
)
def test_the_policy_for_empty_masks(settings, predicted, truth, expected):
    scores = scores_of(np.uint8(predicted) * 255, truth, settings)
    assert scores.row() == pytest.approx(expected, nan_ok=True)


@pytest.mark.filterwarnings("error")
def test_a_volume_of_which_the_report_retains_no_slice():
    assert scores_of([[[255]]], [[[0]]], LARGEST, kept=[False]).dsc_report == 1  # nothing there, and nothing claimed


@pytest.mark.parametrize(("threshold", "voxels"), [(0.2, 2), (0.19, 3), (0.5, 1), (0.9, 0)])
def test_a_voxel_counts_strictly_above_the_threshold(threshold, voxels):
    settings = EvaluateSettings(**USUAL | {"threshold": threshold, "components": "every"})
    scores = scores_of([[[51, 102, 128]]], [[[1, 1, 1]]], settings)  # 51 / 255 is 0.2
    assert scores.predicted_voxels == voxels
    assert scores.dsc_report == pytest.approx(2 / 4)  # above 0.5 in any case


def test_the_mask_is_that_of_its_own_settings_where_those_of_evaluate_are_auto():
    auto = EvaluateSettings(**USUAL | {"threshold": "auto", "components": "auto"})
    probability = np.pad(np.uint8(PREDICTED), [(0, 0), (0, 255), (0, 250)])
    prediction, truth = (
        Prediction(probability, probability),
        np.pad(np.array(TRUTH, bool), [(0, 0), (0, 255), (0, 250)]),
    )
    given = (prediction, truth, np.array([True]), WHOLE, reliability_near_lesion(prediction, truth))
    mask = MaskSettings(**USUAL | {"components": "share", "threshold": 0.8})  # 200 / 255 is 0.78
    assert score(*given, mask, auto).predicted_voxels == 2
    assert score(*given, mask.model_copy(update={"threshold": 0.7}), auto).predicted_voxels == 4
    assert score(*given, mask, auto).dsc_report == 4 / 6  # whatever is chosen


def test_the_threshold_is_the_one_that_voxels_are_near_to():
    near = [
        scores_of([[[51, 102, 255]]], [[[1, 1, 1]]], EvaluateSettings(**USUAL | {"threshold": t})) for t in (0.2, 0.5)
    ]
    assert [scores.near_threshold_share for scores in near] == pytest.approx([1 / 3, 0])


@pytest.mark.parametrize(("tolerance_px", "nsd"), [(0.5, 4 / 6), (1.0, 5 / 6), (4.0, 1)])
def test_the_tolerance_is_that_of_the_settings(tolerance_px, nsd):
    settings = EvaluateSettings(**USUAL | {"tolerance_px": tolerance_px})
    assert scores_of(PREDICTED, TRUTH, settings).nsd == pytest.approx(nsd)


@pytest.mark.parametrize("slice_step_px", [1.0, 4.0, 7.5])
def test_the_slice_step_is_that_of_the_settings(slice_step_px):
    settings = EvaluateSettings(**USUAL | {"slice_step_px": slice_step_px})
    scores = scores_of([[[255]], [[0]]], [[[0]], [[1]]], settings)
    assert scores.hd95_px == scores.assd_px == slice_step_px
    assert scores.nsd == 0  # which is judged slice by slice


IN_MM = ("hd95_mm", "assd_mm", "nsd_3d", "lesion_ml", "predicted_ml")
IN_PX = ("hd95_px", "assd_px")


def test_where_the_spacing_is_known_distances_are_in_mm_and_volumes_in_ml():
    scores = scores_of([[[255]], [[0]]], [[[0]], [[1]]], LARGEST, spacing_mm=(7.5, 0.5, 0.8))
    assert scores.hd95_mm == scores.assd_mm == 7.5
    assert (scores.nsd, scores.nsd_3d) == (0, 0)
    assert scores.lesion_ml == scores.predicted_ml == pytest.approx(0.003)
    assert {*IN_MM} <= scores.row().keys() and not {*IN_PX} & scores.row().keys()
    assert not {*IN_MM} & scores_of([[[255]]], [[[1]]], LARGEST).row().keys()


def test_of_voxels_of_one_by_one_by_the_slice_step_in_mm_the_scores_are_those_in_pixels():
    in_px = scores_of(PREDICTED, TRUTH, EVERY).row()
    in_mm = scores_of(PREDICTED, TRUTH, EVERY, spacing_mm=(4.0, 1.0, 1.0)).row()
    assert [in_mm["hd95_mm"], in_mm["assd_mm"]] == [in_px["hd95_px"], in_px["assd_px"]]
    same = in_px.keys() - {*IN_PX}
    assert {name: in_mm[name] for name in same} == {name: in_px[name] for name in same}


@pytest.mark.parametrize(("tolerance_mm", "nsd", "nsd_3d"), [(0.9, 4 / 6, 4 / 6), (1.0, 5 / 6, 5 / 6), (8.0, 1, 1)])
def test_the_tolerance_in_mm_is_that_of_the_settings(tolerance_mm, nsd, nsd_3d):
    settings = EvaluateSettings(**USUAL | {"tolerance_mm": tolerance_mm, "tolerance_px": 0.1})
    scores = scores_of(PREDICTED, TRUTH, settings, spacing_mm=(3.0, 5.0, 1.0))
    assert (scores.nsd, scores.nsd_3d) == pytest.approx((nsd, nsd_3d))


def test_in_three_dimensions_the_next_slice_can_be_within_the_tolerance():
    scores = scores_of([[[255]], [[0]]], [[[0]], [[1]]], LARGEST, spacing_mm=(1.5, 1.0, 1.0))
    assert (scores.nsd, scores.nsd_3d) == (0, 1)


@pytest.mark.parametrize(("predicted", "error"), [(4, 0), (5, 0.25), (12, 2), (1, -0.75), (0, -1)])
def test_volume_error_is_positive_where_too_much_is_predicted(predicted, error):
    values = np.zeros((1, 1, 12), np.uint8)
    values[..., :predicted] = 255
    scores = scores_of(values, [[[0] * 8 + [1] * 4]], LARGEST)  # wherever the lesion is
    assert scores.volume_error == pytest.approx(error)


def test_false_components_and_missed_lesions_are_counted_in_what_is_cleaned():
    truth = [[[1, 1, 0, 1, 0, 0, 0, 0]]]
    predicted = [[[255, 255, 0, 0, 0, 255, 0, 255]]]
    every, largest = (scores_of(predicted, truth, settings) for settings in (EVERY, LARGEST))
    assert (every.false_components, largest.false_components) == (2, 0)
    assert (every.lesion_sensitivity, largest.lesion_sensitivity) == (0.5, 0.5)


@pytest.fixture
def blobs(rng):
    """Probabilities (4, 256, 256) uint8 with several components, and a truth like their largest."""
    coarse = rng.integers(0, 256, (4, 8, 8)).astype(np.uint8)
    return coarse.repeat(32, 1).repeat(32, 2), largest_component(coarse > 90).repeat(32, 1).repeat(32, 2)


KEPT = np.array([False, True, True, False])


def test_dsc_report_equals_the_direct_computation_at_side_256(blobs):
    probability, truth = blobs
    expected = dsc(largest_component(probability[KEPT] > 127.5), truth[KEPT])
    assert scored(Prediction(probability, probability), truth, KEPT, WHOLE, EVERY).dsc_report == expected


def test_dsc_report_brings_box_and_network_grid_to_256(blobs):
    _, truth = blobs
    small = truth[:, ::2, ::2]  # 128 x 128: the nearest neighbour at 256 is the truth again
    file = np.pad(small, [(0, 0), (3, 5), (10, 2)])  # outside the box
    geometry = Geometry(*file.shape[1:], 3, 131, 10, 138)
    prediction = Prediction(np.uint8(file) * 255, np.uint8(truth[:, ::4, ::4]) * 255)  # the network saw 64 x 64
    scores = scored(prediction, file, np.ones(4, bool), geometry, EVERY)
    assert scores.dsc == 1
    assert 0.95 < scores.dsc_report < 1  # corners are rounded on the way from 64


def test_dropped_slices_count_in_dsc_but_not_in_dsc_report(blobs):
    probability, truth = blobs
    wrong = probability.copy()
    wrong[~KEPT] = 255 * ~truth[~KEPT]
    before, after = (scored(Prediction(p, p), truth, KEPT, WHOLE, EVERY) for p in (probability, wrong))
    assert after.dsc_report == before.dsc_report
    assert after.dsc < before.dsc


BOX = Geometry(70, 60, top=5, bottom=62, left=11, right=48)  # 57 x 37, so a square of 57


def ceiling(truth: np.ndarray, geometry: Geometry, side_px: int) -> float:
    prediction = Prediction(np.zeros(truth.shape, np.uint8), np.zeros((len(truth), side_px, side_px), np.uint8))
    return scored(prediction, truth, np.ones(len(truth), bool), geometry, LARGEST).ceiling_dsc


@pytest.mark.parametrize("side_px", [8, 16, 24, 41, 57, 128])
def test_the_ceiling_equals_resampling_the_truth_by_hand(rng, side_px):
    truth = rng.random((3, 14, 12)).repeat(5, 1).repeat(5, 2) > 0.6
    truth[1] = False
    truth[:, :5] = truth[:, :, 48:] = False  # keeps some outside the box: rows from 62, columns to 11
    back = np.zeros(truth.shape, bool)
    for number in (0, 2):
        square = np.pad(truth[number, 5:62, 11:48].astype(float), [(0, 0), (10, 10)])
        seen = resize(square, (side_px, side_px), order=0, mode="constant", anti_aliasing=False)
        back[number, 5:62, 11:48] = resize(seen, (57, 57), order=1, mode="edge", anti_aliasing=False)[:, 10:47] > 0.5
    expected = dsc(back, truth)
    assert ceiling(truth, BOX, side_px) == pytest.approx(expected, abs=2e-3)  # a tie at 0.5 may go either way
    assert 0.2 < expected < 0.95


def test_the_ceiling_is_1_where_the_networks_grid_is_the_files(rng):
    inside = np.pad(rng.random((3, 57, 37)) > 0.5, [(0, 0), (5, 8), (11, 12)])
    assert ceiling(inside, BOX, BOX.square_px) == 1
    assert ceiling(inside, BOX, 32) < 0.8


def test_the_ceiling_of_what_lies_outside_the_box_is_0_and_of_no_lesion_1():
    truth = np.zeros((2, 70, 60), bool)
    assert ceiling(truth, BOX, 16) == 1
    truth[1, 65:, :5] = True
    assert ceiling(truth, BOX, 16) == 0


def test_calibration_is_that_of_the_probabilities_near_a_lesion(blobs):
    probability, truth = blobs
    counts = reliability(probability, truth, NEAR_LESION_PX, CALIBRATION_BINS)
    found = reliability_near_lesion(Prediction(probability, probability), truth)
    assert asdict(found).keys() == asdict(counts).keys()
    for name, values in asdict(counts).items():
        np.testing.assert_array_equal(getattr(found, name), values)
    scores = scored(Prediction(probability, probability), truth, KEPT, WHOLE, EVERY)
    assert scores.calibration_error == calibration_error(counts)

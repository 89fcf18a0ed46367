import numpy as np
import pytest

from brainseg.judge.misplaced import misplaced

TRUTH = np.zeros((5, 20, 20), bool)
TRUTH[1:3, 3:8, 4:7] = True
TRUTH[1, 3:5, 7:10] = True


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (TRUTH[:, :, ::-1], "mirrored left to right"),
        (TRUTH[:, ::-1], "mirrored front to back"),
        (TRUTH[:, ::-1, ::-1], "turned by 180 degrees"),
        (TRUTH.swapaxes(1, 2), "with rows and columns exchanged"),
        (np.rot90(TRUTH, 1, (1, 2)), "turned by 270 degrees"),
        (TRUTH[::-1], "with the slices in the opposite order"),
        (np.roll(TRUTH, (2, 6, 9), (0, 1, 2)), "shifted by -2 slices, -6 rows and -9 columns"),
    ],
)
def test_what_would_help_is_named(mask, words):
    reported = misplaced(mask, TRUTH)
    assert f"and 1.00 {words};" in reported


@pytest.mark.parametrize("mask", [TRUTH, np.zeros_like(TRUTH), np.ones_like(TRUTH), TRUTH & (np.arange(20) < 6)])
def test_masks_in_their_place_and_lost_ones_are_not_warned_of(mask):
    assert misplaced(mask, TRUTH) is None


def test_without_lesion_there_is_no_place():
    assert misplaced(TRUTH, np.zeros_like(TRUTH)) is None

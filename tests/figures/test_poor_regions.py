import numpy as np
import pytest

from brainseg.figures.poor_regions import poor_regions

ROW, COLUMN = np.mgrid[:64, :64]
DISC = (ROW - 30) ** 2 + (COLUMN - 34) ** 2 < 12**2
NOTHING = np.zeros_like(DISC)


def box(top: int, left: int, height: int, width: int) -> np.ndarray:
    return (top <= ROW) & (top + height > ROW) & (left <= COLUMN) & (left + width > COLUMN)


@pytest.mark.parametrize("truth", [DISC, NOTHING])
def test_a_perfect_prediction_has_none(truth):
    assert poor_regions(truth, truth) == []


@pytest.mark.parametrize("shift", [(0, 1), (1, 0), (-1, 0), (1, 1), (-1, 1)])
def test_an_edge_that_is_off_by_a_pixel_is_no_cause_for_concern(shift):
    assert poor_regions(np.roll(DISC, shift, (0, 1)), DISC) == []


def test_the_circle_of_a_missed_box_by_hand():
    (circle,) = poor_regions(NOTHING, box(10, 20, 5, 7))
    assert (circle.row, circle.column) == (12, 23)  # rows 10 to 14, columns 20 to 26
    assert circle.radius_px == pytest.approx((2**2 + 3**2) ** 0.5 + 2.5)


@pytest.mark.parametrize("blob", [DISC, box(0, 0, 9, 3), box(5, 5, 1, 1), box(3, 3, 8, 8) & ~box(3, 3, 4, 4)])
@pytest.mark.parametrize("missed", [True, False])
def test_a_blob_missed_or_made_up_is_inside_one_circle(blob, missed):
    (circle,) = poor_regions(NOTHING, blob) if missed else poor_regions(blob, NOTHING)
    distance = np.hypot(ROW - circle.row, COLUMN - circle.column)
    assert (distance[blob] < circle.radius_px).all()


def test_circles_are_ordered_by_the_size_of_the_error():
    boxes = [box(50, 5, 3, 3), box(5, 40, 8, 8), box(30, 20, 5, 5)]
    circles = poor_regions(NOTHING, boxes[0] | boxes[1] | boxes[2])
    assert [(circle.row, circle.column) for circle in circles] == [(8.5, 43.5), (32, 22), (51, 6)]


def test_errors_that_touch_at_a_corner_share_a_circle():
    (circle,) = poor_regions(NOTHING, box(10, 10, 3, 3) | box(13, 13, 3, 3))
    assert (circle.row, circle.column) == (12.5, 12.5)


@pytest.mark.parametrize(("grown_px", "count"), [(1, 0), (2, 0), (3, 1), (6, 1)])
def test_an_error_counts_from_three_pixels_thick(grown_px, count):
    truth = box(20, 20, 12, 12)
    assert len(poor_regions(truth | box(20, 32, 12, grown_px), truth)) == count


@pytest.mark.parametrize(("height_px", "count"), [(7, 0), (8, 1)])
def test_an_error_counts_from_a_twentieth_of_the_lesion(height_px, count):
    truth = box(20, 20, 20, 20)
    # 21 pixels of 421 are less than 5 %, 24 of 424 are more
    assert len(poor_regions(truth | box(25, 40, height_px, 3), truth)) == count


@pytest.mark.parametrize("missed", [True, False])
def test_a_thin_lesion_missed_or_made_up_counts_beside_one_that_was_found(missed):
    line = box(55, 5, 1, 8)
    circles = poor_regions(DISC, DISC | line) if missed else poor_regions(DISC | line, DISC)
    assert [(circle.row, circle.column) for circle in circles] == [(55, 8.5)]


def test_a_thin_spur_of_a_lesion_that_was_found_does_not_count():
    assert poor_regions(DISC, DISC | box(30, 46, 1, 8)) == []

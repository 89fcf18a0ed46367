import numpy as np
import pytest

from brainseg.audit.masks import OUTSIDE_VOXELS, mask_findings


@pytest.fixture
def head() -> np.ndarray:
    inside = np.zeros((5, 40, 40), bool)
    inside[:, 5:35, 5:35] = True
    return inside


def lesion(*places: tuple) -> np.ndarray:
    mask = np.zeros((5, 40, 40), bool)
    for place in places:
        mask[place] = True
    return mask


def found(mask: np.ndarray, head: np.ndarray) -> dict[str, tuple[int, float, str]]:
    return {one.kind: (one.slice, one.value, one.what) for one in mask_findings("P", mask, head)}


def test_a_lesion_within_the_head_is_fine(head):
    assert found(lesion(np.s_[2, 10:20, 10:20]), head) == {}


def test_an_empty_mask(head):
    assert found(lesion(), head) == {"no lesion": (0, 0, "0 of 5 slices have a lesion")}


def test_outside_the_head(head):
    mask = lesion(np.s_[2, 10:20, 30:40], np.s_[3, 10:20, 33:39])
    slice_, value, what = found(mask, head)["lesion outside the head"]
    assert (slice_, value, what) == (3, 0.5, "50 of 100 voxels in slice 3, and in 1 more slice")


def test_a_few_voxels_over_the_edge_are_usual(head):
    mask = lesion(np.s_[2, 10 : 10 + OUTSIDE_VOXELS - 1, 34:36])
    assert "lesion outside the head" not in found(mask, head)


def test_at_the_border_of_the_image_it_names_the_slice_with_most(head):
    mask = lesion(np.s_[1, 0, 10:13], np.s_[2, 20:30, 39])
    slice_, value, what = found(mask, np.ones_like(head))["lesion at the border of the image"]
    assert (slice_, value, what) == (3, 10, "10 voxels at the border in slice 3, and in 1 more slice")


def test_in_the_first_and_in_the_last_slice(head):
    places = [
        (one.slice, one.value) for one in mask_findings("P", lesion(np.s_[[0, 4], 10:12, 10:12], np.s_[2, 9, 9]), head)
    ]
    assert places == [(1, 4), (5, 4)]


def test_larger_than_half_the_head_in_a_slice(head):
    mask = lesion(np.s_[2, 5:21, 5:35])
    slice_, value, what = found(mask, head)["mask larger than half the head"]
    assert (slice_, value, what) == (3, pytest.approx(16 / 30), "53 % of the head in slice 3")
    assert "mask larger than half the head" not in found(lesion(np.s_[2, 5:20, 5:35]), head)


def test_an_inverted_mask_is_found(head):
    kinds = found(~lesion(np.s_[2, 10:20, 10:20]), head)
    assert {"lesion outside the head", "mask larger than half the head"} <= set(kinds)


def test_a_lesion_where_no_head_is_found_lies_outside(head):
    assert "lesion outside the head" in found(lesion(np.s_[2, 10:20, 10:20]), head & False)

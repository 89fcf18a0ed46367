import numpy as np
import pytest

from brainseg.audit.likeness.fingerprint import SIDE_PX, fingerprint
from tests.audit.conftest import COPIES, head


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("nij,nij->n", fingerprint(a).details.astype(float), fingerprint(b).details.astype(float))


def test_a_product_of_two_is_their_correlation():
    found = fingerprint(head(1)[0])
    a, b = found.details[2].astype(float), found.details[3].astype(float)
    assert (a * b).sum() == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1], abs=1e-3)
    assert (a * a).sum() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("change", [name for name in COPIES if name not in ("every second slice",)][:13])
def test_it_hardly_changes_in_a_copy(change):
    image = head(2)[0]
    copy = COPIES[change](image)
    assert fingerprint(copy).numbers.tolist() == fingerprint(image).numbers.tolist()
    assert np.median(correlation(image, copy)) > (0.75 if change == "two of three channels" else 0.85)


def test_another_person_has_another():
    assert np.median(np.abs(correlation(head(2)[0], head(4)[0]))) < 0.6


def test_numbers_count_from_1_and_leave_the_empty_ends_out():
    image = head(5)[0].copy()
    image[0] = image[-1] = 0
    assert fingerprint(image).numbers.tolist() == list(range(2, len(image)))


@pytest.mark.parametrize("image", [np.zeros((3, 20, 20, 3), np.uint8), np.full((2, 5, 7, 1), 9, np.uint16)])
def test_of_nothing_there_is_none(image):
    found = fingerprint(image)
    assert found.details.shape == (0, SIDE_PX, SIDE_PX) and len(found.numbers) == 0


def test_a_head_of_one_value_has_no_detail():
    image = np.zeros((2, 40, 40, 1), np.uint8)
    image[:, 8:32, 8:32] = 100
    assert len(fingerprint(image).numbers) == 0


@pytest.mark.parametrize("shape", [(4, 33, 90), (4, 300, 150)])
def test_slices_need_not_be_square(shape, rng):
    image = np.zeros((*shape, 2), np.uint8)
    image[:, 5:-5, 20:-20] = rng.integers(60, 200, (shape[0], shape[1] - 10, shape[2] - 40, 2))
    assert np.isfinite(fingerprint(image).details.astype(float)).all()

import numpy as np
import pytest

from brainseg.audit.likeness.fingerprint import Fingerprint
from brainseg.audit.likeness.near_duplicates import turned
from brainseg.audit.orientation import FEWEST, orientation_findings


@pytest.fixture
def prints(rng) -> dict[str, Fingerprint]:
    """Of patients who share half of what they look like; it is alike on the left and on the right."""
    common = rng.normal(size=(64, 64))
    common += common[:, ::-1]
    return {f"P{number}": as_print(common + rng.normal(size=(4, 64, 64))) for number in range(FEWEST)}


def as_print(pictures: np.ndarray) -> Fingerprint:
    norms = np.linalg.norm(pictures, axis=(1, 2), keepdims=True)
    return Fingerprint(np.arange(1, len(pictures) + 1), (pictures / norms).astype(np.float16))


def test_all_upright(prints):
    assert orientation_findings(prints) == []


@pytest.mark.parametrize(("turn", "how"), [(2, "upside down"), (3, "upside down"), (4, "turned by 90°"), (7, "turned")])
def test_one_that_lies_in_another_way_is_named(prints, turn, how):
    prints["P3"] = Fingerprint(prints["P3"].numbers, turned(prints["P3"].details, turn))
    [found] = orientation_findings(prints)
    assert found.patient == "P3" and found.what.startswith(how) and found.value > 0.2


def test_a_mirrored_one_is_not_noticed(prints):
    prints["P3"] = Fingerprint(prints["P3"].numbers, turned(prints["P3"].details, 1))
    assert orientation_findings(prints) == []


def test_one_that_fits_in_no_way_is_not_named(prints, rng):
    prints["P3"] = as_print(rng.normal(size=(4, 64, 64)))
    assert orientation_findings(prints) == []


def test_of_few_patients_nothing_is_said(prints):
    prints["P3"] = Fingerprint(prints["P3"].numbers, turned(prints["P3"].details, 2))
    prints["P0"] = Fingerprint(np.zeros(0, int), np.zeros((0, 64, 64), np.float16))  # without slices: does not count
    assert orientation_findings(prints) == []

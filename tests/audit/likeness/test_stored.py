import numpy as np

from brainseg.audit.likeness.fingerprint import SIDE_PX, Fingerprint, fingerprint
from brainseg.audit.likeness.near_duplicates import alike
from brainseg.audit.likeness.stored import FingerprintFile
from tests.audit.conftest import head


def test_fingerprints_come_back_in_any_order():
    prints = [fingerprint(head(number)[0]) for number in range(3)]
    prints.append(Fingerprint(np.zeros(0, int), np.zeros((0, SIDE_PX, SIDE_PX), np.float16)))
    with FingerprintFile() as file:
        stored = [file.store(each) for each in prints]
        for place in (2, 0, 3, 1, 0):
            np.testing.assert_array_equal(stored[place].details, prints[place].details)
            np.testing.assert_array_equal(stored[place].numbers, prints[place].numbers)
        np.testing.assert_array_equal(stored[1].detail(2), prints[1].detail(2))


def test_copies_are_found_as_among_fingerprints_in_memory():
    prints = {str(number): fingerprint(head(number)[0]) for number in range(4)}
    prints["copy"] = fingerprint(head(2)[0][:, ::-1])
    with FingerprintFile() as file:
        stored = {name: file.store(each) for name, each in prints.items()}
        assert alike(stored) == alike(prints) and any(pair.is_near_duplicate for pair in alike(stored))

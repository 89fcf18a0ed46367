from brainseg.audit.copies import near_duplicate_findings
from brainseg.audit.likeness.near_duplicates import Likeness


def test_patients_that_are_one_and_slices_that_are_one():
    pairs = [
        Likeness("a", "b", 1.0, 20, 0.98, 4, 5, 0.99, 0),
        Likeness("a", "c", 0.05, 1, 0.95, 7, 8, 0.95, 0),
        Likeness("b", "c", 0.05, 1, 0.90, 7, 8, 0.90, 0),  # not sure
    ]
    one, slices = near_duplicate_findings(pairs)
    assert (one.kind, one.patient, one.slice, one.other_patient, one.other_slice) == (
        "near-duplicate patients", "a", 4, "b", 5
    )  # fmt: skip
    assert (one.value, one.what) == (0.98, "100 % of the slices, correlation 0.98")
    assert (slices.kind, slices.other_patient, slices.what) == ("near-duplicate slices", "c", "correlation 0.95")

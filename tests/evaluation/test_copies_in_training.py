"""The stage evaluate warns where a held-out patient is a copy of a training one, whatever the names say."""

from brainseg.audit.likeness.fingerprint import fingerprint
from stages.evaluate import copies_in_training
from tests.audit.conftest import head, rotated


def test_a_held_out_copy_of_a_training_patient_is_named():
    images = {name: head(number)[0] for number, name in enumerate(("trained", "validated", "tested"))}
    images |= {"copy": rotated(images["trained"], 1), "other copy": images["validated"]}
    prints = {name: fingerprint(image) for name, image in images.items()}
    subset = {"trained": "train", "validated": "validation", "tested": "test", "copy": "test", "other copy": "test"}
    [copy] = copies_in_training(subset, prints)
    assert (copy.patient, copy.other) == ("copy", "trained")


def test_without_test_patients_the_validation_patients_are_held_out():
    image = head(0)[0]
    prints = {name: fingerprint(image) for name in ("trained", "validated")}
    [copy] = copies_in_training({"trained": "train", "validated": "validation"}, prints)
    assert copy.patient == "validated" and copy.share == 1

import unicodedata

import numpy as np
import pytest

from brainseg.data.raw.duplicates import same_images, same_names, slice_digest

A = [b"1", b"2", b"3", b"4"]


def test_a_digest_is_of_pixels_shape_and_type(rng):
    image = rng.integers(0, 256, (4, 6, 3)).astype(np.uint8)
    assert slice_digest(image) == slice_digest(np.asfortranarray(image))
    assert slice_digest(image) != slice_digest(image.reshape(6, 4, 3)) != slice_digest(image + np.uint8(1))
    assert slice_digest(image) != slice_digest(image.astype(np.uint16))


@pytest.mark.parametrize("value", [0, 7])
def test_a_slice_of_one_value_has_no_digest(value):
    assert slice_digest(np.full((4, 4, 3), value, np.uint8)) is None


@pytest.mark.parametrize(
    ("b", "reported"),
    [
        (A, "b: 4 of its 4 images are those of a;"),
        ([b"4", b"3", b"2", b"1"], "b: 4 of its 4 images are those of a;"),  # numbered from the other end
        ([b"1", b"2", b"5", b"6"], "b: 2 of its 4 images are those of a;"),
        ([b"1", b"5", b"6"], ""),  # one alike by chance
        ([b"5", b"6"], ""),
        ([], ""),
    ],
)
def test_a_patient_with_half_the_images_of_another_is_reported(b, reported):
    faults = same_images({"a": A, "b": b, "c": [b"9"]})
    assert len(faults) == bool(reported)
    assert all(fault.startswith(reported) for fault in faults)


def test_a_patient_may_have_a_slice_twice():
    assert same_images({"a": [b"1", b"1", b"1"], "b": [b"2"]}) == []


@pytest.mark.parametrize("other", ["GRÖSSE_1", "größe_1", "größe_1", unicodedata.normalize("NFD", "Größe_1")])
def test_names_that_a_file_system_may_take_for_the_same_are_reported(other):
    [fault] = same_names(["Größe_1", other, "Grosse_2"])
    assert fault.startswith(f"{other}: differs from 'Gr\\xf6\\xdfe_1' only in case or Unicode form")


def test_other_names_are_apart():
    assert same_names(["anna", "anne", "anna_2", "änna"]) == []

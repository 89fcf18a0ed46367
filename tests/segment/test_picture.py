import numpy as np
import pytest

import brainseg
from brainseg.figures.style import save
from brainseg.segment.picture import _slices, picture
from tests.model import small_model


def test_slices_are_those_of_the_lesion_and_one_on_either_side():
    mask = np.zeros((30, 2, 2), bool)
    mask[10:13] = True
    assert _slices(mask, 8) == [9, 10, 11, 12, 13]
    mask[:] = True
    assert len(_slices(mask, 8)) == 8 and _slices(mask, 8)[0] == 0 and _slices(mask, 8)[-1] == 29


def test_without_lesion_the_slices_are_of_the_whole_scan():
    assert _slices(np.zeros((3, 2, 2), bool), 8) == [0, 1, 2]


@pytest.mark.parametrize(("bias", "words"), [(0.0, "voxels"), (-1000.0, "no lesion found"), (1000.0, "voxels")])
def test_every_scan_has_a_picture_and_the_same_one_again(tmp_path, rng, bias, words):
    small_model.write(tmp_path / "m.zip", bias=bias)
    segmenter = brainseg.load(tmp_path / "m.zip")
    np.save(tmp_path / "a$b_$.npy", rng.integers(0, 255, (6, 20, 18, 3)).astype(np.uint8))
    found = segmenter(tmp_path / "a$b_$.npy")
    assert (words in picture(found).get_suptitle() and "DSC" in picture(found).get_suptitle()) or not found.mask.any()
    for name in ("one.png", "two.png"):
        save(picture(found), tmp_path / name, 50)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_pixels_that_are_not_square_preserve_their_shape(tmp_path, rng):
    small_model.write(tmp_path / "m.zip")
    image = rng.integers(0, 255, (3, 20, 10, 3)).astype(np.uint8)
    found = brainseg.load(tmp_path / "m.zip")(image, spacing_mm=(5.0, 1.0, 2.0))
    shown = picture(found).axes[0]
    assert shown.images[0].get_array().shape == (20, 10) and shown.get_aspect() == 0.5


def test_a_scan_one_pixel_high_has_a_picture(tmp_path, rng):
    small_model.write(tmp_path / "m.zip", bias=1000.0)
    found = brainseg.load(tmp_path / "m.zip")(rng.integers(100, 255, (3, 1, 10, 3)).astype(np.uint8))
    save(picture(found), tmp_path / "one.png", 50)
    assert (tmp_path / "one.png").exists()
